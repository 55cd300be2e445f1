import { fault } from '../errors.ts';
import type { JobRunner } from './job-runner.ts';
import type { SweepResult } from './run-note.ts';
import { type RunOptions, rungs, type SweepConfig } from './sweep-config.ts';
import type { SweepJob } from './sweep-job.ts';

/** Where a run of a sweep stands. */
export interface SweepRow {
  readonly id: number;
  /** What it differs in. */
  readonly options: RunOptions;
  /** What an earlier sweep of the same folder has come to with it. */
  before?: SweepResult;
  result?: SweepResult;
  failed?: string;
  /** Whether it was dropped for better ones. */
  dropped?: boolean;
}

/** A run of a sweep, before it begins. */
export interface SweepRun extends Pick<SweepJob, 'data' | 'byBudget'> {
  /** What it differs in. */
  readonly options: RunOptions;
  /** What an earlier sweep of the same folder has come to with it. */
  readonly before?: SweepResult;
}

/** Runs of a sweep, up to some epochs. */
export const jobsOf = ({ train }: SweepConfig, runs: readonly SweepRun[], epochs: number): SweepJob[] =>
  runs.map(({ options, data, byBudget }, id) => ({
    ...{ id, epochs, data, byBudget },
    options: { ...train, ...options },
  }));

/** Runs all that a sweep tries; the rows, the best first. One that is stopped drops nothing for what it has not run. */
export async function sweep(
  config: SweepConfig,
  runs: readonly SweepRun[],
  runner: JobRunner,
  told: (rows: readonly SweepRow[]) => void,
  signal?: AbortSignal,
): Promise<SweepRow[]> {
  const rows = runs.map(({ options, before }, id): SweepRow => ({ id, options, before }));
  const steps = rungs(config, runs.length);
  const byLoss = lossesCompare(config);
  for (const [k, epochs] of steps.entries()) {
    const going = rows.filter(({ failed, dropped }) => failed === undefined && !dropped);
    const jobs = jobsOf(config, runs, epochs);
    const these = going.map(({ id }) => jobs[id]);
    await runner.run(these, ({ id }, outcome) => {
      const row = rows[id];
      if ('result' in outcome) {
        row.result = outcome.result;
        delete row.before;
      } else row.failed = outcome.failed;
      told(rows);
    });
    if (k === steps.length - 1 || signal?.aborted) break;
    const ranked = best(
      going.filter(({ failed, result }) => failed === undefined && result !== undefined),
      byLoss,
    );
    if (!byLoss && ranked.some(({ result }) => result?.testError === undefined)) {
      throw fault({
        wrong: 'halving cannot tell which runs are better',
        got: 'other losses or targets, whose numbers are not to be compared',
        expected: 'a test error',
        mend: 'take search: grid or random',
      });
    }
    for (const row of ranked.slice(Math.ceil(ranked.length / 2))) row.dropped = true;
    told(rows);
  }
  return best(rows, byLoss);
}

/** Whether the test losses of two runs say which is better: they are of the same loss and of the same target. */
export const lossesCompare = ({ vary }: Pick<SweepConfig, 'vary'>): boolean =>
  !['loss', 'target', 'task'].some((option) => Object.hasOwn(vary, option));

/** By epochs, then test error, then, if these compare, test loss; those that failed last. */
export function best(rows: readonly SweepRow[], byLoss: boolean): SweepRow[] {
  const key = ({ result, failed }: SweepRow) => [
    failed === undefined && result ? 0 : 1,
    -(result?.epochs ?? 0),
    result?.testError ?? Infinity,
    (byLoss ? result?.testLoss : undefined) ?? Infinity,
  ];
  return [...rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    const at = x.findIndex((value, k) => value !== y[k]);
    return at < 0 ? a.id - b.id : x[at] - y[at];
  });
}
