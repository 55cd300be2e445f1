/** What may go wrong between the processes of a run, on a real server. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataParallel } from '../../../src/cluster/index.ts';
import { RedisRounds } from '../../../src/cluster/parallel/redis-rounds.ts';
import { connect } from '../../../src/cluster/redis-client.ts';
import { type LocalServer, startServer } from '../../../src/cluster/server.ts';
import { fit } from '../../../src/fit/fit.ts';
import type { FitArgs } from '../../../src/fit/options.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { tinyModel, tinySamples } from '../small.ts';
import { stallingProxy } from '../stalling-proxy.ts';

let server: LocalServer;
let runs = 0;
beforeAll(async () => {
  await tf.setBackend('cpu');
  server = await startServer();
});
afterAll(() => server.stop());
afterEach(() => vi.restoreAllMocks());

const args: FitArgs = { engine: 'eager', method: uniform(), seed: 1, verbose: 0, batchSize: 8 };
const weights = (model: tf.LayersModel) => model.getWeights().flatMap((one) => [...one.dataSync()]);

type Client = Awaited<ReturnType<typeof connect>>;

/** Two members in this process; `act` is told of the steps of the one that leads. */
async function two(
  epochs: number,
  act: (step: number, key: (name: string) => string) => unknown,
  { url = server.url, theirs = url, pause = 4 }: { url?: string; theirs?: string; pause?: number } = {},
) {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const run = `fault-${++runs}`;
  const models = [tinyModel(), tinyModel()];
  const sizes: number[] = [];
  const steps: number[] = [];
  const options = { run, dropAfter: 1.5, patience: 30 };
  const members = models.map((model, k) =>
    fit(model, tinySamples(100), {
      ...{ ...args, epochs },
      onStep: async ({ step, members }) => {
        steps.push(step);
        sizes.push(members!);
        await act(step, (name) => `unequal:{${run}}:${name}`);
        await sleep(pause);
      },
      cluster: dataParallel({ ...options, url: k === 0 ? url : theirs, workers: k === 0 ? 1 : 0, join: k > 0 }),
    }),
  );
  await Promise.all(members);
  // Every step was made once, and both have come to the same end.
  expect(steps).toEqual(steps.map((_, k) => k));
  const [a, b] = models.map(weights);
  for (const [k, value] of a.entries()) expect(Math.abs(value - b[k])).toBeLessThan(1e-6);
  return { sizes, warnings: warn.mock.calls.map(([text]) => String(text)).join('\n') };
}

describe('what others write into a run', { timeout: 60_000, retry: 1 }, () => {
  const other = 'feedfacefeedface';
  it.each<[string, (client: Client, key: (name: string) => string) => Promise<unknown>]>([
    ['a part of nobody', (client, key) => client.hset(key('parts'), other, 'x'.repeat(100_000), 'y', 'z')],
    ['members that are none', (client, key) => client.sadd(key('members'), 'x'.repeat(100_000), other, '')],
    [
      'someone who waits, and never comes',
      async (client, key) => {
        await client.set(key(`alive:${other}`), 1, 'PX', 1_000);
        await client.sadd(key('members'), other);
        await client.sadd(key('waiting'), other);
      },
    ],
    ['another round', (client, key) => client.set(key('round'), 'not a number')],
    ['another run', (client, key) => client.set(key('nonce'), other)],
    [
      'a key of another type',
      async (client, key) => {
        await client.del(key('parts'));
        await client.set(key('parts'), 'no hash');
      },
    ],
    ['another description', (client, key) => client.set(key('meta'), 'x'.repeat(1_000))],
    ['nothing: all is removed', async (client, key) => client.del(await client.keys(key('*').replace(/[{}]/g, '?')))],
  ])('costs no step: %s', async (_, write) => {
    const client = await connect(server.url);
    const { sizes } = await two(40, async (step, key) => {
      if (step === 20) await write(client, key);
    });
    client.disconnect();
    expect([sizes[0], sizes.at(-1)]).toEqual([2, 2]);
  });

  it('an outcome that is none is not trained on: who got it comes in again', async () => {
    const real = RedisRounds.prototype.outcome;
    let forged = 0;
    vi.spyOn(RedisRounds.prototype, 'outcome').mockImplementation(async function (this: RedisRounds, ...of) {
      const found = await real.apply(this, of);
      return found instanceof Uint8Array && forged++ === 5 ? Buffer.from('nonsense') : found;
    });
    const { sizes, warnings } = await two(60, () => {});
    expect(forged).toBeGreaterThan(50);
    expect(warnings).toMatch(/an outcome of the run is no/);
    expect(sizes.at(-1)).toBe(2);
  });
});

describe('a server', { timeout: 90_000, retry: 1 }, () => {
  it('that is full costs the others, until it is not: both end alike', async () => {
    const own = await startServer({ maxMemory: 20_000_000 });
    const client = await connect(own.url);
    const { sizes, warnings } = await two(
      80,
      async (step) => {
        if (step === 20) await client.config('SET', 'maxmemory', '1');
        if (step === 100) await client.config('SET', 'maxmemory', '0');
      },
      { url: own.url, pause: 20 },
    );
    client.disconnect();
    await own.stop();
    expect(warnings).toMatch(/training goes on alone until it can: .*OOM/);
    expect(sizes.includes(1)).toBe(true);
    expect([sizes[0], sizes.at(-1)]).toEqual([2, 2]);
  });

  it('behind a network that stalls for 10 s stops nobody for longer than that: both end alike', async () => {
    const { port, password } = new URL(server.url);
    const proxy = await stallingProxy(Number(port));
    const { sizes, warnings } = await two(
      120,
      async (step) => {
        if (step !== 20) return;
        proxy.stall();
        setTimeout(() => proxy.goOn(), 10_000);
      },
      { url: `redis://:${password}@127.0.0.1:${proxy.port}`, pause: 15 },
    );
    await proxy.close();
    expect(warnings).toMatch(/training goes on alone until it can: .*has not answered/i);
    expect([sizes[0], sizes.at(-1)]).toEqual([2, 2]);
  });

  it('that only one of them cannot reach for 10 s: it is dropped, and comes in again', async () => {
    const { port, password } = new URL(server.url);
    const proxy = await stallingProxy(Number(port));
    const { sizes } = await two(
      200,
      async (step) => {
        if (step !== 20) return;
        proxy.stall();
        setTimeout(() => proxy.goOn(), 10_000);
      },
      { theirs: `redis://:${password}@127.0.0.1:${proxy.port}`, pause: 15 },
    );
    await proxy.close();
    expect(sizes.includes(1)).toBe(true);
    expect([sizes[0], sizes.at(-1)]).toEqual([2, 2]);
  });
});

describe('a process that trains something else is refused', { timeout: 60_000 }, () => {
  const loss = (name: string) => {
    const model = tinyModel();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: name });
    return model;
  };
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['other samples', () => joined(tinyModel(), 90), /samples|data/],
    ['another model', () => joined(tinyModel({ batchNorm: true }), 100), /weights .* here, .* there/],
    ['another loss', () => joined(loss('meanSquaredError'), 100), /another model|loss/],
    [
      'another batch size',
      () => joined(tinyModel(), 100, { batchSize: 16 }),
      /trains something else than the run on the server: batchSize 16 here, 8 there, start it with the same program/,
    ],
    ['rounds of another length', () => joined(tinyModel(), 100, {}, 3), /cluster.every 3 here, 1 there/],
  ])('%s', async (_, join, message) => {
    const run = `same-${++runs}`;
    const ending = new AbortController();
    const leads = fit(tinyModel(), tinySamples(100), {
      ...{ ...args, epochs: 1_000, signal: ending.signal, onStep: () => sleep(5) },
      cluster: dataParallel({ url: server.url, run }),
    });
    try {
      current = run;
      await expect(join()).rejects.toThrow(message);
    } finally {
      ending.abort();
      await leads;
    }
  });
  let current = '';
  const joined = (model: tf.LayersModel, n: number, more: FitArgs = {}, every = 1) =>
    fit(model, tinySamples(n), {
      ...{ ...args, epochs: 1_000, ...more },
      cluster: dataParallel({ url: server.url, run: current, join: true, patience: 20, every }),
    });
});
