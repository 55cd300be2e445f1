import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { distribution } from '../../src/sampling/distribution.ts';
import { hostileScores } from './hostile.ts';

const sum = (p: Float64Array) => p.reduce((a, b) => a + b, 0);

describe('distribution', () => {
  it('is (1 − λ) s / Σs + λ / B', () => {
    expect([...distribution([1, 3])]).toEqual([0.25, 0.75]);
    expect([...distribution([1, 3], { mixture: 0.5 })]).toEqual([0.375, 0.625]);
    expect([...distribution(Float32Array.of(0, 0, 2, 0), { mixture: 0.2 })]).toEqual([
      0.05, 0.05, 0.8500000000000001, 0.05,
    ]);
  });

  it.each([
    [0, 0, 0, 0],
    [7, 7, 7, 7],
    [1e308, 1e308, 1e308, 1e308],
    [5e-324, 5e-324, 5e-324, 5e-324],
  ])('is uniform for %d everywhere', (...scores) => {
    for (const mixture of [0, 0.1, 1])
      for (const p of distribution(scores, { mixture })) expect(p).toBeCloseTo(0.25, 15);
  });

  it('keeps ratios of subnormal and of huge scores', () => {
    expect([...distribution([5e-324, 15e-324])]).toEqual([0.25, 0.75]);
    expect([...distribution([0.5e308, 1.5e308])]).toEqual([0.25, 0.75]);
  });

  it('does not depend on the scale of the scores', () => {
    const scores = [0.3, 1.7, 0, 2.9];
    const p = distribution(scores);
    for (const c of [2 ** -1000, 2 ** 1000]) expect(distribution(scores.map((s) => s * c))).toEqual(p);
  });

  it('sums to one, is never below λ / B, and keeps the order, whatever the scores', () => {
    fc.assert(
      fc.property(hostileScores(), fc.constantFrom(0, 0.1, 0.5, 1), (scores, mixture) => {
        const p = distribution(scores, { mixture });
        expect(sum(p)).toBeCloseTo(1, 12);
        for (let i = 0; i < p.length; i++) {
          expect(p[i]).toBeGreaterThanOrEqual((mixture / p.length) * (1 - 1e-15));
          if (i > 0 && scores[i] >= scores[i - 1] && sumOf(scores) > 0) expect(p[i]).toBeGreaterThanOrEqual(p[i - 1]);
        }
      }),
    );
  });

  it('writes into the given array', () => {
    const out = new Float64Array(2);
    expect(distribution([1, 1], { out })).toBe(out);
    expect([...out]).toEqual([0.5, 0.5]);
  });

  it.each([[Number.NaN], [Infinity], [-Infinity], [-1]])('names the samples with the score %d', (bad) => {
    const scores = [1, bad, 0, bad];
    const given = () => distribution(scores, { indices: Int32Array.of(40, 41, 42, 43) });
    expect(given).toThrow(UnequalError);
    expect(given).toThrow(`${bad} for sample 41, ${bad} for sample 43`);
    expect(() => distribution(scores)).toThrow('for sample 1,');
    expect(() => distribution(scores)).toThrow(/finite numbers ≥ 0/);
  });

  it('names only the first of many', () => {
    expect(() => distribution(new Float32Array(100).fill(Number.NaN))).toThrow('sample 7, … 100 in all');
  });

  it('refuses no scores and mixtures outside [0, 1]', () => {
    expect(() => distribution([])).toThrow(/no scores/);
    for (const mixture of [-0.1, 1.1, Number.NaN]) expect(() => distribution([1], { mixture })).toThrow(/mixture/);
  });
});

function sumOf(scores: readonly number[]): number {
  return scores.reduce((a, b) => Math.max(a, b), 0);
}
