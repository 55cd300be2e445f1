/** Who comes to a run that ends, that was left behind, or that is not what it was told to train. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type DataParallelOptions, teamOver } from '../../../src/cluster/parallel/data-parallel.ts';
import { MemoryRounds } from '../../../src/cluster/parallel/memory-rounds.ts';
import { RedisRounds } from '../../../src/cluster/parallel/redis-rounds.ts';
import type { Rounds } from '../../../src/cluster/parallel/rounds.ts';
import { connect } from '../../../src/cluster/redis-client.ts';
import { startServer } from '../../../src/cluster/server.ts';
import { encode } from '../../../src/fit/codec.ts';
import { fit } from '../../../src/fit/fit.ts';
import type { FitArgs } from '../../../src/fit/options.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { tinyModel, tinySamples } from '../small.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));
afterEach(() => vi.restoreAllMocks());

const args: FitArgs = { engine: 'eager', method: uniform(), seed: 1, verbose: 0, batchSize: 8, epochs: 2 };
const nonce = '0123456789abcdef';
const last = encode({ values: null, failed: null });
const over = (store: Rounds, join = false, options: DataParallelOptions = {}) =>
  teamOver({ patience: 10, ...options }, join, async () => ({ store, close: async () => {} }));

it('who comes while a run ends leads the next one', { timeout: 30_000 }, async () => {
  const store = new MemoryRounds();
  await store.hold('feedfacefeedface');
  await store.begin(nonce, encode({ model: 'another' }));
  const model = tinyModel();
  const coming = fit(model, tinySamples(64), { ...args, cluster: over(store) });
  await store.end(nonce, last);
  expect((await coming).epoch).toEqual([0, 1]);
});

it('also where it ends once that one has made up its mind to follow', { timeout: 30_000 }, async () => {
  const store = new MemoryRounds();
  await store.hold('feedfacefeedface');
  await store.begin(nonce, encode({ model: 'another' }));
  const meta = store.meta.bind(store);
  vi.spyOn(store, 'meta').mockImplementationOnce(async () => {
    const found = await meta();
    await store.end(nonce, last);
    return found;
  });
  expect((await fit(tinyModel(), tinySamples(64), { ...args, cluster: over(store) })).epoch).toEqual([0, 1]);
});

it('what a killed leader has left refuses nobody', { timeout: 60_000 }, async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const server = await startServer();
  const open = () => RedisRounds.open(server.url, 'left');
  const left = await open();
  await left.hold('feedfacefeedface', 100);
  await left.begin(nonce, encode({ model: 'another' }));
  await left.close();
  const joins = fit(tinyModel(), tinySamples(64), { ...args, cluster: over(await open(), true) });
  await vi.waitUntil(() => warn.mock.calls.length > 0, { timeout: 10_000 });
  const leads = fit(tinyModel(), tinySamples(64), { ...args, cluster: over(await open(), false, { workers: 1 }) });
  await Promise.all([joins, leads]);
  await server.stop();
  expect(warn.mock.calls.join()).toMatch(/whoever led that run is gone, another is waited for/);
});

it('is told of its own epochs and rate where the run goes by others', { timeout: 30_000 }, async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const store = new MemoryRounds();
  const [leader, follower] = [tinyModel(), tinyModel()];
  for (const [model, rate] of [
    [leader, 0.01],
    [follower, 0.5],
  ] as const) {
    model.compile({ optimizer: tf.train.sgd(rate), loss: 'categoricalCrossentropy' });
  }
  await Promise.all([
    fit(leader, tinySamples(64), {
      ...args,
      epochs: 4,
      onStep: () => sleep(5),
      cluster: over(store, false, { workers: 1 }),
    }),
    fit(follower, tinySamples(64), { ...args, epochs: 1, cluster: over(store, true) }),
  ]);
  const said = warn.mock.calls.join('\n');
  expect(said).toMatch(
    /the learning rate is 0\.01, that of the process that leads the run; 0\.5, of this one, is not used/,
  );
  expect(said).toMatch(/this process leaves after epoch 1, as its epochs say; the run where it is led has 4/);
});

it('an error of the network names no samples', { timeout: 30_000 }, async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const store = new MemoryRounds();
  const leads = fit(tinyModel(), tinySamples(64), { ...args, cluster: over(store, false, { workers: 1 }) });
  vi.spyOn(store, 'outcome').mockImplementation(async () => void (await sleep(5)));
  const joins = fit(tinyModel(), tinySamples(64), { ...args, cluster: over(store, true, { patience: 0.5 }) });
  const failure = await joins.catch((error: Error) => error.message);
  await leads;
  expect(failure).toMatch(/whoever leads the run is silent/);
  expect(failure).not.toMatch(/samples/);
});

it('a server that is full before the first step is said to be', { timeout: 30_000 }, async () => {
  const store = new MemoryRounds();
  vi.spyOn(store, 'begin').mockRejectedValue(new Error('OOM command not allowed'));
  const run = fit(tinyModel(), tinySamples(64), { ...args, cluster: over(store) });
  await expect(run).rejects.toThrow(/the server of the run cannot be used: got OOM.*memory left/);
});

it('what an ended run leaves on the server goes by itself, but not at once: who comes late is told', async () => {
  const server = await startServer();
  const store = await RedisRounds.open(server.url, 'over');
  await store.hold('feedfacefeedface');
  await store.begin(nonce, encode({ model: 'a' }));
  const member = '123456789abcdef0';
  await store.greet(nonce, member, true, 1_000);
  await store.admit(nonce, 0, [member], Uint8Array.of(1));
  for (const round of [0, 1, 2]) await store.conclude(nonce, round, Uint8Array.of(1), [member]);
  await store.end(nonce, last);
  await store.leave(nonce, member);
  expect((await store.meta())?.ended).toBe(true);
  const client = await connect(server.url);
  const keys = await client.keys('*');
  expect(keys.length).toBeGreaterThan(4);
  for (const key of keys) expect(await client.pttl(key), key).toBeGreaterThan(0);
  // The next run of the name begins anew.
  await store.hold('feedfacefeedface');
  await store.begin('123456789abcdef1', encode({ model: 'a' }));
  for (const key of ['nonce', 'meta', 'describer']) expect(await client.pttl(`unequal:{over}:${key}`)).toBe(-1);
  client.disconnect();
  await store.close();
  await server.stop();
}, 30_000);

it('a server that stands still is named', async () => {
  const server = await startServer();
  const client = await connect(server.url);
  process.kill(server.pid, 'SIGSTOP');
  const { message } = (await client.get('a').catch((error: Error) => error)) as Error;
  process.kill(server.pid, 'SIGCONT');
  client.disconnect();
  await server.stop();
  expect(message).toMatch(/^the Redis server at redis:\/\/127\.0\.0\.1:\d+ has not answered for 4 s$/);
}, 30_000);
