import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { enlarged } from '../../src/experiments/pretrained.ts';

beforeAll(() => tf.setBackend('cpu'));

test('a network for enlarged pictures sees the small ones as they are resized', () => {
  const network = tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [6, 9, 2] }), tf.layers.dense({ units: 3, activation: 'softmax' })],
  });
  const whole = enlarged(network, 3);
  expect(whole.inputs[0].shape).toEqual([null, 2, 3, 2]);
  const x = tf.randomNormal<tf.Rank.R4>([5, 2, 3, 2], 0, 1, 'float32', 1);
  const wanted = network.predict(tf.image.resizeBilinear(x, [6, 9])) as tf.Tensor;
  const got = whole.predict(x) as tf.Tensor;
  expect(tf.max(tf.abs(tf.sub(got, wanted))).dataSync()[0]).toBeLessThan(1e-6);
  // Its weights are those of the network, to be trained.
  expect(whole.trainableWeights).toHaveLength(network.trainableWeights.length);
});
