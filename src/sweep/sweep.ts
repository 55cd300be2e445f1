import type { JobRunner } from './job-runner.ts';
import type { SweepResult } from './run-note.ts';
import { type RunOptions, rungs, type SweepConfig } from './sweep-config.ts';
import type { SweepJob } from './sweep-job.ts';

/** Where a run of a sweep stands. */
export interface SweepRow {
  readonly id: number;
  /** What it differs in. */
  readonly options: RunOptions;
  result?: SweepResult;
  failed?: string;
  /** Whether it was dropped for better ones. */
  dropped?: boolean;
}

/** Where all runs of a sweep begin. */
export const rowsOf = (runs: readonly RunOptions[]): SweepRow[] => runs.map((options, id) => ({ id, options }));

/** Runs of a sweep, up to some epochs. */
export const jobsOf = ({ train }: SweepConfig, rows: readonly SweepRow[], epochs: number): SweepJob[] =>
  rows.map(({ id, options }) => ({ id, epochs, options: { ...train, ...options } }));

/** Runs all that a sweep tries, which `runs` differ in; the rows, the best first. One that is stopped drops nothing for what it has not run. */
export async function sweep(
  config: SweepConfig,
  runs: readonly RunOptions[],
  runner: JobRunner,
  told: (rows: readonly SweepRow[]) => void,
  signal?: AbortSignal,
): Promise<SweepRow[]> {
  const rows = rowsOf(runs);
  const steps = rungs(config, runs.length);
  for (const [k, epochs] of steps.entries()) {
    const going = rows.filter(({ failed, dropped }) => failed === undefined && !dropped);
    await runner.run(jobsOf(config, going, epochs), ({ id }, outcome) => {
      if ('result' in outcome) rows[id].result = outcome.result;
      else rows[id].failed = outcome.failed;
      told(rows);
    });
    if (k === steps.length - 1 || signal?.aborted) break;
    const ranked = best(going.filter(({ failed, result }) => failed === undefined && result !== undefined));
    for (const row of ranked.slice(Math.ceil(ranked.length / 2))) row.dropped = true;
    told(rows);
  }
  return best(rows);
}

/** By epochs, then test error, then test loss; those that failed last. */
export function best(rows: readonly SweepRow[]): SweepRow[] {
  const key = ({ result, failed }: SweepRow) => [
    failed === undefined && result ? 0 : 1,
    -(result?.epochs ?? 0),
    result?.testError ?? Infinity,
    result?.testLoss ?? Infinity,
  ];
  return [...rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    const at = x.findIndex((value, k) => value !== y[k]);
    return at < 0 ? a.id - b.id : x[at] - y[at];
  });
}
