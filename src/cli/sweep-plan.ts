import type { SweepRun } from '../sweep/sweep.ts';
import { combinations, distinct, type RunOptions, type SweepConfig } from '../sweep/sweep-config.ts';
import { methodFor } from './distributed.ts';
import { dataTeller } from './sweep-data.ts';
import { checkNames, checkValues, isWhole, trainOptionsOf } from './sweep-options.ts';

export interface SweepPlan {
  readonly runs: readonly SweepRun[];
  /** Runs that the file asks for once more with the same options. */
  readonly repeated: number;
}

/** What a sweep trains. @throws UnequalError for what would fail every run: options, their values, methods, data. */
export async function planSweep(config: SweepConfig, path: string): Promise<SweepPlan> {
  checkNames(config, path);
  const all = combinations(config, isWhole);
  const differing = distinct(all);
  const whole = (options: RunOptions) => ({ ...config.train, ...options });
  checkValues(differing.map(whole), path);
  const byBudget = differing.map((options) => dependsOnBudget(whole(options)));
  const dataOf = dataTeller();
  const runs: SweepRun[] = [];
  // One after the other: each data set may be large.
  for (const [k, options] of differing.entries()) {
    runs.push({ options, byBudget: byBudget[k], data: await dataOf(whole(options)) });
  }
  return { runs, repeated: all.length - runs.length };
}

/** Whether the steps of a run depend on how long it is to be. */
function dependsOnBudget(options: RunOptions): boolean {
  const { byBudget, schedule } = methodFor(trainOptionsOf(options), () => {
    throw new Error('nothing is trained here');
  });
  return schedule !== undefined || byBudget === true;
}
