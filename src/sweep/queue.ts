import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { connect } from '../cluster/redis-client.ts';
import { prefixOf } from '../cluster/redis-store.ts';
import { fault } from '../errors.ts';
import { isPlain } from '../options.ts';
import type { JobOutcome, JobRunner } from './job-runner.ts';
import { checkResult, type SweepResult } from './run-note.ts';
import { reserved } from './sweep-config.ts';
import { openJob, runJob, type SweepJob, type Workplace } from './sweep-job.ts';

/** BullMQ's keys of a sweep are under the prefix of its name, as those of a run are. */
const place = (name: string) => ({ queue: 'sweep', prefix: prefixOf(name).slice(0, -1) });

/** Without a limit of time: BullMQ waits at the server for as long as there is nothing to do. */
async function connection(url: string): Promise<Redis> {
  const client = await connect(url);
  client.options.commandTimeout = undefined;
  return client;
}

/** Not two of a queue are the same job: a sweep that is started again finds those that it has put there. */
function idOf({ id, options, epochs, data }: SweepJob): string {
  const of = createHash('sha256').update(JSON.stringify([options, epochs, data]));
  return `run-${id}-${of.digest('hex').slice(0, 16)}`;
}

/** Jobs on a BullMQ queue, for workers anywhere. Where it is stopped, those that no worker has begun are taken back. */
export async function queueRunner(
  url: string,
  name: string,
  attempts: number,
  signal?: AbortSignal,
): Promise<JobRunner> {
  const { Queue, QueueEvents } = await import('bullmq');
  const { queue: queueName, prefix } = place(name);
  const [one, two] = [await connection(url), await connection(url)];
  const queue = new Queue(queueName, { connection: one, prefix });
  const events = new QueueEvents(queueName, { connection: two, prefix });
  await events.waitUntilReady();
  return {
    async run(jobs, told) {
      const options = { attempts, backoff: { type: 'fixed', delay: 1_000 } };
      const stopped = new Promise<undefined>((resolve) => {
        if (signal?.aborted) resolve(undefined);
        signal?.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      await Promise.all(
        jobs.map(async (job) => {
          const jobId = idOf(job);
          const before = await queue.getJob(jobId);
          // What has ended is known to the folder of the runs, or is to be tried again.
          if (before?.finishedOn !== undefined) await before.remove();
          const queued = await queue.add('train', job, { ...options, jobId });
          const ended: Promise<JobOutcome> = queued.waitUntilFinished(events).then(
            (value) => ({ result: checkResult(value, job.id) }),
            (error: Error) => ({ failed: error.message }),
          );
          const outcome = await Promise.race([ended, stopped]);
          if (outcome) told(job, outcome);
          // It cannot be removed where a worker is at it, who ends it.
          else await queued.remove().catch(() => {});
        }),
      );
    },
    async close() {
      await events.close();
      await queue.close();
      for (const client of [one, two]) client.disconnect();
    },
  };
}

/** Takes jobs of a sweep until it is stopped. @returns how many were run. */
export async function sweepWorker(
  url: string,
  name: string,
  workplace: Workplace & { readonly signal: AbortSignal },
  told: (job: SweepJob, result: SweepResult) => void,
): Promise<number> {
  const { Worker, WaitingError } = await import('bullmq');
  const { queue, prefix } = place(name);
  const client = await connection(url);
  let count = 0;
  const worker = new Worker(
    queue,
    async (queued, token) => {
      const job = checkJob(queued.data);
      const result = await openJob(job, workplace)
        .then((begun) => runJob(job, begun, workplace))
        .catch(async (error) => {
          if (!workplace.signal.aborted) throw error;
          // That this worker was stopped is no fault of the run: another goes on with it.
          await queued.moveToWait(token);
          throw new WaitingError();
        });
      count++;
      told(job, result);
      return result;
    },
    // A worker that dies loses its job to another after so long.
    { connection: client, prefix, lockDuration: 30_000, maxStalledCount: 5, stalledInterval: 5_000 },
  );
  worker.on('error', () => {});
  const { signal } = workplace;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await worker.close();
  client.disconnect();
  return count;
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
