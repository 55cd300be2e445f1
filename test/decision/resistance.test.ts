import { expect, it } from 'vitest';
import { largestGiven, resists } from '../../src/decision/resistance.ts';

it('a sample resists if it is far from being learned, and no nearer to it than before', () => {
  for (const [before, after, expected] of [
    [1, 0.95, true],
    [1, 1.2, true],
    // It gives way,
    [1, 0.85, false],
    // or is nearly learned.
    [0.4, 0.45, false],
    [0.51, 0.51, true],
    // What was never trained on cannot resist.
    [Infinity, 1, false],
  ] as const) {
    expect([before, after, resists(before, after, 1)]).toEqual([before, after, expected]);
  }
});

it('the largest score is that of a sample of weight 1', () => {
  expect(largestGiven([3, 8, 1], undefined)).toBe(8);
  expect(largestGiven([3, 8, 1], [1, 4, 0.1])).toBe(10);
  // What is not trained on is not far from being learned.
  expect(largestGiven([3, 0, 1], [1, 0, 1])).toBe(3);
});
