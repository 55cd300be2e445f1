/** Which losses pull without a bound at samples far from their targets. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { EagerLearner } from '../../src/learner/eager.ts';

beforeAll(() => tf.setBackend('cpu'));

type Loss = string | ((t: tf.Tensor, p: tf.Tensor) => tf.Tensor);
const focal = (t: tf.Tensor, p: tf.Tensor) => {
  const q = tf.clipByValue(p, 1e-6, 1 - 1e-6);
  return tf.sum(tf.mul(tf.mul(t, tf.square(tf.sub(1, q))), tf.neg(tf.log(q))), -1);
};
const unclipped = (t: tf.Tensor, p: tf.Tensor) =>
  tf.neg(tf.mean(tf.add(tf.mul(t, tf.log(p)), tf.mul(tf.sub(1, t), tf.log(tf.sub(1, p)))), -1)) as tf.Tensor;
/** Of what is there: −1 is missing. */
const masked = (t: tf.Tensor, p: tf.Tensor) =>
  tf.mean(tf.mul(tf.cast(tf.notEqual(t, -1), 'float32'), tf.square(tf.sub(t, p))), -1) as tf.Tensor;
const squares = (t: tf.Tensor, p: tf.Tensor) => tf.mean(tf.square(tf.sub(t, p)), -1);
const huber = (t: tf.Tensor, p: tf.Tensor) =>
  tf.losses.huberLoss(t, p, undefined, undefined, tf.Reduction.NONE).mean(-1) as tf.Tensor;

const classes = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1], 'int32'), 3).toFloat();
const numbers = tf.tensor2d([
  [0.1, 2, -3],
  [1, 1, 1],
  [-0.4, 0, 5],
  [2, 2, 2],
  [0.5, -1, 0],
]);

const mostlyMissing = tf.concat([tf.fill([9, 3], -1), numbers]) as tf.Tensor2D;

it.each<[string, Loss, 'softmax' | 'sigmoid' | 'linear', tf.Tensor, boolean]>([
  ['cross-entropy', 'categoricalCrossentropy', 'softmax', classes, true],
  [
    'cross-entropy by class indices',
    'sparseCategoricalCrossentropy',
    'softmax',
    tf.tensor2d([[0], [1], [2], [0], [1]]),
    true,
  ],
  ['binary cross-entropy', 'binaryCrossentropy', 'sigmoid', classes, true],
  ['a focal loss of one’s own', focal, 'softmax', classes, true],
  ['a binary cross-entropy of one’s own without clipping', unclipped, 'sigmoid', classes, true],
  ['the squared error of probabilities', 'meanSquaredError', 'sigmoid', classes, true],
  ['the absolute error', 'meanAbsoluteError', 'linear', numbers, true],
  ['Huber’s loss', huber, 'linear', numbers, true],
  ['the squared error', 'meanSquaredError', 'linear', numbers, false],
  ['the squared error of large numbers', 'meanSquaredError', 'linear', tf.mul(numbers, 1e6), false],
  ['the squared error of what is there', masked, 'linear', mostlyMissing, false],
  ['squares of one’s own', squares, 'linear', numbers, false],
])('%s: %s %s', (_, loss, activation, y, expected) => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, activation, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: loss as string });
  const data = Float32Array.from(y.dataSync());
  const ys = [{ data, shape: y.shape, dtype: 'float32' as const }];
  const xs = [{ data: new Float32Array(2 * y.shape[0]), shape: [y.shape[0], 2], dtype: 'float32' as const }];
  const before = tf.memory().numTensors;
  expect(new EagerLearner(model).hasBoundedScores({ size: y.shape[0], xs, ys })).toBe(expected);
  expect(tf.memory().numTensors).toBe(before);
});

it('losses have none', () => {
  const model = tf.sequential({ layers: [tf.layers.simpleRNN({ units: 3, inputShape: [2, 1] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const ys = [{ data: Float32Array.from(numbers.dataSync()), shape: [5, 3], dtype: 'float32' as const }];
  const xs = [{ data: new Float32Array(10), shape: [5, 2, 1], dtype: 'float32' as const }];
  expect(new EagerLearner(model).hasBoundedScores({ size: 5, xs, ys })).toBe(false);
});
