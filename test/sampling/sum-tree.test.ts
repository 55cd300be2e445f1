import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/sampling/random.ts';
import { SumTree } from '../../src/sampling/sum-tree.ts';
import { chiSquareTest } from '../support/statistics.ts';

const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

describe('SumTree', () => {
  it.each([1, 2, 15, 16, 17, 255, 256, 257, 1000, 4097])('finds by the cumulative sum, capacity %i', (n) => {
    const random = new Random(n);
    const values = Float64Array.from({ length: n }, () => random.integer(5));
    values[n - 1] += 1;
    const tree = new SumTree(values);
    expect(tree.total).toBe(total(values));
    // Whole numbers, so that every sum is exact: the first of each interval, its middle, and its end, which is the next's.
    let start = 0;
    for (let i = 0; i < n; i++) {
      if (values[i] === 0) continue;
      expect(tree.find(start)).toBe(i);
      expect(tree.find(start + values[i] - 0.5)).toBe(i);
      start += values[i];
    }
  });

  it('is after any updates the tree built from its leaves, bit for bit', () => {
    const value = fc.oneof(
      fc.constantFrom(0, 5e-324, 1e-300, 0.1, 1e300),
      fc.double({ min: 0, max: 1e3, noNaN: true }),
    );
    const update = fc.array(fc.tuple(fc.nat(599), value), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(update, { maxLength: 5 }),
        fc.boolean(),
        (n, updates, batched) => {
          const tree = new SumTree(n);
          const values = new Float64Array(n);
          for (const pairs of updates) {
            const indices = pairs.map(([i]) => i % n);
            if (batched)
              tree.update(
                indices,
                pairs.map(([, v]) => v),
              );
            pairs.forEach(([, v], k) => {
              values[indices[k]] = v;
              if (!batched) tree.set(indices[k], v);
            });
          }
          expect(tree.state()).toEqual(values);
          const fresh = new SumTree(tree.state());
          expect(tree.total).toBe(fresh.total);
          if (tree.total > 0) expect(tree.draw(20, new Random(1))).toEqual(fresh.draw(20, new Random(1)));
        },
      ),
    );
  });

  it('has the exact total after ten million updates', () => {
    const n = 3000;
    const tree = new SumTree(n);
    const random = new Random(2);
    const indices = new Int32Array(1000);
    const values = new Float64Array(1000);
    for (let batch = 0; batch < 10_000; batch++) {
      // Sizes that a running sum of differences would not survive.
      for (let k = 0; k < 1000; k++) {
        indices[k] = random.integer(n);
        values[k] = (k & 7) === 0 ? 1e12 : k * 1e-7;
      }
      tree.update(indices, values);
    }
    const fresh = new SumTree(tree.state());
    expect(tree.total).toBe(fresh.total);
    for (let i = 0; i < n; i++) tree.set(i, i < 10 ? 0.5 : 0);
    expect(tree.total).toBe(5);
  });

  it.each(['draw', 'stratified'] as const)('%s takes entries in proportion to their values', (how) => {
    const random = new Random(3);
    const n = 300;
    const tree = new SumTree(Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : random.exponential())));
    const counts = new Float64Array(n);
    for (let k = 0; k < 1000; k++) for (const i of tree[how](100, random)) counts[i]++;
    const expected = counts.map((_, i) => (1e5 * tree.get(i)) / tree.total);
    expect(chiSquareTest(counts, expected)).toBeGreaterThan(1e-3);
  });

  it('stratified draws one from each equal part', () => {
    const tree = new SumTree(new Float64Array(40).fill(1));
    const drawn = tree.stratified(8, new Random(4));
    drawn.forEach((i, k) => {
      expect(Math.floor(i / 5)).toBe(k);
    });
  });

  it('never draws a zero, whatever the values', () => {
    const value = fc.constantFrom(0, 0, 0, 5e-324, 1e-308, 1e-16, 0.1, 0.3, 1, 1e16, 1e300);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), fc.integer(), (values, seed) => {
        fc.pre(values.some((v) => v > 0));
        const tree = new SumTree(values);
        const random = new Random(seed);
        for (const i of [...tree.draw(50, random), ...tree.stratified(50, random)])
          expect(values[i]).toBeGreaterThan(0);
        expect(values[tree.find(0)]).toBeGreaterThan(0);
        // The last point before the total, where rounding runs over the end of a node.
        const last = tree.total > 5e-324 ? tree.total * (1 - 2 ** -53) : 0;
        if (last < tree.total) expect(values[tree.find(last)]).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('fills, and goes on from its state', () => {
    const tree = new SumTree(70);
    tree.fill(0.25);
    expect(tree.total).toBe(17.5);
    tree.update([3, 69, 3], [5, 2, 1]);
    expect([tree.get(3), tree.get(69), tree.total]).toEqual([1, 2, 17.5 - 0.5 + 3]);
    const copy = new SumTree(tree.state());
    expect(copy.stratified(30, new Random(1))).toEqual(tree.stratified(30, new Random(1)));
  });

  it('refuses bad entries before anything changes', () => {
    const tree = new SumTree([1, 2, 3]);
    for (const bad of [-1, Number.NaN, Infinity]) {
      expect(() => tree.set(1, bad)).toThrow(/entry 1/);
      expect(() => tree.update([0, 1], [9, bad])).toThrow(/entry 1/);
      expect(() => new SumTree([0, bad])).toThrow(/entry 1/);
    }
    for (const bad of [-1, 3, 0.5, Number.NaN]) {
      expect(() => tree.set(bad, 1)).toThrow(/no such entry/);
      expect(() => tree.get(bad)).toThrow(/no such entry/);
      expect(() => tree.update([0, bad], [9, 9])).toThrow(/no such entry/);
    }
    expect(() => tree.update([0, 1], [9])).toThrow(/differ in length/);
    expect([...tree.state(), tree.total]).toEqual([1, 2, 3, 6]);
    for (const n of [0, -1, 1.5, Number.NaN]) expect(() => new SumTree(n)).toThrow(/capacity/);
  });

  it('refuses to draw from nothing and from a total beyond the doubles', () => {
    expect(() => new SumTree(5).draw(1, new Random(1))).toThrow(/the total 0/);
    expect(() => new SumTree([1e308, 1e308]).draw(1, new Random(1))).toThrow(/the total Infinity/);
    for (const point of [-1, 6, Number.NaN]) expect(() => new SumTree([1, 2, 3]).find(point)).toThrow(/point outside/);
  });
});
