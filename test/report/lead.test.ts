import { expect, it } from 'vitest';
import { aheadOf, lead, leadSentence } from '../../src/report/lead.ts';
import type { MethodRecord, PointEvent } from '../../src/report/record.ts';

const method = (name: string, errors: readonly number[], pace: number): MethodRecord => ({
  ...{ name, steps: [], switches: [] },
  points: errors.map(
    (testError, k): PointEvent => ({ type: 'point', method: name, seconds: pace * k, step: k, epoch: k, testError }),
  ),
});

it('compares where both have been, whoever went further', () => {
  const uniform = method('uniform', [0.9, 0.4, 0.2, 0.1], 10);
  const fast = method('fast', [0.9, 0.4, 0.2, 0.1, 0.05], 5);
  const slow = method('slow', [0.9, 0.5, 0.2], 15);
  expect(aheadOf(fast, uniform)).toBe(15);
  // At 20 %, which is as far as the slow one came.
  expect(aheadOf(slow, uniform)).toBe(-10);
  expect(leadSentence([uniform, fast, slow])).toBe(
    'fast is 15 s ahead of uniform: a test error of 10.0 % after 15 s, uniform after 30 s; ' +
      'slow is 10 s behind uniform: a test error of 20.0 % after 30 s, uniform after 20 s.',
  );
  expect(leadSentence([method('uniform', [0.9, 0.1], 1), method('same', [0.9, 0.1], 1)])).toBe(
    'same and uniform reached a test error of 10.0 % together, after 1 s.',
  );
});

it('says nothing where there is nothing to say: one point, no number, no uniform, no test error', () => {
  const uniform = method('uniform', [0.9, 0.4], 10);
  expect(aheadOf(method('one', [0.9], 5), uniform)).toBeUndefined();
  expect(aheadOf(method('lost', [Number.NaN, Number.NaN], 5), uniform)).toBeUndefined();
  expect(
    lead(
      [
        { seconds: 0, error: Number.NaN },
        { seconds: 1, error: 0.3 },
        { seconds: 2, error: 0.2 },
      ],
      [
        { seconds: 0, error: 0.9 },
        { seconds: 3, error: 0.3 },
      ],
    ),
  ).toEqual({ error: 0.3, one: 1, other: 3 });
  expect(leadSentence([uniform, method('lost', [0.9, 0.3, Number.NaN], 1)])).toBe('lost ended without a number.');
  expect(leadSentence([method('uniform', [0.9, Number.NaN], 1), method('other', [0.9, 0.1], 1)])).toBeUndefined();
  expect(leadSentence([method('alone', [0.9, 0.1], 1)])).toBeUndefined();
  expect(leadSentence([uniform])).toBeUndefined();
});
