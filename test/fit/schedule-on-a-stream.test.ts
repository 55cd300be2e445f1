import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitArgs, FitDatasetArgs } from '../../src/fit/options.ts';
import { decayed } from '../../src/methods/decayed.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { cosineDecay, stepDecay, warmUp } from '../../src/methods/schedule.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => vi.restoreAllMocks());

const { x, y, n } = digits();
const quiet = { engine: 'eager', verbose: 0, method: uniform(), seed: 1 } as const;
const rows = Array.from({ length: n }, (_, i) => ({
  xs: Array.from(x.data.slice(i * 8, i * 8 + 8)),
  ys: Array.from(y.data.slice(i * 3, i * 3 + 3)),
}));

/** Four batches, the last one smaller; tf.data knows how many. */
const sized = () => tf.data.array(rows).batch(16);
/** The same as a generator, which nobody knows the length of. */
const unsized = () =>
  tf.data
    .generator(function* () {
      yield* rows;
    })
    .batch(16);

async function rates(data: tf.data.Dataset<tf.TensorContainer> | undefined, args: FitDatasetArgs) {
  const found: number[] = [];
  const all = {
    ...quiet,
    ...args,
    onStep: ({ learningRate }: { learningRate: number }) => void found.push(learningRate),
  };
  const model = classifier(tf.train.sgd(0.1));
  if (data) await fitDataset(model, data, all);
  else await fit(model, x, y, { ...(all as FitArgs), batchSize: 16 });
  return found;
}

describe('the learning rate of each step of a stream is that of the same samples in fit', () => {
  it.each([
    ['cosineDecay', { schedule: cosineDecay() }],
    ['warmUp', { schedule: warmUp(0.5) }],
    ['stepDecay', { schedule: stepDecay([0.25, 0.5], 2) }],
    ['decayed', { method: decayed(uniform()) }],
  ])('with %s', async (_, args) => {
    for (const epochs of [1, 3]) {
      const wanted = await rates(undefined, { ...args, epochs });
      expect(new Set(wanted).size).toBeGreaterThan(1);
      const got = await rates(sized(), { ...args, epochs });
      expect(got.length).toBe(4 * epochs);
      for (const [k, rate] of wanted.entries()) expect(got[k]).toBeCloseTo(rate, 12);
    }
  });

  it('from the second epoch on where the length is not known before; said once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const wanted = await rates(undefined, { schedule: cosineDecay(), epochs: 3 });
    expect(warn).not.toHaveBeenCalled();
    const got = await rates(unsized(), { schedule: cosineDecay(), epochs: 3 });
    expect(got.slice(0, 4)).toEqual([0.1, 0.1, 0.1, 0.1]);
    for (let k = 4; k < 12; k++) expect(got[k]).toBeCloseTo(wanted[k], 12);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([expect.stringMatching(/stands still in the first epoch/)]);
  });

  it('and nothing is said where nothing goes by it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await rates(unsized(), { epochs: 2 });
    await rates(unsized(), { epochs: 2, batchesPerEpoch: 2, schedule: cosineDecay() });
    expect(warn).not.toHaveBeenCalled();
  });

  it('also resumed within an epoch', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const folder = mkdtempSync(join(tmpdir(), 'unequal-'));
    const path = join(folder, 'run');
    const args = { epochs: 3, schedule: cosineDecay() };
    const wanted = await rates(unsized(), args);
    const stop = new AbortController();
    let steps = 0;
    await fitDataset(classifier(tf.train.sgd(0.1)), unsized(), {
      ...{ ...quiet, ...args, checkpoint: { path }, signal: stop.signal },
      onStep: () => void (++steps === 6 && stop.abort()),
    });
    expect(steps).toBe(6);
    expect(await rates(unsized(), { ...args, resume: path })).toEqual(wanted.slice(6));
    rmSync(folder, { recursive: true });
  });
});

it('a step by importance moves the schedule as far as the samples that it looked at', async () => {
  const shares: number[] = [];
  await rates(tf.data.array(rows).batch(5), {
    ...{ epochs: 2, method: importance({ start: 'always', presample: 3 }) },
    schedule: (share) => {
      shares.push(share);
      return 1;
    },
  });
  // After those of the check: 12 batches, 3 a step.
  for (const [k, share] of shares.slice(-8).entries()) expect(share).toBeCloseTo(k / 8, 8);
});

it.each([0, 1, 100])('a stream that says it has %i batches is read to its end all the same', async (size) => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const data = Object.assign(unsized(), { size });
  expect((await rates(data, { epochs: 2, schedule: cosineDecay() })).length).toBe(8);
});
