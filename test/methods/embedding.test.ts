import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { LabelledImages } from '../../src/data/images.ts';
import { mnist } from '../../src/data/load.ts';
import { fit } from '../../src/fit/fit.ts';
import { semiHardMining } from '../../src/methods/mining/hard-mining.ts';
import { tripletLoss } from '../../src/methods/mining/triplet-loss.ts';
import { stepDecay } from '../../src/methods/schedule.ts';
import { nearestNeighbourError } from '../support/nearest-neighbour.ts';
import { useWasm } from '../support/wasm.ts';

const width = 16;

/** A small convolutional embedding of 28 × 28 digits. */
function embedding(): tf.LayersModel {
  const init = (seed: number) => tf.initializers.heNormal({ seed });
  const conv = { strides: 2, padding: 'same', activation: 'relu' } as const;
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ ...conv, filters: 8, kernelSize: 5, inputShape: [28, 28, 1], kernelInitializer: init(1) }),
      tf.layers.conv2d({ ...conv, filters: 16, kernelSize: 3, kernelInitializer: init(2) }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 64, activation: 'relu', kernelInitializer: init(3) }),
      tf.layers.dense({ units: width, kernelInitializer: init(4) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.003), loss: tripletLoss({ margin: 1 }) as unknown as string });
  return model;
}

async function embed(model: tf.LayersModel, samples: LabelledImages, count: number) {
  const indices = Int32Array.from({ length: count }, (_, i) => i);
  const { xs } = await samples.batch(indices);
  const values = tf.tidy(() => {
    const x = tf.tensor4d(xs.data, xs.shape as [number, number, number, number]);
    return (model.predict(x, { batchSize: 500 }) as tf.Tensor).dataSync<'float32'>();
  });
  return { values, labels: samples.labels.subarray(0, count) };
}

const steps = 1000;

it('semi-hard triplets embed MNIST so that the nearest neighbour errs on less than 3 %', {
  timeout: 180_000,
}, async () => {
  await useWasm();
  const { train, test } = await mnist();
  const model = embedding();
  const batchSize = 96;
  const epochs = Math.ceil((steps * batchSize) / train.length);
  const share = steps / (epochs * Math.ceil(train.length / batchSize));
  const decay = stepDecay([0.5, 0.8], 4);
  await fit(model, train, {
    ...{ method: semiHardMining({ presample: 2, margin: 1 }), batchSize, epochs, seed: 1, verbose: 0 },
    schedule: (progress) => decay(Math.min(1, progress / share)),
    onStep: ({ step }) => {
      if (step + 1 === steps) model.stopTraining = true;
    },
  });
  const error = nearestNeighbourError(await embed(model, train, 10_000), await embed(model, test, 10_000), width);
  expect(error).toBeLessThan(0.03);
});
