import { fault } from '../errors.ts';
import { isPlain } from '../options.ts';
import type { JobOutcome } from './job-runner.ts';
import { queueConnection, queueOf, whileThere } from './queue-place.ts';
import { otherSource } from './run-note.ts';
import { checkName, type RunOptions, reserved } from './sweep-config.ts';
import { openJob, runJob, type SweepJob, type Workplace } from './sweep-job.ts';

/** Where a worker of a sweep works. */
export interface WorkerPlace extends Workplace {
  readonly signal: AbortSignal;
  /** What the data of a run is here. @throws UnequalError where it cannot be read. */
  readonly dataOf: (options: RunOptions) => Promise<string>;
}

/**
 * Takes jobs of a sweep until it is stopped.
 * @param told of each that was tried.
 * @returns how many were run. @throws UnequalError where they cannot be run here: the one it has goes back to the others.
 */
export async function sweepWorker(
  url: string,
  name: string,
  place: WorkerPlace,
  told: (job: SweepJob, outcome: JobOutcome) => void,
  say: (words: string) => void = () => {},
): Promise<number> {
  const { Worker, WaitingError } = await import('bullmq');
  const { queue, prefix } = queueOf(checkName(name));
  const client = await queueConnection(url, say);
  const { signal } = place;
  let count = 0;
  let unfit: Error | undefined;
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  const worker = new Worker(
    queue,
    async (queued, token) => {
      const job = checkJob(queued.data);
      try {
        const begun = await ready(job, place).catch((error) => {
          unfit ??= error;
          throw error;
        });
        const result = await runJob(job, begun, place);
        count++;
        told(job, { result });
        return result;
      } catch (error) {
        if (unfit === undefined && !signal.aborted) {
          told(job, { failed: (error as Error).message });
          throw error;
        }
        // That this worker was stopped, or cannot run it, is no fault of the run: another takes it.
        leave();
        await queued.moveToWait(token);
        throw new WaitingError();
      }
    },
    // A worker that dies loses its job to another after so long.
    { connection: client, prefix, lockDuration: 30_000, maxStalledCount: 5, stalledInterval: 5_000 },
  );
  worker.on('error', () => {});
  await left;
  await whileThere(client, worker.close());
  client.disconnect();
  if (unfit !== undefined && !signal.aborted) throw unfit;
  return count;
}

/** @throws UnequalError for a job that cannot be run in this place. */
async function ready(job: SweepJob, place: WorkerPlace) {
  if ((await place.dataOf(job.options)) !== job.data) {
    throw fault({
      wrong: 'this worker has other data than the sweep',
      got: otherSource(job.options),
      expected: 'those of whoever started the sweep',
      mend: 'give the worker the same files',
    });
  }
  return openJob(job, place);
}

/** @throws UnequalError for what is no job: the queue may be written by others. */
export function checkJob(data: unknown): SweepJob {
  const { id, options, epochs, data: of, byBudget } = (isPlain(data) ? data : {}) as { [part: string]: unknown };
  const fits =
    Number.isSafeInteger(id) &&
    (id as number) >= 0 &&
    isPlain(options) &&
    Object.entries(options).every(
      ([name, value]) =>
        /^[a-z][a-z-]*$/.test(name) &&
        !reserved.includes(name) &&
        ['string', 'number', 'boolean'].includes(typeof value),
    ) &&
    Number.isSafeInteger(epochs) &&
    (epochs as number) > 0 &&
    typeof of === 'string' &&
    typeof byBudget === 'boolean';
  if (fits) return data as SweepJob;
  throw fault({ wrong: 'a message that is no run of a sweep', got: JSON.stringify(data)?.slice(0, 200) });
}
