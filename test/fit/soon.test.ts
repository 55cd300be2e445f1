import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import type { Samples } from '../../src/data/samples.ts';
import { subset } from '../../src/data/subset.ts';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { storedScores } from '../../src/methods/selection/stored-scores.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

const { x, y, n } = digits();
let folder: string;
const unhandled = vi.fn();
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
  process.on('unhandledRejection', unhandled);
  return () => process.off('unhandledRejection', unhandled);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await new Promise((done) => setImmediate(done));
  expect(unhandled).not.toHaveBeenCalled();
});

/** Samples that note what they are asked for and told. */
function noting(soon?: Samples['soon']): Samples & { asked: string[]; told: string[] } {
  const all = arraySamples(x, y);
  const [asked, told]: string[][] = [[], []];
  return {
    asked,
    told,
    length: n,
    batch: (indices) => {
      asked.push(String(Array.from(indices)));
      return all.batch(indices);
    },
    ...(soon && {
      soon: (indices: ArrayLike<number>) => {
        told.push(String(Array.from(indices)));
        return soon(indices);
      },
    }),
  };
}

const methods = {
  uniform: uniform(),
  fresh: importance({ scores: 'fresh', start: 'always', presample: 2 }),
  'stored, ahead': importance({ start: 'always', ahead: true }),
  'over all, ahead': storedScores({ ahead: true }),
};
const common = { engine: 'eager', verbose: 0, batchSize: 8, epochs: 3, seed: 5 } as const;

async function trained(samples: Samples, args: FitArgs) {
  const model = classifier();
  const history = await fit(model, samples, { ...common, ...args });
  return { weights: values(model), history: history.history };
}

describe.each(Object.entries(methods))('%s', (_, method) => {
  it('trains the same with and without a hint, on the same batches in the same order', async () => {
    const [plain, hinted] = [noting(), noting(() => {})];
    const args = { method, validationSplit: 0.25 };
    expect(await trained(hinted, args)).toEqual(await trained(plain, args));
    expect(hinted.asked).toEqual(plain.asked);
    expect(hinted.told.length).toBeGreaterThan(0);
  });

  it('trains the same if the reader sorts what it is asked for, to read in one direction', async () => {
    const all = arraySamples(x, y);
    const sort = (indices: ArrayLike<number>) => void (indices as Int32Array).sort();
    const sorting: Samples = {
      length: n,
      batch: (indices) => {
        const given = all.batch(indices);
        sort(indices);
        return given;
      },
      soon: sort,
    };
    const picked: string[][] = [[], []];
    const noted = (k: number) => ({
      method,
      onStep: ({ indices }: { indices: ArrayLike<number> }) => void picked[k].push(String(Array.from(indices))),
    });
    expect(await trained(sorting, noted(0))).toEqual(await trained(all, noted(1)));
    expect(picked[0]).toEqual(picked[1]);
  });

  it('goes on from a checkpoint to the same bit, hinted or not', async () => {
    const path = join(folder, 'run.ckpt');
    const whole = await trained(noting(), { method });
    const abort = new AbortController();
    const stop = { onStep: ({ step }: { step: number }) => void (step === 9 && abort.abort()) };
    await trained(
      noting(() => {}),
      { method, ...stop, signal: abort.signal, checkpoint: { path } },
    );
    const resumed = await trained(
      noting(() => {}),
      { method, resume: path },
    );
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.history).toEqual(whole.history);
  });
});

it('every batch but the first is told before it is asked for, in its order', async () => {
  const samples = noting(() => {});
  await trained(samples, { method: uniform() });
  // Two looks at the samples come before training; the first step is told by nobody.
  const steps = samples.asked.slice(-3 * Math.ceil(n / 8));
  expect(samples.told).toEqual(steps.slice(1));
});

it('reaches the samples under a subset, by their own indices', () => {
  const samples = noting(() => {});
  subset(samples, [5, 3, 1]).soon!([2, 0]);
  expect(samples.told).toEqual(['1,5']);
});

it('a hint that throws or rejects is told, and nothing is left unhandled', async () => {
  const throwing = noting(() => {
    throw new Error('no thread left');
  });
  const error = await trained(throwing, { method: uniform() }).then(String, (error) => error);
  expect(error).toBeInstanceOf(UnequalError);
  expect(error.message).toMatch(/soon\(\) of the samples .* failed: got no thread left/);
  const rejecting = noting((async () => {
    throw new Error('no thread left');
  }) as Samples['soon']);
  await expect(trained(rejecting, { method: uniform() })).rejects.toThrow(/soon\(\).*no thread left/);
});
