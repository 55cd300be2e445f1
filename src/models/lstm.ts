import * as tf from '@tensorflow/tfjs';

export interface LstmOptions {
  /** Length of the sequence: 784 for MNIST read pixel by pixel. */
  steps?: number;
  /** Numbers read in one step. */
  features?: number;
  units?: number;
  classes?: number;
  /** Seeds the initial weights; without it they differ from call to call. */
  seed?: number;
}

/**
 * The recurrent network of the permuted-MNIST experiment: one LSTM of 128 units whose last state is classified by a softmax.
 * The recurrent kernel starts Glorot-uniform: the orthogonal start of Keras takes TensorFlow.js half a minute at this size.
 *
 * Reference: Katharopoulos & Fleuret (ICML 2018), section 4.4.
 *
 * @example
 * ```ts
 * const network = lstm({ steps: 49, features: 16, seed: 1 });
 * ```
 */
export function lstm({ steps = 784, features = 1, units = 128, classes = 10, seed }: LstmOptions = {}): tf.Sequential {
  const seeded = (i: number) => ({ seed: seed === undefined ? undefined : seed + i }) as { seed: number };
  return tf.sequential({
    layers: [
      tf.layers.lstm({
        units,
        inputShape: [steps, features],
        recurrentActivation: 'sigmoid',
        kernelInitializer: tf.initializers.glorotUniform(seeded(0)),
        recurrentInitializer: tf.initializers.glorotUniform(seeded(1)),
      }),
      tf.layers.dense({
        units: classes,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotUniform(seeded(2)),
      }),
    ],
  });
}
