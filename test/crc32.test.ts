import { crc32 as nodes } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { portableCrc32 } from '../src/crc32.ts';

it('the portable sum is that of Node, also of bytes in parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (a, b) => {
      expect(portableCrc32(b, portableCrc32(a))).toBe(nodes(b, nodes(a)));
    }),
    { seed: 1 },
  );
});
