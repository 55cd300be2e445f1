/** Weights that callbacks set while Katyusha trains: the next step is made from these. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { katyusha } from '../../src/methods/variance-reduced/katyusha.ts';

beforeAll(() => tf.setBackend('cpu'));

const x = tf.randomNormal<tf.Rank.R2>([64, 2], 0, 1, 'float32', 1);
const y = tf.mul(tf.sum(x, 1, true), 3);
const args = { batchSize: 16, verbose: 0, seed: 1, method: katyusha() } as const;

function make(): tf.Sequential {
  const layer = tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'zeros', useBias: false });
  const model = tf.sequential({ layers: [layer] });
  model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
  return model;
}

const kernel = (model: tf.LayersModel) => Array.from(model.getWeights()[0].dataSync());
const change = (model: tf.LayersModel, f: (w: tf.Tensor) => tf.Tensor) =>
  tf.tidy(() => model.setWeights([f(model.getWeights()[0])]));

it('a step goes on from weights that were cut', async () => {
  const model = make();
  const after: number[] = [];
  const onBatchEnd = async () => {
    after.push(Math.max(...kernel(model)));
    change(model, (w) => tf.clipByValue(w, -0.5, 0.5));
  };
  await fit(model, x, y, { ...args, epochs: 6, callbacks: { onBatchEnd } });
  // The gradient at 0.5 is about 5, so that a step comes to 0.75; what was dropped would come to 3.
  expect(Math.max(...after)).toBeLessThan(1.2);
  expect(Math.max(...after)).toBeGreaterThan(0.5);
});

it('a resumed run goes on from what a callback has set before the checkpoint', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'unequal-')), 'ck');
  const run = async (model: tf.LayersModel, more: object) => {
    const onEpochEnd = async (epoch: number) => {
      if (epoch === 3) change(model, (w) => tf.mul(w, 0.5));
    };
    await fit(model, x, y, { ...args, epochs: 8, callbacks: { onEpochEnd }, ...more });
    return kernel(model);
  };
  const whole = await run(make(), {});
  await run(make(), { epochs: 4, checkpoint: { path } });
  expect(await run(make(), { resume: path })).toEqual(whole);
});
