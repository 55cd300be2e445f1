/** Small networks, their samples and a training of them, in Node and in a browser alike. */
import * as tf from '@tensorflow/tfjs';
import { type FitArgs, fit } from '../../src/index.ts';

const samples = 60;
export const x = tf.randomNormal([samples, 8, 8, 2], 0, 1, 'float32', 3);
const labels = Int32Array.from({ length: samples }, (_, i) => (i * 7) % 3);
export const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 3).toFloat();

const glorot = (seed: number) => tf.initializers.glorotUniform({ seed });

export function mlp(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [8, 8, 2] }),
      tf.layers.dense({ units: 16, activation: 'relu', kernelInitializer: glorot(1) }),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: glorot(2) }),
    ],
  });
}

/** Without biases before normalisation, whose gradients are rounding errors. */
export function cnn(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 6,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        inputShape: [8, 8, 2],
        kernelInitializer: glorot(1),
      }),
      tf.layers.batchNormalization({}),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 8, kernelSize: 3, useBias: false, kernelInitializer: glorot(2) }),
      tf.layers.batchNormalization({}),
      tf.layers.reLU(),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: glorot(3) }),
    ],
  });
}

export const networks = { mlp, cnn };

export const optimizers = {
  momentum: () => tf.train.momentum(0.05, 0.9),
  adam: () => tf.train.adam(0.01),
};

export interface Trained {
  readonly loss: number[];
  /** Weights, and the optimizer's slots. */
  readonly values: number[][];
}

/** Trains one, and returns what came of it. */
export async function train(
  make: () => tf.LayersModel,
  optimizer: () => tf.Optimizer,
  args: FitArgs,
): Promise<Trained> {
  const model = make();
  model.compile({ optimizer: optimizer(), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const { history } = await fit(model, x, y, {
    ...{ engine: 'compiled', batchSize: 20, epochs: 3, seed: 1, verbose: 0 },
    ...args,
  });
  const slots = (await model.optimizer.getWeights()).slice(1).map(({ tensor }) => tensor);
  const values = [...model.getWeights(), ...slots].map((w) => Array.from(w.dataSync()));
  return { loss: history.loss as number[], values };
}
