import { expect, test } from 'vitest';
import { Counts } from '../../../src/experiments/target/measured.ts';

test('errors are counted over all, by class, and by confidence', () => {
  const counts = new Counts();
  // Three of class 0, one of which is taken for 1; one of class 1, which is taken for 0.
  counts.add([0.9, 0.1, 0.9, 0.1, 0.3, 0.7, 0.9, 0.1], [1, 0, 1, 0, 1, 0, 0, 1], 2);
  expect(counts.error).toBe(0.5);
  expect(counts.classError).toBeCloseTo((1 / 3 + 1) / 2, 12);
  // Three of confidence 0.9, two of them right; one of 0.7, wrong.
  expect(counts.calibrationError).toBeCloseTo((Math.abs(2 - 2.7) + 0.7) / 4, 12);
});

test('whoever is as sure as it is right is calibrated', () => {
  const counts = new Counts();
  for (let k = 0; k < 10; k++) counts.add([0.8, 0.2], k < 8 ? [1, 0] : [0, 1], 2);
  expect(counts.calibrationError).toBeCloseTo(0, 12);
  expect(counts.error).toBeCloseTo(0.2, 12);
});
