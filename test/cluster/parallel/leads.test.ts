/** Whoever leads a run keeps it, whatever it does and whoever comes. Real processes and a real server. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { teamOver } from '../../../src/cluster/parallel/data-parallel.ts';
import { MemoryRounds } from '../../../src/cluster/parallel/memory-rounds.ts';
import { RedisRounds } from '../../../src/cluster/parallel/redis-rounds.ts';
import { startServer } from '../../../src/cluster/server.ts';
import { fit } from '../../../src/fit/fit.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { run } from '../../cli/run.ts';
import { tinyModel, tinySamples } from '../small.ts';
import { realMembers } from './members.ts';

const { place, start } = realMembers();
beforeAll(async () => void (await tf.setBackend('cpu')));
afterEach(() => vi.restoreAllMocks());

describe('the process that leads', { timeout: 120_000, retry: 1 }, () => {
  it('keeps its run while it is silent for longer than a dead one has it', async () => {
    const words = ['silent', place('silent'), '20'];
    const leads = start(words, false);
    await leads.until(({ step }) => step > 20);
    leads.signal('SIGSTOP');
    await sleep(12_000);
    // The same program, which would lead if nobody did.
    const late = start(['silent', place('late'), '20'], false);
    await sleep(3_000);
    expect(late.lines()).toEqual([]);
    leads.signal('SIGCONT');
    const [one, two] = await Promise.all([leads.ended(), late.ended()]);
    expect([one.code, two.code, one.last.done, one.last.most]).toEqual([0, 0, true, 2]);
    expect(two.last.weights).toEqual(one.last.weights);
  });

  it('keeps it when the same program comes that would go on from its checkpoint', async () => {
    const words = ['resumed', place('resumed'), '40', 'pause=10'];
    const leads = start(words, false);
    await leads.until(({ step }) => step > 20);
    const second = start([...words, 'resume'], false);
    const [one, two] = await Promise.all([leads.ended(), second.ended()]);
    expect([one.code, two.code, one.last.done, one.last.most], two.err).toEqual([0, 0, true, 2]);
    expect(two.last.weights).toEqual(one.last.weights);
  });

  it('has it no more once it is killed', async () => {
    const words = ['killed', place('killed'), '20'];
    const leads = start(words, false);
    await leads.until(({ step }) => step > 20);
    await leads.kill();
    const { code, last } = await start([...words, 'resume'], false).ended();
    expect([code, last.done, last.members]).toEqual([0, true, 1]);
  });
});

it('trains on alone where another has its run after all', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const store = new MemoryRounds();
  const model = tinyModel();
  const more = { engine: 'eager', method: uniform(), seed: 1, verbose: 0, epochs: 4, batchSize: 8 } as const;
  await fit(model, tinySamples(100), {
    ...more,
    onStep: async ({ step }) => {
      if (step === 10) store.hold = async () => 'feedfacefeedface';
      await sleep(20);
    },
    cluster: teamOver({}, false, async () => ({ store, close: async () => {} })),
  });
  const alone = tinyModel();
  await fit(alone, tinySamples(100), more);
  expect(model.getWeights().map((one) => [...one.dataSync()])).toEqual(
    alone.getWeights().map((one) => [...one.dataSync()]),
  );
  expect(warn.mock.calls.join()).toMatch(/training goes on alone: another process leads this run by now: end one/);
});

it('is not taken for gone by a folder that is resumed', async () => {
  const [server, data, out] = [await startServer(), place('rows.csv'), place('run')];
  await writeFile(data, ['a,y', ...Array.from({ length: 40 }, (_, k) => `${k},${k % 2 ? 'odd' : 'even'}`)].join('\n'));
  const words = [
    'train',
    '--data',
    data,
    '--target',
    'y',
    '--epochs',
    '1',
    '--engine',
    'eager',
    '--out',
    out,
    '--quiet',
  ];
  expect((await run(words)).code).toBe(0);
  const store = await RedisRounds.open(server.url, 'default');
  await store.hold('feedfacefeedface');
  await store.stay();
  const { code, err } = await run(['train', '--resume', out, '--epochs', '2', '--quiet', '--cluster', server.url]);
  expect([code, err]).toEqual([1, expect.stringContaining('leave out --resume to join it')]);
  await store.close();
  await server.stop();
}, 60_000);
