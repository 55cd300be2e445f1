import { expect, test } from 'vitest';
import { budgetTable } from '../../../src/experiments/target/by-budget.ts';
import type { WorkloadResult } from '../../../src/experiments/target/results.ts';

test('the longest budget comes first, and what was not run or failed is not a number', () => {
  const result = (name: string, medians: readonly (readonly [number, number, number])[]) => ({
    workload: { name },
    methods: [{ method: 'uniform', medians: medians.map(([budget, value, loss]) => ({ budget, value, loss })) }],
  });
  const half = [0.5, 0.0204, 0.070138];
  const results = [result('mnist', [half, [1, 0.015, 0.0591]] as never), result('spam', [[1, Infinity, Infinity]])];
  const { head, rows } = budgetTable(results as unknown as WorkloadResult[]);
  expect(head).toEqual(['workload', 'method', 'T', '0.5 T']);
  expect(rows).toEqual([
    ['mnist', 'uniform', '0.015 (0.0591)', '0.0204 (0.07014)'],
    ['spam', 'uniform', '∞ (∞)', '–'],
  ]);
});
