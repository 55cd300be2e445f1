import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { connect } from '../../src/cluster/redis-client.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import type { JobOutcome } from '../../src/sweep/job-runner.ts';
import type { SweepJob } from '../../src/sweep/sweep-job.ts';
import { sweepWorker, type WorkerPlace } from '../../src/sweep/sweep-worker.ts';
import { bundled } from '../data/bundle.ts';
import { temporaryFolder } from '../data/temporary.ts';

/** Options of runs that take a moment. */
export const smallRuns = { data: 'mnist', samples: 128, 'test-samples': 50, engine: 'compiled' };

/** What the data of these runs is, for a worker that has the same. */
export const sameData = 'right';

/** Where the queue of a sweep is tested: a server, the command line in one file, and a folder for the runs. */
export class TestQueue {
  readonly folder = temporaryFolder();
  /** A test may put another in its place. */
  server!: LocalServer;
  /** The command line. */
  program!: string;

  constructor() {
    let made: string;
    beforeAll(async () => {
      this.server = await startServer();
      ({ file: this.program, folder: made } = await bundled('src/cli/main.ts'));
    }, 120_000);
    afterAll(async () => {
      await this.server.stop();
      await rm(made, { recursive: true, force: true });
    });
  }

  /** Starts a worker of the sweep. */
  work(
    name: string,
    more: Partial<WorkerPlace> = {},
    told: (job: SweepJob, outcome: JobOutcome) => void = () => {},
  ): { readonly ended: Promise<number>; readonly said: readonly string[]; readonly end: () => void } {
    const ending = new AbortController();
    const said: string[] = [];
    const { server, folder, program } = this;
    const place = { folder: join(folder, name), program, signal: ending.signal, dataOf: async () => sameData };
    const ended = sweepWorker(server.url, name, { ...place, ...more }, told, (words) => said.push(words));
    return { ended, said, end: () => ending.abort() };
  }

  /** How many runs no worker has begun. */
  async waiting(name: string): Promise<number> {
    const client = await connect(this.server.url);
    const count = await client.llen(`unequal:sweeps:{${name}}:runs:wait`);
    client.disconnect();
    return count;
  }
}
