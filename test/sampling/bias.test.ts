import { describe, expect, it } from 'vitest';
import { biased } from '../../src/sampling/bias.ts';

const weights = Float64Array.of(0.25, 1, 4);

describe('biased', () => {
  it('raises the weights to the power k', () => {
    expect(biased(weights, 1)).toEqual(weights);
    expect([...biased(weights, 0.5)]).toEqual([0.5, 1, 2]);
    expect([...biased(weights, 0)]).toEqual([1, 1, 1]);
    expect([...biased(weights, -1)]).toEqual([4, 1, 0.25]);
  });

  it('keeps Σ w s where scores are given', () => {
    const scores = [4, 1, 0.25];
    const result = biased(weights, 0.3, scores);
    const dot = (w: Float64Array) => w.reduce((a, x, i) => a + x * scores[i], 0);
    expect(dot(result)).toBeCloseTo(dot(weights), 12);
    expect(result[1] / result[0]).toBeCloseTo(4 ** 0.3, 12);
    expect(biased(weights, 1, scores)).toEqual(weights);
  });

  it('works in place', () => {
    const own = weights.slice();
    expect(biased(own, -1, [4, 1, 0.25], own)).toBe(own);
    expect(own[0] / own[2]).toBeCloseTo(16, 12);
  });

  it('refuses k above 1 and weights that leave the range of doubles', () => {
    for (const k of [1.1, Infinity, -Infinity, Number.NaN]) expect(() => biased(weights, k)).toThrow(/bias k.*≤ 1/);
    expect(() => biased(weights, -1000)).toThrow(/no finite number/);
  });
});
