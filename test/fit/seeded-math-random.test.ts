/** A program that seeds `Math.random` gets the batches of `model.fit` by uniform sampling, and the same numbers afterwards. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { decayed } from '../../src/methods/decayed.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  await tf.setBackend('cpu');
});

const { random } = Math;
afterEach(() => {
  Math.random = random;
});

/** As `seedrandom('…', { global: true })` does. */
function seed(state: number): void {
  Math.random = () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const x = tf.randomNormal([23, 4], 0, 1, 'float32', 1);
const y = x.slice([0, 0], [23, 1]).mul(2);

type Train = (model: tf.LayersModel, args: tf.ModelFitArgs) => Promise<tf.History>;
const byModelFit: Train = (model, args) => model.fit(x, y, args);
const byFit: Train = (model, args) => fit(model, x, y, { method: uniform(), ...args } as FitArgs);

/** What a program of two fits sees, and what it draws afterwards. */
async function seenBy(train: Train, args: tf.ModelFitArgs, layers: tf.layers.Layer[] = []): Promise<number[]> {
  seed(7);
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [4], activation: 'tanh' }),
      ...layers,
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const losses: number[] = [];
  const callbacks = { onBatchEnd: async (_: number, logs?: tf.Logs) => void losses.push(logs!.loss) };
  await train(model, { epochs: 3, batchSize: 5, verbose: 0, callbacks, ...args });
  await train(model, { epochs: 1, batchSize: 5, verbose: 0, callbacks, ...args });
  return [...losses, Math.random()];
}

describe.each([
  ['shuffled', {}],
  ['in order', { shuffle: false }],
  ['with validation', { validationSplit: 0.3 }],
])('%s', (_, args) => {
  it('batches and later numbers are those of model.fit', async () => {
    const [theirs, ours] = [await seenBy(byModelFit, args), await seenBy(byFit, args)];
    expect(ours.length).toBe(theirs.length);
    for (const [k, value] of theirs.entries()) expect(ours[k]).toBeCloseTo(value, 4);
    expect(ours.at(-1)).toBe(theirs.at(-1));
  });
});

it('a run with dropout is the same again', async () => {
  const args = {};
  const runs = [await seenBy(byFit, args, [dropout()]), await seenBy(byFit, args, [dropout()])];
  expect(runs[0]).toEqual(runs[1]);
});

it('runs with dropout differ where nothing is seeded', async () => {
  const masks = async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dropout({ rate: 0.5, inputShape: [4] }),
        tf.layers.dense({ units: 1, kernelInitializer: 'ones' }),
      ],
    });
    model.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
    const { history } = await byFit(model, { epochs: 1, shuffle: false, verbose: 0 });
    return history.loss[0];
  };
  expect(await masks()).not.toBe(await masks());
});

const dropout = () => tf.layers.dropout({ rate: 0.3 });

it('history has a seed only where something was drawn by it', async () => {
  const model = () => {
    const made = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return made;
  };
  const args = { epochs: 1, verbose: 0 } as const;
  expect((await fit(model(), x, y, { ...args, method: uniform() })).setup?.seed).toBeUndefined();
  expect((await fit(model(), x, y, { ...args, method: uniform(), seed: 3 })).setup?.seed).toBe(3);
  expect((await fit(model(), x, y, args)).setup?.seed).toBeTypeOf('number');
  // Whatever it is called, and whatever rate it has.
  expect((await fit(model(), x, y, { ...args, method: decayed(uniform()) })).setup?.seed).toBeUndefined();
  const named = importance({ name: 'uniform' });
  expect((await fit(model(), x, y, { ...args, method: named })).setup?.seed).toBeTypeOf('number');
});
