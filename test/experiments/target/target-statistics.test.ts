import { expect, test } from 'vitest';
import {
  bootstrap,
  crossing,
  geometricMean,
  median,
  signedRank,
  timeToTarget,
} from '../../../src/experiments/target/target-statistics.ts';

const runs = [
  { budget: 0.5, values: [0.3, 0.31, 0.5] },
  { budget: 0.71, values: [0.2, 0.21, 0.22] },
  { budget: 1, values: [0.1, 0.11, 0.12] },
];

test('the smallest budget whose median reaches the target counts', () => {
  expect(timeToTarget(runs, 0.21)).toBe(0.71);
  expect(timeToTarget(runs, 0.2)).toBe(1);
  expect(timeToTarget(runs, 0.31)).toBe(0.5);
  expect(timeToTarget(runs, 0.1)).toBe(Infinity);
});

test('between two budgets the medians are joined over the logarithm of the budget', () => {
  // Half of the way from 0.21 to 0.11.
  expect(crossing(runs, 0.16)).toBeCloseTo(Math.sqrt(0.71), 12);
  expect(crossing(runs, 0.11)).toBeCloseTo(1, 12);
  expect(crossing(runs, 0.4)).toBe(0.5);
  expect(crossing(runs, 0.05)).toBe(Infinity);
  expect(
    crossing(
      [
        { budget: 0.5, values: [Infinity] },
        { budget: 1, values: [0.1] },
      ],
      0.2,
    ),
  ).toBe(1);
});

test('a median of two is their mean, of runs that failed infinite', () => {
  expect(median([4, 1])).toBe(2.5);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([Infinity, Infinity, 1])).toBe(Infinity);
  expect(median([Infinity, Infinity])).toBe(Infinity);
});

test('the geometric mean of a factor and its inverse is 1, and infinite where one is', () => {
  expect(geometricMean([0.5, 2])).toBeCloseTo(1, 12);
  expect(geometricMean([0.5, Infinity])).toBe(Infinity);
});

test('an interval has no width where all seeds agree, and reaches as far as they differ', () => {
  const same = runs.map(({ budget, values }) => ({ budget, values: [values[0], values[0]] }));
  expect(bootstrap(same, [0.2, 0.2], timeToTarget)).toEqual({ low: 0.71, high: 0.71 });
  // A target that is once 0.1 and once 0.3 is reached at 1 or at 0.5.
  expect(bootstrap(same, [0.1, 0.3, 0.1, 0.3, 0.2], timeToTarget)).toEqual({ low: 0.5, high: 1 });
});

test('Wilcoxon’s p is that of the published table', () => {
  // All of n on one side: 2 ÷ 2ⁿ.
  expect(signedRank([-1, -2, -3, -4, -5])).toBeCloseTo(2 / 32, 12);
  expect(signedRank([-1, -2, -3, -4, -5, -Infinity])).toBeCloseTo(2 / 64, 12);
  // n = 8 and W = 3: 5 of 256 sign vectors have a rank sum of at most 3, on either side.
  expect(signedRank([1, 2, -3, -4, -5, -6, -7, -8])).toBeCloseTo(10 / 256, 12);
  expect(signedRank([0, 0])).toBe(1);
  expect(signedRank([1, -1])).toBe(1);
});

test('of many pairs p is estimated as it is computed of few', () => {
  const few = Array.from({ length: 18 }, (_, k) => (k % 3 === 0 ? 1 : -1) * (k + 1));
  const exact = signedRank(few);
  // A pair more that changes next to nothing in the ranks, and so in p: 19 are drawn, 18 are enumerated.
  const drawn = signedRank([...few, 1e-9]);
  expect(drawn).toBeGreaterThan(0.7 * exact);
  expect(drawn).toBeLessThan(1.4 * exact);
});
