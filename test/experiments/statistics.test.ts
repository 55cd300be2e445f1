import { expect, test } from 'vitest';
import {
  estimate,
  intervalNote,
  positive,
  ratioEstimate,
  spearman,
  verdict,
  withInterval,
} from '../../src/experiments/statistics.ts';

test('an interval of what cannot be negative begins at 0', () => {
  const { low, ...rest } = estimate([0.1, 1]);
  expect(low).toBeLessThan(0);
  expect(positive({ low, ...rest })).toEqual({ low: 0, ...rest });
  expect(positive(estimate([2]))).toEqual(estimate([2]));
});

test("the interval is Student's: mean ± t s/√n", () => {
  // R: t.test(c(1, 2, 4))$conf.int
  const { mean, low, high } = estimate([1, 2, 4]);
  expect(mean).toBeCloseTo(2.333333, 6);
  expect(low).toBeCloseTo(-1.461248, 3);
  expect(high).toBeCloseTo(6.127915, 3);
});

test('twelve seeds and more have the quantile of their number', () => {
  // The quantiles of the tables are 2.200985 for 11 degrees of freedom and 2.093024 for 19.
  const of = (n: number) => estimate(Array.from({ length: n }, (_, k) => k + 1));
  expect(of(12).low).toBeCloseTo(4.209142, 5);
  expect(of(12).high).toBeCloseTo(8.790858, 5);
  expect(of(20).low).toBeCloseTo(7.73119, 5);
  expect(of(20).high).toBeCloseTo(13.26881, 5);
});

test('ratios are averaged by their logarithms', () => {
  const { mean, low, high } = ratioEstimate([0.5, 2]);
  expect(mean).toBeCloseTo(1, 12);
  expect((low as number) * (high as number)).toBeCloseTo(1, 9);
});

test('one value has no interval, and says so', () => {
  const one = ratioEstimate([0.5]);
  expect(withInterval(one)).toBe('0.500');
  expect(verdict(one)).toBe('no interval');
  expect(intervalNote(1)).toMatch(/no interval/);
  expect(verdict(ratioEstimate([0.5, 0.51, 0.49]))).toBe('smaller');
  expect(verdict(ratioEstimate([0.5, 2, 1]))).toBe('within the noise');
});

test('rank correlation with ties', () => {
  expect(spearman([1, 2, 3, 4], [10, 20, 30, 1000])).toBeCloseTo(1, 12);
  expect(spearman([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
  // scipy.stats.spearmanr([1, 2, 2, 3, 5], [2, 1, 4, 4, 5])
  expect(spearman([1, 2, 2, 3, 5], [2, 1, 4, 4, 5])).toBeCloseTo(0.7631578947, 6);
});
