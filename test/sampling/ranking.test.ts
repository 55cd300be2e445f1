import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/sampling/random.ts';
import { Ranking } from '../../src/sampling/ranking.ts';

const bySorting = (values: ArrayLike<number>) =>
  Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[b] - values[a] || a - b);

describe('Ranking', () => {
  it.each<[string, { from(values: number[]): Float32Array | Float64Array }]>([
    ['float32', Float32Array],
    ['float64', Float64Array],
  ])('sorts %s as Array.sort does, the lower index first among equals', (_, Values) => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, -1, 5e-324, 1e-300, -1e300, 1e300, 3e38, -3e38, 1e-45),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 80 }), (list) => {
        // One zero: those of either sign are equal to a comparison but not to their bits.
        const usable = (v: number) => Number.isFinite(Math.fround(v)) && Math.fround(v) !== 0;
        const values = Values.from(list.map((v) => (usable(v) ? v : 0)));
        const ranking = new Ranking(values.length);
        ranking.sort(values);
        expect([...ranking.order]).toEqual(bySorting(values));
      }),
      { numRuns: 500 },
    );
  });

  it('sorts 100,000 values, and again after they change', () => {
    const random = new Random(1);
    const values = Float64Array.from({ length: 100_000 }, () => random.normal());
    const ranking = new Ranking(values.length);
    for (let round = 0; round < 2; round++) {
      ranking.sort(values);
      expect([...ranking.order]).toEqual(bySorting(values));
      values[ranking.at(1)] = -100;
    }
  });

  it('stays as it was until sorted again, and goes on from its order', () => {
    const ranking = new Ranking(4);
    expect([...ranking.order]).toEqual([0, 1, 2, 3]);
    ranking.sort(Float32Array.of(1, 4, 2, 3));
    expect([1, 2, 3, 4].map((rank) => ranking.at(rank))).toEqual([1, 3, 2, 0]);
    expect([...new Ranking(4, [...ranking.order]).order]).toEqual([1, 3, 2, 0]);
  });

  it('sorts a part of a larger buffer', () => {
    const ranking = new Ranking(3);
    ranking.sort(Float64Array.of(9, 1, 3, 2, 9).subarray(1, 4));
    expect([...ranking.order]).toEqual([1, 2, 0]);
  });

  it('refuses what has no order', () => {
    expect(() => new Ranking(2).sort(Float32Array.of(1, Number.NaN))).toThrow(/NaN for sample 1/);
    expect(() => new Ranking(2).sort(Float32Array.of(1))).toThrow(/wrong number of values/);
    expect(() => new Ranking(0)).toThrow(/nothing to rank/);
    for (const order of [[0], [0, 0], [0, 2], [0, 1, 1]]) expect(() => new Ranking(2, order)).toThrow(/bad order/);
  });
});
