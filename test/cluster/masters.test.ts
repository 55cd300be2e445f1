/** A master keeps its run while it says nothing, and what a killed one has left is in nobody's way. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { distributedImportance } from '../../src/cluster/distributed-importance.ts';
import { Exchange } from '../../src/cluster/exchange.ts';
import { Ranges } from '../../src/cluster/ranges.ts';
import { connect } from '../../src/cluster/redis-client.ts';
import { RedisStore } from '../../src/cluster/redis-store.ts';
import { scoringWorker } from '../../src/cluster/scoring-worker.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import { fit } from '../../src/fit/fit.ts';
import { tinyModel, tinySamples } from './small.ts';

let server: LocalServer;
beforeAll(async () => {
  await tf.setBackend('cpu');
  server = await startServer();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => server.stop());

const more = { batchSize: 16, engine: 'eager', seed: 1, verbose: 0 } as const;
const method = (run: string, others = {}) => distributedImportance({ url: server.url, run, range: 64, ...others });

async function withClient<T>(work: (client: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> {
  const client = await connect(server.url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** A master that comes later. */
async function newcomer(run: string): Promise<unknown> {
  const store = await RedisStore.open({ url: server.url, run });
  const options = { ranges: new Ranges(8, 8), publishEvery: 1, takeOver: false, meta: Uint8Array.of(1) };
  const exchange = new Exchange(store, options);
  const failure = await exchange.open().catch((error: Error) => error.message);
  await exchange.close();
  return failure;
}

describe('a master', { timeout: 60_000 }, () => {
  it('says that it trains while a callback takes long', async () => {
    let left = 0;
    await fit(tinyModel(), tinySamples(64), {
      ...{ ...more, method: method('beats'), epochs: 1 },
      callbacks: {
        onEpochEnd: () =>
          withClient(async (client) => {
            await client.pexpire('unequal:{beats}:owner', 2_000);
            await sleep(2_500);
            left = await client.pttl('unequal:{beats}:owner');
          }),
      },
    });
    expect(left).toBeGreaterThan(5_000);
  });

  it('keeps its run while it blocks for longer than a dead one has it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    let came: unknown;
    const { epoch } = await fit(tinyModel(), tinySamples(64), {
      ...{ ...more, method: method('blocks'), epochs: 2 },
      callbacks: {
        onEpochEnd: async (epoch) => {
          if (epoch > 0) return;
          // As after ten seconds without a turn of the event loop.
          const lapse = setInterval(() => withClient((client) => client.del('unequal:{blocks}:owner')), 50);
          came = await newcomer('blocks');
          clearInterval(lapse);
        },
      },
    });
    expect([epoch.length, came]).toEqual([2, expect.stringContaining('a run of this name is being trained')]);
    expect(warn.mock.calls).toEqual([]);
  });

  it('trains on where another has its run after all', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { epoch } = await fit(tinyModel(), tinySamples(64), {
      ...{ ...more, method: method('taken'), epochs: 2 },
      onStep: ({ step }) =>
        step < 2
          ? withClient((client) => client.set('unequal:{taken}:owner', 'feedface')).then(() => sleep(50))
          : sleep(50),
    });
    expect([epoch.length, warn.mock.calls.join()]).toEqual([
      2,
      expect.stringContaining('training goes on without workers'),
    ]);
  });
});

it('whose server is full at the start trains on, with one warning', { timeout: 60_000 }, async () => {
  const full = await startServer();
  const client = await connect(full.url);
  await client.config('SET', 'maxmemory', '1');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const history = await fit(tinyModel(), tinySamples(64), {
    ...{ ...more, method: distributedImportance({ url: full.url }), epochs: 2 },
    onStep: () => sleep(50),
  });
  client.disconnect();
  await full.stop();
  expect(history.explain()).toBe('Off throughout: no scores came from any worker.');
  expect([history.epoch.length, warn.mock.calls.flat().filter((words) => /unequal/.test(words))]).toEqual([
    2,
    [expect.stringMatching(/training goes on without: .*OOM/)],
  ]);
});

it('a worker waits for another run than that of a master that is gone', { timeout: 60_000 }, async () => {
  // What a master of other data left, who was killed.
  await fit(tinyModel(), tinySamples(48), { ...more, method: method('old'), epochs: 1 });
  await withClient((client) => client.del('unequal:{old}:ended'));
  const told: string[] = [];
  const scored: number[] = [];
  const working = scoringWorker(tinyModel(), tinySamples(64), {
    ...{ url: server.url, run: 'old', engine: 'eager' },
    onTrouble: (words) => told.push(words),
    onRange: ({ range }) => scored.push(range),
  });
  await vi.waitUntil(() => told.length > 0, { timeout: 20_000 });
  await fit(tinyModel(), tinySamples(64), { ...more, method: method('old'), epochs: 20, onStep: () => sleep(10) });
  await working;
  expect(told.join('\n')).toMatch(/got samples 64.*expected 48.*unequal cluster clean --run old removes it/);
  expect(scored).toContain(0);
});

it('but one that cannot work for a master that is there ends', { timeout: 60_000 }, async () => {
  let failure: unknown;
  await fit(tinyModel(), tinySamples(48), {
    ...{ ...more, method: method('there'), epochs: 1 },
    callbacks: {
      onEpochEnd: async () => {
        const given = { url: server.url, run: 'there', engine: 'eager' } as const;
        failure = await scoringWorker(tinyModel(), tinySamples(64), given).catch((error: Error) => error.message);
      },
    },
  });
  expect(failure).toMatch(/got samples 64/);
});
