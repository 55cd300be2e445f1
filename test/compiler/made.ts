/** Compiled functions for a test, disposed after it, and a small network to train. */
import * as tf from '@tensorflow/tfjs';
import { afterEach } from 'vitest';
import { type Compiled, compile } from '../../src/compiler/index.ts';
import { noise, seedWeights } from './agree.ts';

export type Tensors = Record<string, tf.Tensor>;

const open: Compiled[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((c) => c.dispose()));
});

export const made: typeof compile = (...args) => {
  const compiled = compile(...args);
  open.push(compiled);
  return compiled;
};

export const squaredError = (y: tf.Tensor, p: tf.Tensor): tf.Tensor => y.sub(p).square().sum(-1);
export const signature = { x: { shape: [null, 4] }, y: { shape: [null, 2] } };
export const batch = (n = 5, seed = 1): Tensors => ({ x: noise([n, 4], seed), y: noise([n, 2], seed + 1) });

export function network(...middle: tf.layers.Layer[]): tf.LayersModel {
  const layers = [
    tf.layers.dense({ units: 3, activation: 'tanh', inputShape: [4] }),
    ...middle,
    tf.layers.dense({ units: 2 }),
  ];
  const model = tf.sequential({ layers });
  seedWeights(model);
  return model;
}
