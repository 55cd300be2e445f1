import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import { endsWithParent } from '../../src/ends-with-parent.ts';
import { type Family, Lost, pick } from './family.ts';

/** Milliseconds that a run may take, what was killed and started again included. */
const patience = 50_000;

/** A process of a run, and what it has said. */
class Member {
  private out = '';
  err = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(file: string, words: readonly string[], env: object) {
    this.child = spawn(process.execPath, [...endsWithParent, file, ...words], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.stdout?.on('data', (text) => {
      this.out += text;
    });
    this.child.stderr?.on('data', (text) => {
      this.err += text;
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  get last(): { done?: boolean; step?: number; steps?: number; weights?: number[] } | undefined {
    const line = this.out.split('\n').at(-2);
    return line === undefined ? undefined : JSON.parse(line);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/**
 * Runs of several processes in which one is killed at a random moment: who leads, a worker, or the server, with persistence
 * and without. Whoever was killed is started again; the run comes to its end, with every step made once.
 *
 * @param script where the program of a member is, of a master or of its worker.
 */
export const killsOfClusters = (script: (name: string) => string): Family => ({
  name: 'cluster kill -9',
  trials: 50,
  start: async (folder) => {
    if (!existsSync(script('member'))) return 'the campaign is not built';
    let number = 0;
    return async (random) => {
      const scores = random.uniform() < 0.4;
      const victim = pick(random, ['leader', 'worker', 'server'] as const);
      const keeps = random.uniform() < 0.5;
      const moment = random.integer(2_500);
      const place = join(folder, `cluster-${process.pid}-${number++}`);
      mkdirSync(place);
      const data = keeps ? join(place, 'data') : undefined;
      if (data) mkdirSync(data);
      let server: LocalServer | undefined = await startServer({ folder: data });
      const { port, password } = new URL(server.url);
      const { url } = server;
      const path = join(place, 'checkpoint');
      const env = { UNEQUAL_REDIS: url, UNEQUAL_RUN: 'campaign' };
      const lead = (resume: boolean) =>
        scores
          ? new Member(script('master'), [url, 'campaign', path, '40', ...(resume ? ['resume'] : [])], env)
          : new Member(script('member'), ['campaign', path, '24', ...(resume ? ['resume'] : [])], env);
      const work = () =>
        scores
          ? new Member(script('worker'), [], env)
          : new Member(script('member'), ['campaign', join(place, 'none'), '24'], { ...env, UNEQUAL_JOIN: '1' });
      let leader = lead(false);
      let worker = work();
      const told = () => `${victim}, ${scores ? 'scores' : 'parallel'}, ${keeps ? 'kept' : 'not kept'}, ${moment} ms`;
      try {
        // Loading takes longer than training: a kill there would find nothing out.
        for (let k = 0; leader.last === undefined && k < 600; k++) await sleep(50);
        await sleep(moment);
        if (victim === 'leader') {
          await leader.kill();
          if (!leader.last?.done) leader = lead(existsSync(path));
        } else if (victim === 'worker') {
          await worker.kill();
          worker = work();
        } else {
          process.kill(server.pid, 'SIGKILL');
          await server.stop();
          await sleep(random.integer(1_000));
          server = await startServer({ folder: data, port: Number(port), password });
        }
        const code = await Promise.race([leader.ended, sleep(patience, 'late' as const)]);
        if (code !== 0) throw new Lost(`${told()}: the leader ended with ${code}: ${leader.err.slice(-600)}`);
        if (!leader.last?.done) throw new Lost(`${told()}: no end was told`);
        if (scores && leader.last.steps !== 40 * 25) throw new Lost(`${told()}: ${leader.last.steps} steps`);
        // One that came too late for the end of its run waits for the next.
        const other = await Promise.race([worker.ended, sleep(6_000, 'waits' as const)]);
        if (other !== 0 && other !== 'waits')
          throw new Lost(`${told()}: the worker ended with ${other}: ${worker.err.slice(-600)}`);
        const theirs = worker.last?.weights;
        if (theirs?.some((value, k) => Math.abs(value - leader.last!.weights![k]) > 1e-6)) {
          throw new Lost(`${told()}: two ends of one run`);
        }
        return 'ok';
      } finally {
        await Promise.all([leader.kill(), worker.kill()]);
        await server?.stop();
        rmSync(place, { recursive: true, force: true });
      }
    };
  },
});

export const cluster = killsOfClusters((name) => join(import.meta.dirname, `${name}.mjs`));
