import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { placeOf, type Shown } from '../../src/data/labelled.ts';
import { type PooledOptions, pooled } from '../../src/data/pooled.ts';
import type { NdArray, Samples } from '../../src/data/samples.ts';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
// @ts-expect-error it is plain JavaScript, as what a worker imports may be.
import makeHere from '../fixtures/pool/samples.mjs';
import { classifier, values } from '../support/small.ts';
import { bundled } from './bundle.ts';

const module = resolve('test/fixtures/pool/samples.mjs');
const here = (argument?: object) => makeHere(argument) as Samples;

const opened: { close(): Promise<void> }[] = [];
async function open(options?: PooledOptions) {
  const samples = await pooled(module, options);
  opened.push(samples);
  return samples;
}

const unhandled = vi.fn();
beforeAll(async () => {
  await tf.setBackend('cpu');
  process.on('unhandledRejection', unhandled);
  return () => process.off('unhandledRejection', unhandled);
});
afterEach(async () => {
  for (const samples of opened.splice(0)) await samples.close();
  await new Promise((done) => setImmediate(done));
  expect(unhandled).not.toHaveBeenCalled();
});

describe('what a pool gives', () => {
  it('is what the samples give, to the bit and in the order asked for', async () => {
    const samples = await open({ workers: 2 });
    const asked = [[3], [5, 5, 0, 39], [], [7, 1, 2]];
    const [got, expected] = [asked.map((i) => samples.batch(i)), asked.map((i) => here().batch(i))];
    for (const k of asked.keys()) expect(await got[k]).toEqual({ ...(await expected[k]), sampleWeight: undefined });
  });

  it('tells of itself what the samples do', async () => {
    const samples = (await open({ argument: { length: 6 } })) as Samples & { image?(index: number): Promise<unknown> };
    const { length, name, classes, classNames, labels, inputShape } = here({ length: 6 }) as never;
    expect(samples).toMatchObject({ length, name, classes, classNames, labels, inputShape });
    expect(await samples.image!(5)).toEqual({ data: Uint8Array.of(5), width: 1, height: 1, channels: 1 });
  });

  it('says where its samples stand in their data, so that a file of labels is about the same ones', async () => {
    const samples = (await open({ name: 'part', workers: 1 })) as Samples & Shown;
    expect([0, 1, 2, 3, 4].map((index) => placeOf(samples, index))).toEqual([9, 7, 5, 3, 1]);
    expect(samples.origin?.length).toBe(10);
  });

  it('does not take away arrays that are a part of others', async () => {
    const samples = await open({ name: 'parts', workers: 1 });
    for (const index of [4, 4, 0, 9]) {
      const { xs, ys, sampleWeight } = await samples.batch([index]);
      expect([...(xs as NdArray).data]).toEqual([2 * index, 2 * index + 1]);
      expect([...(ys as NdArray[])[0].data]).toEqual([index]);
      expect([...(sampleWeight as Float32Array)]).toEqual([index]);
    }
  });

  it('may be Samples that are made already, of any URL', async () => {
    const samples = await pooled(new URL(`file://${module}`), { name: 'fixed', workers: 1 });
    opened.push(samples);
    expect(samples.length).toBe(5);
  });
});

describe('ahead', () => {
  it('makes no more batches than it may, and each once', async () => {
    const counts = new SharedArrayBuffer(4);
    const count = () => Atomics.load(new Int32Array(counts), 0);
    const samples = await open({ workers: 2, ahead: 3, argument: { counts } });
    for (let k = 0; k < 10; k++) samples.soon!([k]);
    const first = await samples.batch([0]);
    // Whoever is asked last is answered last, in each of the workers.
    await Promise.all([samples.batch([20]), samples.batch([21]), samples.batch([22]), samples.batch([23])]);
    expect(count()).toBe(3 + 4);
    for (const k of [1, 2]) await samples.batch([k]);
    expect(count()).toBe(3 + 4);
    expect(first).toEqual({ ...(await here().batch([0])), sampleWeight: undefined });
  });

  it.each([
    ['uniform', uniform()],
    ['fresh scores', importance({ scores: 'fresh', start: 'always', presample: 2 })],
    ['stored scores, drawn ahead', importance({ start: 'always', ahead: true })],
  ])('fit gives the same weights with and without: %s', async (_, method) => {
    const trained = async (samples: Samples) => {
      const model = classifier();
      const before = tf.memory().numTensors;
      const args = { batchSize: 8, epochs: 3, seed: 4, verbose: 0, engine: 'eager', method } as const;
      const { history } = await fit(model, samples, { ...args, validationSplit: 0.2 });
      expect(tf.memory().numTensors - before).toBeLessThan(10);
      return { weights: values(model), history };
    };
    const counts = new SharedArrayBuffer(4);
    const samples = await open({ workers: 2, argument: { counts } });
    expect(await trained(samples)).toEqual(await trained(here()));
  });
});

describe('what goes wrong is told', () => {
  it('the sample that failed', async () => {
    const samples = await open({ argument: { failing: [7, 9] } });
    const error = await samples.batch([1, 2, 9, 7]).then(String, (error) => error);
    expect(error).toBeInstanceOf(UnequalError);
    expect(error.message).toMatch(/sample 9 cannot be made in a worker.*no picture in file 9/);
    // The others are as good as before.
    expect((await samples.batch([1])).ys).toEqual((await here().batch([1])).ys);
  });

  it('in fit, at the step that needs it', async () => {
    const samples = await open({ argument: { failing: [39] } });
    const steps: number[] = [];
    const args = { batchSize: 8, epochs: 1, shuffle: false, verbose: 0, engine: 'eager', method: uniform() } as const;
    const run = fit(classifier(), samples, { ...args, onStep: ({ step }) => void steps.push(step) });
    await expect(run).rejects.toThrow(/sample 39 cannot be made/);
    expect(steps).toEqual([0, 1, 2, 3]);
  });

  it('a worker that exits, and that there is nothing to be had after it', async () => {
    const samples = await open({ argument: { exiting: 5 } });
    await expect(samples.batch([1, 5])).rejects.toThrow(/a worker has ended.*exit code 3/s);
    await expect(samples.batch([1])).rejects.toThrow(/a worker has ended/);
    samples.soon!([2]);
  });

  it('samples that are closed, also those asked for before', async () => {
    const samples = await open();
    const asked = samples.batch([1]);
    asked.catch(() => {});
    samples.soon!([2]);
    await samples.close();
    await samples.close();
    await expect(samples.batch([1])).rejects.toThrow(/closed/);
  });

  it.each([
    ['nowhere', /no export named nowhere/],
    ['none', /makes no Samples/],
    ['broken', /no such folder/],
  ])('a module without samples: %s', async (name, message) => {
    const error = await pooled(module, { name }).then(String, (error) => error);
    expect(error).toBeInstanceOf(UnequalError);
    expect(error.message).toMatch(message);
  });

  it.each([
    ['an ES module', (code: string) => code],
    ['CommonJS, where import.meta is empty', (code: string) => code.replaceAll('import.meta.url', '({}).url')],
  ])('a bundle without the file of the threads: %s', async (_, as) => {
    const { folder, file } = await bundled('src/data/pooled.ts');
    try {
      await writeFile(file, as(await readFile(file, 'utf8')));
      const { pooled: ofBundle } = (await import(pathToFileURL(file).href)) as { pooled: typeof pooled };
      await expect(ofBundle(module)).rejects.toThrow(/^pooled\(\) starts threads .*bundle.*--external:unequal/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('a module that is not there, bad options, indices of no sample', async () => {
    await expect(pooled('./not-there.mjs')).rejects.toThrow(/gives no samples in a worker.*not-there/s);
    await expect(pooled(module, { workers: 0 })).rejects.toThrow(UnequalError);
    await expect(pooled(module, { ahead: 1.5 })).rejects.toThrow(UnequalError);
    const samples = await open();
    expect(() => samples.batch([40])).toThrow(/No such sample/);
  });
});
