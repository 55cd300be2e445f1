import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import type { JobOutcome, JobRunner } from './job-runner.ts';
import { queueConnection, queueOf, whileThere } from './queue-place.ts';
import { checkResult } from './run-note.ts';
import type { SweepJob } from './sweep-job.ts';

/** Milliseconds from one look at the jobs to the next. */
const lookEvery = 500;

/** Not two of a queue are the same job: a sweep that is started again finds those that it has put there. */
function idOf({ id, options, epochs, data }: SweepJob): string {
  const of = createHash('sha256').update(JSON.stringify([options, epochs, data]));
  return `run-${id}-${of.digest('hex').slice(0, 16)}`;
}

export interface QueueOptions {
  readonly url: string;
  /** Of the sweep. */
  readonly name: string;
  readonly attempts: number;
  readonly signal?: AbortSignal;
  /** Told when the server goes away, and when it is back. */
  readonly say?: (words: string) => void;
}

/** Jobs on a BullMQ queue, for workers anywhere. Where it is stopped, those that no worker has begun are taken back. */
export async function queueRunner({ url, name, attempts, signal, say = () => {} }: QueueOptions): Promise<JobRunner> {
  const { Queue } = await import('bullmq');
  const { queue: queueName, prefix } = queueOf(name);
  const client = await queueConnection(url, say);
  const queue = new Queue(queueName, { connection: client, prefix });
  // Without a listener it would be printed as it is, at every attempt to connect.
  queue.on('error', () => {});
  const put = (jobId: string, job: SweepJob) =>
    queue.add('train', job, { attempts, backoff: { type: 'fixed', delay: 1_000 }, jobId });

  /** Puts jobs on the queue, again where the server has lost them, until all have ended. */
  const work = async (jobs: readonly SweepJob[], told: (job: SweepJob, outcome: JobOutcome) => void) => {
    const open = new Map(jobs.map((job) => [idOf(job), job]));
    for (const [jobId, job] of open) {
      const before = await queue.getJob(jobId);
      // What has ended is known to the folder of the runs, or is to be tried again.
      if (before?.finishedOn !== undefined) await before.remove();
      await put(jobId, job);
    }
    while (open.size > 0 && !signal?.aborted) {
      await sleep(lookEvery, undefined, { signal }).catch(() => {});
      for (const [jobId, job] of open) {
        const queued = await queue.getJob(jobId);
        if (queued === undefined) await put(jobId, job);
        else if (queued.finishedOn !== undefined && open.delete(jobId)) told(job, await outcomeOf(queued, job.id));
        if (signal?.aborted) break;
      }
    }
    for (const jobId of open.keys()) {
      const queued = await queue.getJob(jobId);
      // It cannot be removed where a worker is at it, who ends it.
      await queued?.remove().catch(() => {});
    }
  };
  return {
    async run(jobs, told) {
      const working = work(jobs, told);
      const stopped = new Promise<void>((resolve) => {
        if (signal?.aborted) resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([working, stopped]);
      await (signal?.aborted ? whileThere(client, working) : working);
    },
    async close() {
      await whileThere(client, queue.close());
      client.disconnect();
    },
  };
}

async function outcomeOf(queued: Job, id: number): Promise<JobOutcome> {
  if (await queued.isFailed()) return { failed: queued.failedReason };
  try {
    return { result: checkResult(queued.returnvalue, id) };
  } catch (error) {
    return { failed: (error as Error).message };
  }
}
