import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/sampling/random.ts';
import { chiSquareTail, chiSquareTest, moments, zScore } from '../support/statistics.ts';

const draws = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);

describe('Random', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const [a, b, c] = [7, 7, 8].map((seed) => new Random(seed));
    const first = draws(20, () => a.uniform());
    expect(draws(20, () => b.uniform())).toEqual(first);
    expect(draws(20, () => c.uniform())).not.toEqual(first);
  });

  it('takes seeds above 2³² and below zero as different seeds', () => {
    const firsts = [1, -1, 1 + 2 ** 32, 1 - 2 ** 32, 0, Number.MAX_SAFE_INTEGER].map((s) => new Random(s).uniform());
    expect(new Set(firsts).size).toBe(6);
  });

  it('is uniform across consecutive seeds, not only along one stream', () => {
    const counts = new Float64Array(16);
    for (let seed = 0; seed < 16_000; seed++) counts[Math.floor(new Random(seed).uniform() * 16)]++;
    expect(
      chiSquareTest(
        counts,
        counts.map(() => 1000),
      ),
    ).toBeGreaterThan(1e-3);
  });

  it('goes on after JSON as if nothing had happened', () => {
    const random = new Random(3);
    draws(11, () => random.normal());
    const copy = Random.from(JSON.parse(JSON.stringify(random.state())));
    expect(draws(50, () => copy.normal())).toEqual(draws(50, () => random.normal()));
  });

  it('refuses bad seeds and states', () => {
    for (const seed of [0.5, Number.NaN, Infinity, 2 ** 60])
      expect(() => new Random(seed)).toThrow(/bad seed.*integer/);
    for (const state of [[], [1, 2, 3], [0, 0, 0, 0], [1, 2, 3, 0.5], [1, 2, 3, 2 ** 40]]) {
      expect(() => Random.from(state)).toThrow(/bad random state/);
    }
  });

  it('uniform has 53 bits in [0, 1)', () => {
    const random = new Random(5);
    const values = draws(20_000, () => random.uniform());
    expect(values.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 53))).toBe(true);
    for (const bit of [1, 2, 26, 27, 28, 52, 53]) {
      const ones = values.map((u) => Number((BigInt(u * 2 ** 53) >> BigInt(53 - bit)) & 1n));
      expect(Math.abs(zScore(ones, 0.5)), `bit ${bit}`).toBeLessThan(4);
    }
  });

  it.each([1, 2, 3, 7, 100])('integer(%i) is unbiased', (n) => {
    const random = new Random(n);
    const counts = new Float64Array(n);
    for (let i = 0; i < 2000 * n; i++) counts[random.integer(n)]++;
    expect(
      chiSquareTest(
        counts,
        counts.map(() => 2000),
      ),
    ).toBeGreaterThan(1e-3);
  });

  it('integer has no modulo bias where it would be largest', () => {
    const random = new Random(1);
    const n = 3 * 2 ** 30;
    const low = draws(20_000, () => (random.integer(n) < n / 3 ? 1 : 0));
    expect(Math.abs(zScore(low, 1 / 3))).toBeLessThan(4);
  });

  it('integer gives the numbers of the library that the generator is from', () => {
    const random = new Random(4);
    const generator = xoroshiro128plusFromState(random.state());
    for (const n of [1, 2, 3, 5, 60_000, 65_536, 2 ** 30 + 1, 2 ** 31 - 1, 2 ** 31, 3 * 2 ** 30, 2 ** 40]) {
      for (let k = 0; k < 500; k++) expect(random.integer(n)).toBe(uniformInt(generator, 0, n - 1));
    }
    expect(random.state()).toEqual([...generator.getState()]);
  });

  it('uniforms are the next numbers of uniform', () => {
    const [one, other] = [new Random(4), new Random(4)];
    expect([...one.uniforms(5)]).toEqual(draws(5, () => other.uniform()));
    expect(one.state()).toEqual(other.state());
  });

  it('normal and exponential have their moments', () => {
    const random = new Random(2);
    const normal = draws(100_000, () => random.normal());
    expect(Math.abs(zScore(normal, 0))).toBeLessThan(4);
    expect(
      Math.abs(
        zScore(
          normal.map((x) => x * x),
          1,
        ),
      ),
    ).toBeLessThan(4);
    expect(
      Math.abs(
        zScore(
          normal.map((x) => x ** 4),
          3,
        ),
      ),
    ).toBeLessThan(4);
    const exponential = draws(100_000, () => random.exponential());
    expect(Math.min(...exponential.slice(0, 10_000))).toBeGreaterThanOrEqual(0);
    expect(Math.abs(zScore(exponential, 1))).toBeLessThan(4);
    expect(
      Math.abs(
        zScore(
          exponential.map((x) => (x > 1 ? 1 : 0)),
          Math.exp(-1),
        ),
      ),
    ).toBeLessThan(4);
  });

  it.each([0.3, 1, 8, 250])('geometric(%f) has its mean and its probability of zero', (mean) => {
    const random = new Random(4);
    const values = draws(50_000, () => random.geometric(mean));
    expect(values.every((k) => Number.isInteger(k) && k >= 0)).toBe(true);
    expect(Math.abs(zScore(values, mean))).toBeLessThan(4);
    expect(
      Math.abs(
        zScore(
          values.map((k) => (k === 0 ? 1 : 0)),
          1 / (mean + 1),
        ),
      ),
    ).toBeLessThan(4);
  });

  it('geometric takes a mean of zero and refuses what is no mean', () => {
    expect(new Random(1).geometric(0)).toBe(0);
    for (const mean of [-1, Number.NaN, Infinity]) expect(() => new Random(1).geometric(mean)).toThrow(/bad mean/);
  });

  it('fork does not move the parent, depends on the label, and is not correlated with it', () => {
    const random = new Random(9);
    const before = random.state();
    const a = random.fork('data');
    const b = random.fork('dropout');
    expect(random.state()).toEqual(before);
    expect(random.fork('data').state()).toEqual(a.state());
    expect(new Set([a, b, random].map((r) => r.uniform())).size).toBe(3);
    const products = draws(20_000, () => (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12);
    expect(Math.abs(zScore(products, 0))).toBeLessThan(4);
  });

  it('split gives another stream each time', () => {
    const random = new Random(9);
    expect(random.split().state()).not.toEqual(random.split().state());
  });

  it('permutation gives each order equally often', () => {
    const random = new Random(6);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = random.permutation(4).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquareTest([...counts.values()], new Float64Array(24).fill(1000))).toBeGreaterThan(1e-3);
  });
});

describe('the statistics of these tests', () => {
  it('chi-square tails agree with the tables', () => {
    expect(chiSquareTail(3.841459, 1)).toBeCloseTo(0.05, 6);
    expect(chiSquareTail(18.307038, 10)).toBeCloseTo(0.05, 6);
    expect(chiSquareTail(149.449253, 100)).toBeCloseTo(0.001, 6);
    expect(chiSquareTail(2, 2)).toBeCloseTo(Math.exp(-1), 12);
    expect(chiSquareTest([10, 1], [10, 0])).toBe(0);
    expect(moments([1, 2, 3])).toEqual({ mean: 2, variance: 1 });
  });
});
