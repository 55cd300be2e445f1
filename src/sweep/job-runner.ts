import type { SweepResult } from './run-note.ts';
import { openJob, runJob, type SweepJob, type Workplace } from './sweep-job.ts';

/** What became of a job. */
export type JobOutcome = { readonly result: SweepResult } | { readonly failed: string };

/** Runs jobs somewhere: in processes of this machine, or by workers that share a queue. */
export interface JobRunner {
  /** All of them, each tried up to `attempts` times; told of each as it ends. Where it is stopped, not of those left. */
  run(jobs: readonly SweepJob[], told: (job: SweepJob, outcome: JobOutcome) => void): Promise<void>;
  close(): Promise<void>;
}

/** Jobs in processes of this machine, `parallel` at a time. */
export function localRunner(place: Workplace, parallel: number, attempts: number): JobRunner {
  return {
    async run(jobs, told) {
      const waiting = [...jobs];
      const work = async () => {
        for (let job = waiting.shift(); job && !place.signal?.aborted; job = waiting.shift()) {
          const outcome = await tried(job, place, attempts);
          if (outcome) told(job, outcome);
        }
      };
      await Promise.all(Array.from({ length: parallel }, work));
    },
    close: async () => {},
  };
}

async function tried(job: SweepJob, place: Workplace, attempts: number): Promise<JobOutcome | undefined> {
  for (let left = attempts - 1; ; left--) {
    try {
      return { result: await runJob(job, await openJob(job, place), place) };
    } catch (error) {
      if (place.signal?.aborted) return undefined;
      if (left <= 0) return { failed: (error as Error).message };
    }
  }
}
