import { expect, test } from 'vitest';
import { epochs } from '../../src/experiments/epochs.ts';

const settings = { scale: 'small', budget: 100, seeds: [1, 2] } as const;

test('every method trains every setting with every seed, and is compared with uniform sampling of the same seed', () => {
  const parts = epochs.parts(settings);
  expect(parts).toHaveLength(2 * 4 * 3);
  // Errors of 2 % and 8 % by uniform sampling; half and twice as much by the others: a ratio of 1.
  const results = parts
    .filter(({ setting }) => setting === 'mnist-short')
    .map((part) => {
      const base = part.seed === 1 ? 0.02 : 0.08;
      const times = part.key.includes('uniform') ? 1 : part.seed === 1 ? 0.5 : 2;
      return { part, result: { error: base * times, loss: base, trainLoss: 0.1, picked: 0.25 } };
    });
  const { tables } = epochs.present(results, settings);
  expect(tables).toHaveLength(1);
  expect(tables[0].rows).toEqual([
    ['uniform', '5.00 %', '–', '0.0500', '–', '0.1000', '25 %', '2'],
    ['importance', '8.50 %', '1.000', '0.0500', '1.000', '0.1000', '25 %', '2'],
    ['infoBatch', '8.50 %', '1.000', '0.0500', '1.000', '0.1000', '25 %', '2'],
  ]);
});
