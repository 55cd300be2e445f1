import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseIdx } from '../../src/data/idx.ts';
import { noise } from './temporary.ts';

const values = noise(24);
const file = Buffer.concat([Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4), values]);

test('an idx file is read, plain and gzipped', () => {
  for (const bytes of [file, gzipSync(file)]) {
    const { data, shape } = parseIdx(bytes, 'x', 3);
    expect(shape).toEqual([2, 3, 4]);
    expect(Uint8Array.from(data)).toEqual(values);
  }
});

function changed(offset: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy[offset] = value;
  return copy;
}

test.each([
  ['an empty file', file.subarray(0, 0), /x is not a complete idx file at byte 0/],
  ['another file', changed(0, 0x50), /at byte 0: got 0x5000, expected two zero bytes/],
  ['another type', changed(2, 0x0d), /at byte 2: got type 0xd/],
  ['another rank', changed(3, 2), /at byte 3: got 2 dimensions, expected 3/],
  ['half a header', file.subarray(0, 9), /at byte 9: got the end of the file, expected 3 dimensions up to byte 16/],
  ['a truncated array', file.subarray(0, 39), /at byte 39: got 39 bytes, expected 40 bytes for an array of 2 × 3 × 4/],
  ['a byte too many', Buffer.concat([file, Uint8Array.of(1)]), /at byte 40: got 41 bytes, expected 40/],
  ['truncated gzip', gzipSync(file).subarray(0, 30), /x is not a complete gzip file.*30 bytes/],
])('%s: an error with the place', (_name, bytes, message) => {
  expect(() => parseIdx(bytes, 'x', 3)).toThrow(message);
});

test('a flipped bit in gzip is found by its checksum', () => {
  const bytes = gzipSync(file, { level: 0 });
  bytes[bytes.length - 12] ^= 1;
  expect(() => parseIdx(bytes, 'x', 3)).toThrow(/not a complete gzip file/);
});
