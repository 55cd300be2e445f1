import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { distributedImportance } from '../../src/cluster/distributed-importance.ts';
import { connect } from '../../src/cluster/redis-client.ts';
import { RedisStore } from '../../src/cluster/redis-store.ts';
import { ScoringWorker } from '../../src/cluster/scoring-worker.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import { fit } from '../../src/fit/fit.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { bundled } from '../data/bundle.ts';
import { killAll, otherClock, startChild } from './children.ts';
import { tinyModel, tinySamples } from './small.ts';
import { stallingProxy } from './stalling-proxy.ts';

type Script = Awaited<ReturnType<typeof bundled>>;
let [master, worker]: Script[] = [];
let folder: string;
const servers: LocalServer[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
  [master, worker] = await Promise.all(['master', 'worker'].map((who) => bundled(`test/cluster/${who}-child.ts`)));
  folder = await mkdtemp(join(tmpdir(), 'unequal-faults-'));
}, 120_000);
afterEach(async () => {
  killAll();
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(() =>
  Promise.all([master.folder, worker.folder, folder].map((one) => rm(one, { recursive: true, force: true }))),
);

async function aServer(options = {}): Promise<LocalServer> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

const start = ({ file }: Script, words: string[], env: object = {}) => startChild(file, words, env);
const startWorker = (url: string, run: string) => start(worker, [], { UNEQUAL_REDIS: url, UNEQUAL_RUN: run });

// Real processes and servers on a machine that does other things too: one slow start is no fault.
describe('with real processes', { timeout: 180_000, retry: 2 }, () => {
  it('workers are killed and replaced, and training goes on by importance', async () => {
    const { url } = await aServer();
    const first = startWorker(url, 'workers');
    const training = start(master, [url, 'workers', join(folder, 'workers'), '60']);
    await training.until(({ importance }) => importance > 20);
    await first.kill();
    const second = startWorker(url, 'workers');
    const { code, last } = await training.ended();
    expect([code, last.done, last.steps]).toEqual([0, true, 60 * 25]);
    expect(last.importance).toBeGreaterThan(400);
    expect((await second.ended()).code).toBe(0);
  });

  it('a worker that stands still loses its range to another, and one whose clock is years off works as any', async () => {
    const { url } = await aServer();
    const slow = startWorker(url, 'slow');
    const training = start(master, [url, 'slow', join(folder, 'slow'), '100']);
    await training.until(({ importance }) => importance > 20);
    slow.signal('SIGSTOP');
    const second = start(worker, [], { UNEQUAL_REDIS: url, UNEQUAL_RUN: 'slow', ...otherClock(-3e11) });
    const { importance } = await training.until(({ step }) => step > 1_200);
    slow.signal('SIGCONT');
    const { code, last, err } = await training.ended();
    expect([code, last.done, last.steps, err]).toEqual([0, true, 100 * 25, expect.not.stringContaining('refused')]);
    expect(last.importance - importance).toBeGreaterThan(200);
    expect((await slow.ended()).code).toBe(0);
    expect((await second.ended()).code).toBe(0);
  });

  it('a killed master goes on from its checkpoint, with its scores, and its worker goes with it', async () => {
    const { url } = await aServer();
    const scoring = startWorker(url, 'master');
    const args = [url, 'master', join(folder, 'master'), '60'];
    const killed = start(master, args);
    await killed.until(({ importance }) => importance > 50);
    await killed.kill();
    const resumed = start(master, [...args, 'resume']);
    const { code, last } = await resumed.ended();
    expect([code, last.done, last.steps]).toEqual([0, true, 60 * 25]);
    expect(last.importance).toBeGreaterThan(200);
    expect((await scoring.ended()).code).toBe(0);
  });

  it.each([
    ['that keeps nothing', false],
    ['that keeps what it is told', true],
  ])('a server %s is killed and comes back', async (_, keeps) => {
    const data = keeps ? await mkdtemp(join(folder, 'data-')) : undefined;
    const server = await startServer({ folder: data });
    const { port, password } = new URL(server.url);
    const scoring = startWorker(server.url, 'server');
    const training = start(master, [server.url, 'server', join(folder, `server-${keeps}`), '80']);
    await training.until(({ importance }) => importance > 50);
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    await sleep(500);
    const again = await aServer({ port: Number(port), password, folder: data });
    expect(again.url).toBe(server.url);
    const { code, last } = await training.ended();
    expect([code, last.done, last.steps]).toEqual([0, true, 80 * 25]);
    expect((await scoring.ended()).code).toBe(0);
  });
});

/** Trains in this process with a worker in it. */
async function train(url: string, run: string, onStep: (report: StepReport) => void | Promise<void>, epochs = 24) {
  const store = await RedisStore.open({ url, run });
  const ending = new AbortController();
  const troubles: string[] = [];
  const options = {
    engine: 'eager' as const,
    signal: ending.signal,
    onTrouble: (words: string) => troubles.push(words),
  };
  const working = new ScoringWorker(store, tinyModel(), tinySamples(), options).work();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const reports: StepReport[] = [];
  try {
    await fit(tinyModel(), tinySamples(), {
      method: distributedImportance({ url, run, range: 64, publishEvery: 2, start: 1.001, enough: 0.3 }),
      ...{ epochs, batchSize: 16, engine: 'eager', seed: 1, verbose: 0 },
      onStep: async (report) => {
        reports.push(report);
        await onStep(report);
        await sleep(2);
      },
    });
    return { reports, troubles, warnings: warn.mock.calls.map(([text]) => String(text)) };
  } finally {
    warn.mockRestore();
    ending.abort();
    await working;
    await store.close();
  }
}

describe('what others write', { retry: 2 }, () => {
  it('is refused with what was got: sizes, types, NaN, other runs, ranges that are not there', async () => {
    const { url } = await aServer();
    const client = await connect(url);
    const key = (name: string) => `unequal:{hostile}:${name}`;
    const hostile: [string, () => Promise<unknown>][] = [
      [
        'size',
        () => client.hset(key('scores'), '0', Buffer.alloc(10_000_000)).then(() => client.sadd(key('changed'), '0')),
      ],
      ['short', () => client.hset(key('scores'), '1', 'x').then(() => client.sadd(key('changed'), '1'))],
      [
        'noise',
        () => client.hset(key('scores'), '2', Buffer.alloc(32 + 256, 7)).then(() => client.sadd(key('changed'), '2')),
      ],
      ['range', () => client.sadd(key('changed'), '999', 'x'.repeat(1_000_000), '-1', '1e3')],
      ['work', () => client.xadd(key('work'), '*', 'range', '4000000000')],
      ['words', () => client.xadd(key('work'), '*', 'nonsense', 'y'.repeat(100_000))],
      [
        'parameters',
        () => client.set(key('model:4000000000'), 'z'.repeat(1_000)).then(() => client.set(key('model'), '4000000000')),
      ],
      ['pointer', () => client.set(key('model'), 'not a number')],
    ];
    const { reports, warnings, troubles } = await train(url, 'hostile', async ({ step }) => {
      if (step >= 100 && step % 20 === 0 && step / 20 - 5 < hostile.length) await hostile[step / 20 - 5][1]();
    });
    client.disconnect();
    expect(reports.length).toBe(24 * 25);
    expect(reports.at(-1)!.refused).toBeGreaterThanOrEqual(6);
    expect(warnings.filter((text) => /refused: .*(10000000 bytes|the range|bytes, expected)/.test(text)).length).toBe(
      1,
    );
    expect(troubles.join('\n')).toMatch(
      /bad version of the parameters: got not a number|no checkpoint of unequal|a message that is no work: got range/,
    );
    expect(reports.every(({ weights }) => weights?.every((w) => w > 0 && w <= 3 + 1e-9) ?? true)).toBe(true);
    expect(reports.slice(-100).some(({ phase }) => phase === 'importance')).toBe(true);
  });

  it('of a key in the way costs scores, not training', async () => {
    const { url } = await aServer();
    const client = await connect(url);
    const { reports, warnings } = await train(url, 'types', async ({ step }) => {
      if (step === 100) await client.set('unequal:{types}:changed', 'no set');
    });
    client.disconnect();
    expect(reports.length).toBe(24 * 25);
    expect(warnings.join('\n')).toMatch(/training goes on without: .*WRONGTYPE/);
  });

  it('a full server costs scores, not training', async () => {
    const { url } = await aServer({ maxMemory: 20_000_000 });
    const client = await connect(url);
    const { reports, warnings } = await train(url, 'full', async ({ step }) => {
      if (step === 100) await client.config('SET', 'maxmemory', '1');
      if (step === 300) await client.config('SET', 'maxmemory', '0');
    });
    client.disconnect();
    expect(reports.length).toBe(24 * 25);
    expect(warnings.join('\n')).toMatch(/training goes on without: .*OOM/);
    expect(reports.slice(-100).some(({ staleness }) => (staleness as number) < 100)).toBe(true);
  });
});

describe('a network that stalls for 10 s', { retry: 2 }, () => {
  it('stops no step, and scores come again after it', async () => {
    const server = await aServer();
    const { port, password } = new URL(server.url);
    const proxy = await stallingProxy(Number(port));
    let stalls = false;
    let stalled = 0;
    const { reports, warnings } = await train(
      `redis://:${password}@127.0.0.1:${proxy.port}`,
      'stall',
      async ({ step }) => {
        if (stalls) stalled++;
        if (step === 100) {
          proxy.stall();
          stalls = true;
          setTimeout(() => {
            stalls = false;
            proxy.goOn();
          }, 10_000);
        }
        if (step > 100 && step < 1_000) await sleep(10);
      },
      80,
    );
    await proxy.close();
    expect(reports.length).toBe(80 * 25);
    // While nothing came, steps went on.
    expect(stalled).toBeGreaterThan(100);
    expect(warnings.join('\n')).toMatch(/training goes on without: .*has not answered/i);
    expect(reports.slice(-200).some(({ staleness }) => (staleness as number) < 200)).toBe(true);
  });
});
