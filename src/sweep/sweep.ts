import type { JobRunner } from './job-runner.ts';
import { combinations, type RunOptions, rungs, type SweepConfig } from './sweep-config.ts';
import type { SweepResult } from './sweep-job.ts';

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

/** Runs all that a sweep tries; the rows, the best first. */
export async function sweep(
  config: SweepConfig,
  runner: JobRunner,
  told: (rows: readonly SweepRow[]) => void,
): Promise<SweepRow[]> {
  const rows: SweepRow[] = combinations(config).map((options, id) => ({ id, options }));
  const steps = rungs(config);
  for (const [k, epochs] of steps.entries()) {
    const going = rows.filter(({ failed, dropped }) => failed === undefined && !dropped);
    const jobs = going.map(({ id, options }) => ({ id, epochs, options: { ...config.train, ...options } }));
    await runner.run(jobs, ({ id }, outcome) => {
      if ('result' in outcome) rows[id].result = outcome.result;
      else rows[id].failed = outcome.failed;
      told(rows);
    });
    if (k === steps.length - 1) continue;
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
