import type { TextTable } from '../experiment.ts';
import type { WorkloadResult } from './results.ts';

/** What each method ends at after each budget, the longest first. */
export function budgetTable(results: readonly WorkloadResult[]): TextTable {
  const all = results.flatMap(({ methods }) => methods.flatMap(({ medians }) => medians.map(({ budget }) => budget)));
  const budgets = [...new Set(all)].sort((a, b) => b - a);
  return {
    title: 'Validation after each budget',
    head: ['workload', 'method', ...budgets.map((budget) => (budget === 1 ? 'T' : `${budget} T`))],
    rows: results.flatMap(({ workload, methods }) =>
      methods.map(({ method, medians }) => [
        workload.name,
        method,
        ...budgets.map((budget) => {
          const one = medians.find((median) => median.budget === budget);
          return one ? `${digits(one.value)} (${digits(one.loss)})` : '–';
        }),
      ]),
    ),
    note: 'The median over the seeds of the validation measure, and in brackets the mean validation loss.',
  };
}

const digits = (value: number): string => (Number.isFinite(value) ? `${Number(value.toPrecision(4))}` : '∞');
