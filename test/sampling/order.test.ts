import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascending, descending } from '../../src/sampling/order.ts';
import { Random } from '../../src/sampling/random.ts';

const positions = (keys: ArrayLike<number>) => Array.from({ length: keys.length }, (_, i) => i);
const upwards = (keys: ArrayLike<number>) => positions(keys).sort((i, j) => keys[i] - keys[j] || i - j);
const downwards = (keys: ArrayLike<number>) => positions(keys).sort((i, j) => keys[j] - keys[i] || i - j);

function expectInOrder(keys: ArrayLike<number>): void {
  expect([...ascending(keys)]).toEqual(upwards(keys));
  expect([...descending(keys)]).toEqual(downwards(keys));
}

describe('the positions of keys in order', () => {
  it('are those of Array.sort, whatever the keys', () => {
    const key = fc.oneof(
      fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, 1e-300, 1e300, Infinity, -Infinity, 2, 1 + 2 ** -52),
      fc.double({ noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 80 }), (keys) => {
        expectInOrder(keys);
        expectInOrder(Float64Array.from(keys));
      }),
      { numRuns: 500 },
    );
  });

  it('are those of Array.sort for pools of any size, one after the other', () => {
    const random = new Random(1);
    for (const n of [0, 1, 320, 2, 5000, 321]) {
      expectInOrder(random.uniforms(n));
      expectInOrder(random.uniforms(n).map((u) => 0.1 / n + Math.exp(50 * u - 50)));
      expectInOrder(Float32Array.from(random.uniforms(n)));
    }
  });

  it('are those of Array.sort where keys differ in their last bits alone', () => {
    const random = new Random(2);
    for (const from of [1, -1]) {
      const keys = Float64Array.from({ length: 1000 }, () => from * (1 + random.integer(500) * 2 ** -52));
      expectInOrder(keys);
      expectInOrder(keys.toSorted());
      expectInOrder(keys.toSorted().reverse());
    }
  });

  it('go where they are told to', () => {
    const out = new Int32Array(3);
    expect(ascending([3, 1, 2], out)).toBe(out);
    expect([...out]).toEqual([1, 2, 0]);
    expect([...descending([3, 1, 2], out)]).toEqual([0, 2, 1]);
  });
});
