/** A small task that the examples share: three arms of points that wind around each other, and a network for them. */
import * as tf from '@tensorflow/tfjs';
import { arraySamples, oneHot } from 'unequal/data';
import { mlp } from 'unequal/models';
import { Random } from 'unequal/sampling';

export const classes = 3;

/**
 * `count` points of the plane, `[count, 2]`, and their classes, as tensors, as plain lists and as `Samples`.
 *
 * @param {number} count
 */
export function arms(count, seed = 1) {
  const random = new Random(seed);
  /** @type {[number[][], number[]]} */
  const [points, labels] = [[], []];
  for (let i = 0; i < count; i++) {
    const r = 0.1 + 0.9 * random.uniform();
    const angle = 4 * r + ((i % classes) * 2 * Math.PI) / classes + 0.1 * random.normal();
    points.push([r * Math.cos(angle), r * Math.sin(angle)]);
    labels.push(i % classes);
  }
  const xs = { data: Float32Array.from(points.flat()), shape: [count, 2], dtype: /** @type {const} */ ('float32') };
  /** @type {[tf.Tensor, tf.Tensor]} */
  const pair = [tf.tensor2d(points), tf.oneHot(labels, classes).toFloat()];
  const [x, y] = pair;
  return {
    ...{ points, labels, x, y, pair },
    samples: arraySamples(xs, oneHot(labels, [...labels.keys()], classes)),
  };
}

/** @param {tf.Optimizer} optimizer */
export function makeModel(optimizer = tf.train.momentum(0.05, 0.9)) {
  const model = mlp({ inputSize: 2, hidden: [32, 32], classes, seed: 1 });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}
