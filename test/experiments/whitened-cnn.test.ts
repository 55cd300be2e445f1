import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { whitenedCnn } from '../../src/experiments/whitened-cnn.ts';

let model: tf.LayersModel;
let pictures: tf.Tensor4D;
beforeAll(async () => {
  await tf.setBackend('cpu');
  // Neighbours are alike, and so are the channels.
  pictures = tf.tidy(() => {
    const noise = tf.randomNormal<tf.Rank.R4>([20, 32, 32, 3], 0, 1, 'float32', 1);
    const grey = tf.randomNormal<tf.Rank.R4>([20, 32, 32, 1], 0, 1, 'float32', 2);
    return tf.avgPool(tf.add<tf.Tensor4D>(tf.mul(noise, 0.3), grey), 3, 1, 'same');
  });
  model = await whitenedCnn(pictures, 10, 1);
});

test('patches come out of the first layer with equal variances and uncorrelated, and of both signs', () => {
  const [filters] = model.layers[0].getWeights() as [tf.Tensor4D];
  expect(model.layers[0].trainable).toBe(false);
  const out = tf.conv2d(pictures, filters, 1, 'valid').reshape<tf.Tensor2D>([-1, 24]);
  const half = tf.slice(out, [0, 0], [-1, 12]);
  const covariance = tf.matMul(half, half, true).div(half.shape[0]).mul(12).arraySync() as number[][];
  for (const [i, row] of covariance.entries()) {
    // The least of the variances is a few times what is added to each of them.
    for (const [j, value] of row.entries()) expect(Math.abs(value - Number(i === j))).toBeLessThan(0.2);
  }
  const other = tf.slice(out, [0, 12], [-1, 12]);
  expect(tf.add(half, other).abs().max().dataSync()[0]).toBeLessThan(1e-5);
});

test('convolutions pass their channels on before they have learned', () => {
  const x = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 32], 0, 1, 'float32', 3);
  const [, , second, third] = model.layers.filter((layer) => layer.getClassName() === 'Conv2D');
  const kernel = second.getWeights()[0] as tf.Tensor4D;
  expect(kernel.shape).toEqual([3, 3, 32, 32]);
  expect(tf.conv2d(x, kernel, 1, 'same').dataSync()).toEqual(x.dataSync());
  const drawn = third.getWeights()[0] as tf.Tensor4D;
  expect(tf.slice(drawn, [0, 0, 0, 32], [3, 3, 32, 96]).abs().min().dataSync()[0]).toBeGreaterThan(0);
  expect(model.outputShape).toEqual([null, 10]);
});
