import { describe, expect, it } from 'vitest';
import { Random } from '../../src/sampling/random.ts';
import { exponentialRanks, powerRanks, type RankDistribution } from '../../src/sampling/rank-distribution.ts';
import { chiSquareTest } from '../support/statistics.ts';

/** Checks probability and quantile of a distribution against its unnormalised definition, rank by rank. */
function expectExact({ n, probability, quantile }: RankDistribution, definition: (rank: number) => number) {
  const sums = new Float64Array(n + 1);
  // Compensated, so that the table is the better of the two.
  let lost = 0;
  for (let r = 1; r <= n; r++) {
    const term = definition(r) - lost;
    sums[r] = sums[r - 1] + term;
    lost = sums[r] - sums[r - 1] - term;
  }
  for (let r = 1; r <= n; r++) {
    expect(Math.abs(probability(r) / (definition(r) / sums[n]) - 1)).toBeLessThan(1e-11);
    const slack = 1e-9 * (sums[r] - sums[r - 1]) + 1e-13 * sums[n];
    const [low, high] = [sums[r - 1] + slack, sums[r] - slack].map((s) => s / sums[n]);
    if (low < high)
      for (const u of [low, (low + high) / 2, high]) if (quantile(u) !== r) expect([quantile(u), u]).toEqual([r, u]);
  }
  expect(quantile(0)).toBe(1);
  expect(quantile(1 - 2 ** -53)).toBeLessThanOrEqual(n);
}

/** Draws follow the probabilities. */
function expectDrawn({ quantile, probability }: ReturnType<typeof powerRanks>, n: number, seed: number): void {
  const random = new Random(seed);
  const counts = new Float64Array(n);
  for (let i = 0; i < 100_000; i++) counts[quantile(random.uniform()) - 1]++;
  const expected = counts.map((_, r) => 1e5 * probability(r + 1));
  expect(chiSquareTest(counts, expected)).toBeGreaterThan(1e-3);
}

describe('exponentialRanks', () => {
  it.each([
    [1, 100],
    [2, 100],
    [50, 1],
    [50, 1 + 1e-12],
    [1000, 2],
    [1000, 1e8],
  ])('is the definition, n = %i, s_e = %f', (n, s) => {
    expectExact(exponentialRanks(n, s), (rank) => Math.exp((-Math.log(s) * rank) / n));
  });

  it('draws the first rank s_e times as often as the last', () => {
    for (const s of [1, 2, 100, 1e8]) {
      const { probability } = exponentialRanks(1e6, s);
      expect(probability(1) / probability(1e6) / s).toBeCloseTo(1, 4);
    }
  });

  it('draws by it', () => {
    expectDrawn(exponentialRanks(20, 100), 20, 1);
  });

  it('refuses a pressure below 1 and no ranks', () => {
    for (const s of [0.9, Number.NaN, Infinity]) expect(() => exponentialRanks(10, s)).toThrow(/selection pressure/);
    expect(() => exponentialRanks(0, 2)).toThrow(/no ranks/);
  });
});

describe('powerRanks', () => {
  const cases = [1, 2, 64, 65, 5000].flatMap((n) => [0, 0.3, 0.7, 1 - 1e-9, 1, 1 + 1e-6, 1.5, 4].map((a) => [n, a]));
  it.each(cases)('is the definition, n = %i, α = %f', (n, alpha) => {
    expectExact(powerRanks(n, alpha), (rank) => rank ** -alpha);
  });

  it('normalises ten million ranks: the harmonic number', () => {
    // H_n = ln n + γ + 1/2n − 1/12n²
    const n = 1e7;
    const harmonic = Math.log(n) + 0.5772156649015329 + 1 / (2 * n);
    expect(powerRanks(n, 1).probability(1) * harmonic).toBeCloseTo(1, 13);
  });

  it('draws by it', () => {
    expectDrawn(powerRanks(200, 0.7), 200, 2);
  });

  it('refuses α < 0', () => {
    for (const alpha of [-0.1, Number.NaN, Infinity]) expect(() => powerRanks(10, alpha)).toThrow(/exponent α/);
  });
});
