import { expect, it } from 'vitest';
import { lead, leadSentence } from '../../src/report/lead.ts';
import type { MethodRecord, PointEvent } from '../../src/report/record.ts';
import { inOne } from '../../src/report/sentence.ts';

const sentence = (...given: Parameters<typeof leadSentence>) => {
  const said = leadSentence(...given);
  return said && inOne(said);
};

const method = (name: string, errors: readonly number[], pace: number): MethodRecord => ({
  ...{ name, steps: [], switches: [] },
  points: errors.map(
    (testError, k): PointEvent => ({ type: 'point', method: name, seconds: pace * k, step: k, epoch: k, testError }),
  ),
});

it('compares where both have been, whoever went further', () => {
  const uniform = method('uniform', [0.9, 0.4, 0.2, 0.1], 10);
  const fast = method('fast', [0.9, 0.4, 0.2, 0.1, 0.05], 5);
  const slow = method('slow', [0.9, 0.6, 0.5, 0.3, 0.2], 12);
  expect(sentence([uniform, fast, slow])).toBe(
    'fast is 15 s ahead of uniform: a test error of 10.0 % after 15 s, uniform after 30 s; ' +
      'slow is 28 s behind uniform: a test error of 20.0 % after 48 s, uniform after 20 s.',
  );
});

it('takes neither chance nor the time between two measurements for a lead', () => {
  const uniform = method('uniform', [0.9, 0.02, 0.0125, 0.0125, 0.0121], 5);
  const luckier = method('luckier', [0.9, 0.02, 0.012, 0.0124, 0.0124], 5);
  const size = 10_000;
  // Of 10,000 samples, one standard error of 1.21 % is 0.11 %.
  expect(sentence([uniform, luckier], size)).toBe(
    'luckier and uniform reached a test error of 1.32 % or less (1.21 % and a standard error) side by side, after 10 s.',
  );
  expect(sentence([uniform, luckier])).toMatch(/^luckier is 10 s ahead/);
  const oneSooner = method('sooner', [0.9, 0.02, 0.0125, 0.012, 0.0121], 5);
  expect(sentence([uniform, oneSooner])).toMatch(/side by side/);
});

it('says where they ended too, where that is another story than who came first', () => {
  const uniform = method('uniform', [0.9, 0.3, 0.18, 0.12, 0.0667], 10);
  const svrg = method('svrg', [0.9, 0.3, 0.18, 0.175, 0.173], 10);
  expect(sentence([uniform, svrg], 600)).toBe(
    'svrg and uniform reached a test error of 18.9 % or less (17.3 % and a standard error) side by side, after 20 s (last measured: svrg 17.3 %, uniform 6.67 %).',
  );
  const turned = method('turned', [0.9, 0.05, 0.2, 0.3, 0.3], 10);
  expect(sentence([uniform, turned], 600)).toMatch(
    /^turned is 30 s ahead .* \(last measured: turned 30\.0 %, uniform 6\.67 %\)\.$/,
  );
  // On twenty samples that is chance.
  expect(sentence([uniform, svrg], 20)).not.toContain('last measured');
});

it('says nothing where there is nothing to say: one point, no number, no uniform, no test error', () => {
  const uniform = method('uniform', [0.9, 0.4], 10);
  expect(sentence([uniform, method('one', [0.9], 5)])).toBeUndefined();
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
  ).toEqual({ lowest: 0.3, error: 0.3, one: 1, other: 3, together: true });
  expect(sentence([uniform, method('lost', [0.9, 0.3, Number.NaN], 1)])).toBe('lost ended without a number.');
  expect(sentence([method('uniform', [0.9, Number.NaN], 1), method('other', [0.9, 0.1], 1)])).toBeUndefined();
  expect(sentence([method('alone', [0.9, 0.1], 1)])).toBeUndefined();
  expect(sentence([uniform])).toBeUndefined();
});

it('compares test losses where there are no test errors, whatever the training losses are', () => {
  const regression = (name: string, losses: readonly number[], trainLoss: number): MethodRecord => ({
    ...{ name, steps: [], switches: [] },
    points: losses.map((testLoss, k) => ({
      ...({ type: 'point', method: name, seconds: 10 * k, step: k, epoch: k } as const),
      ...{ testLoss, trainLoss: trainLoss * testLoss },
    })),
  });
  const uniform = regression('uniform', [1, 0.5, 0.25, 0.125], 1);
  const memorises = regression('memorises', [1, 0.8, 0.64, 0.512, 0.4096, 0.32768, 0.262144], 0.01);
  expect(sentence([uniform, memorises], 100)).toBe(
    'memorises is 40 s behind uniform: a test loss of 0.262 after 1 min, uniform after 20 s (last measured: memorises 0.262, uniform 0.125).',
  );
});
