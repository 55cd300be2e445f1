/** What models with other last layers and losses are made of, and a batch for them. */
import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../../src/data/samples.ts';
import type { ModelBatch } from '../../src/learner/batch.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { Random } from '../../src/sampling/random.ts';

export const n = 7;
export const d = 5;
export const classes = 4;

const random = new Random(3);
export const normal = (shape: number[], scale = 1): NdArray => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()),
  shape,
  dtype: 'float32',
});
export const oneHot = (labels: number[], width: number): NdArray => {
  const data = new Float32Array(labels.length * width);
  for (const [i, label] of labels.entries()) data[i * width + label] = 1;
  return { data, shape: [labels.length, width], dtype: 'float32' };
};
export const x = normal([n, d], 1.5);
export const labels = [0, 1, 2, 3, 0, 1, 2];
export const y = oneHot(labels, classes);

export function compiled(model: tf.LayersModel, loss: tf.ModelCompileArgs['loss']): tf.LayersModel {
  model.compile({ optimizer: tf.train.sgd(0.1), loss });
  return model;
}

export const input = (shape: number[] = [d]) => tf.input({ shape });
export const dense = (units: number, seed: number, activation?: 'softmax' | 'sigmoid' | 'relu' | 'tanh') =>
  tf.layers.dense({ units, activation, kernelInitializer: tf.initializers.glorotNormal({ seed }) });

export const scores = (model: tf.LayersModel, batch: ModelBatch = { size: n, xs: [x], ys: [y] }) =>
  new EagerLearner(model).scores(batch, 'upper-bound');
