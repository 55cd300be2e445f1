import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../../src/data/samples.ts';
import type { ModelBatch } from '../../src/learner/batch.ts';
import { Random } from '../../src/sampling/random.ts';

/** Samples of the batch. */
export const n = 6;
const random = new Random(5);
const normal = (shape: number[]): NdArray => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  shape,
  dtype: 'float32',
});
export const batch: ModelBatch = { size: n, xs: [normal([n, 4, 4, 1])], ys: [normal([n, 3])] };
batch.ys[0].data.fill(0);
for (let i = 0; i < n; i++) batch.ys[0].data[i * 3 + (i % 3)] = 1;

/** Convolution, batch norm, dropout, a regulariser: all that a step touches. */
export function network(optimizer: tf.Optimizer = tf.train.adam(0.01)): tf.LayersModel {
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [4, 4, 1], kernelInitializer: init(1) }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.4 }),
      tf.layers.dense({
        units: 3,
        activation: 'softmax',
        kernelInitializer: init(2),
        kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
      }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** Without the parts that see other samples of the batch, or draw. */
export function plain(optimizer: tf.Optimizer = tf.train.sgd(0.1)): tf.LayersModel {
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [4, 4, 1] }),
      tf.layers.dense({
        units: 5,
        activation: 'tanh',
        kernelInitializer: init(1),
        kernelRegularizer: tf.regularizers.l2({ l2: 0.05 }),
      }),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: init(2) }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  return model;
}
