import * as tf from '@tensorflow/tfjs';

export interface MlpOptions {
  inputSize?: number;
  hidden?: number[];
  classes?: number;
  /** Seeds the initial weights; without it they differ from call to call. */
  seed?: number;
}

/**
 * A multi-layer perceptron with ReLU between its layers and a softmax at its end; 784-512-512-512-10 unless told otherwise.
 *
 * @example
 * ```ts
 * const network = mlp({ inputSize: 2, hidden: [32, 32], classes: 3, seed: 1 });
 * ```
 */
export function mlp({ inputSize = 784, hidden = [512, 512, 512], classes = 10, seed }: MlpOptions = {}): tf.Sequential {
  const layers = [...hidden, classes].map((units, i) =>
    tf.layers.dense({
      units,
      activation: i < hidden.length ? 'relu' : 'softmax',
      kernelInitializer: tf.initializers.heNormal({ seed: seed === undefined ? undefined : seed + i } as {
        seed: number;
      }),
      ...(i === 0 ? { inputShape: [inputSize] } : {}),
    }),
  );
  return tf.sequential({ layers });
}
