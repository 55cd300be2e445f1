import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../../src/data/samples.ts';
import { Random } from '../../src/sampling/random.ts';

/** Samples of 8 numbers in 3 classes that overlap. */
export function digits(n = 60): { x: NdArray; y: NdArray; n: number } {
  const random = new Random(11);
  const x = new Float32Array(n * 8);
  const y = new Float32Array(n * 3);
  for (let i = 0; i < n; i++) {
    const label = random.integer(3);
    y[i * 3 + label] = 1;
    for (let k = 0; k < 8; k++) x[i * 8 + k] = Math.cos(k * (label + 1)) + random.normal();
  }
  return {
    ...{ n, x: { data: x, shape: [n, 8], dtype: 'float32' } },
    y: { data: y, shape: [n, 3], dtype: 'float32' },
  };
}

/** A classifier for them, the same each time. */
export function classifier(optimizer: tf.Optimizer = tf.train.momentum(0.05, 0.9)): tf.LayersModel {
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, activation: 'tanh', inputShape: [8], kernelInitializer: init(1) }),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: init(2) }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** All weights, on the host. */
export function values(model: tf.LayersModel): number[][] {
  return model.getWeights().map((weight) => Array.from(weight.dataSync()));
}
