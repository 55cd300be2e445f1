/** Objects that are given to one fit after the other, and to two at once. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { earlyStopping } from '../../src/fit/early-stopping.ts';
import { fit } from '../../src/fit/fit.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import { learningRateOf } from '../../src/learner/optimizer.ts';
import { cosineDecay } from '../../src/methods/schedule.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const x = tf.randomNormal([64, 3], 0, 1, 'float32', 1);
const y = tf.sum(x, 1, true);
const args = { epochs: 4, batchSize: 16, verbose: 0, seed: 1, method: uniform() } as const;

function make(optimizer: tf.Optimizer = tf.train.sgd(0.02)): tf.Sequential {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3], kernelInitializer: 'ones' })] });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
}

it('ReduceLROnPlateau begins anew with each fit', async () => {
  const plateau = new ReduceLROnPlateau({ monitor: 'loss', patience: 1, factor: 0.1 });
  // The second fit's losses are a hundred times those of the first, and fall.
  for (const targets of [y, tf.mul(y, 10)]) {
    const model = make();
    const { history } = await fit(model, x, targets, { ...args, callbacks: plateau });
    const losses = history.loss as number[];
    expect(losses.every((loss, k) => k === 0 || loss < losses[k - 1] - 1e-4)).toBe(targets !== y);
    if (targets !== y) expect(learningRateOf(model.optimizer)).toBeCloseTo(0.02, 6);
  }
});

describe('a callback that keeps what it sees of a run', () => {
  it('is refused by a second fit at once, and not by one after the other', async () => {
    const stopping = earlyStopping({ monitor: 'loss', patience: 2 });
    const first = fit(make(), x, y, { ...args, callbacks: stopping });
    const second = fit(make(), x, y, { ...args, callbacks: [{}, stopping] });
    await expect(second).rejects.toThrow(/EarlyStopping is in another fit.*one of its own/);
    await first;
    await fit(make(), x, y, { ...args, callbacks: stopping });
  });

  it('is let go of by a fit that fails', async () => {
    const stopping = earlyStopping({ monitor: 'nothing' });
    const failing = {
      onEpochEnd: async () => {
        throw new Error('stop');
      },
    };
    await expect(fit(make(), x, y, { ...args, callbacks: [stopping, failing] })).rejects.toThrow('stop');
    await fit(make(), x, y, { ...args, callbacks: stopping });
  });

  it('TensorFlow.js’s own and functions may be shared, as with model.fit', async () => {
    let ends = 0;
    const callbacks = { onEpochEnd: async () => void ends++ };
    await Promise.all([make(), make()].map((model) => fit(model, x, y, { ...args, callbacks })));
    expect(ends).toBe(8);
  });
});

it.each([
  ['two schedules', cosineDecay(), cosineDecay()],
  ['a schedule beside none', cosineDecay(), undefined],
  ['none beside a schedule', undefined, cosineDecay()],
])('the rate of one optimizer is not set in two fits at once: %s', async (_, schedule, another) => {
  const optimizer = tf.train.sgd(0.02);
  const [one, other] = [make(optimizer), make(optimizer)];
  const first = fit(one, x, y, { ...args, schedule });
  const second = fit(other, x, y, { ...args, schedule: another });
  await expect(second).rejects.toThrow(/two fits train with at once.*an optimizer of its own/);
  await first;
  await fit(other, x, y, { ...args, schedule: another });
  expect(learningRateOf(optimizer)).toBeCloseTo(0.02, 6);
});

it('one optimizer trains two models at once where no schedule sets its rate', async () => {
  const optimizer = tf.train.sgd(0.02);
  await Promise.all([make(optimizer), make(optimizer)].map((model) => fit(model, x, y, args)));
});
