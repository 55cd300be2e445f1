import * as tf from '@tensorflow/tfjs';

export interface SmallCnnOptions {
  /** Height, width and channels of one image; height and width divisible by 4. */
  inputShape?: [number, number, number];
  classes?: number;
  /** Seeds the initial weights; without it they differ from call to call. */
  seed?: number;
}

/**
 * The small convolutional network: 3×3 convolutions of 32, 32 and 64 filters ("same" padding, ReLU), a 2×2 max pool after the second
 * and the third, a dense layer of 128 and a softmax. 554,346 parameters at 32×32×3 and ten classes.
 *
 * @example
 * ```ts
 * const network = smallCnn({ inputShape: [32, 32, 3], classes: 10, seed: 1 });
 * ```
 */
export function smallCnn({ inputShape = [32, 32, 3], classes = 10, seed }: SmallCnnOptions = {}): tf.Sequential {
  const init = (layer: number) =>
    tf.initializers.heNormal({ seed: seed === undefined ? undefined : seed + layer } as { seed: number });
  const conv = (layer: number, filters: number, extra: object = {}) =>
    tf.layers.conv2d({
      filters,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: init(layer),
      ...extra,
    });
  return tf.sequential({
    layers: [
      conv(0, 32, { inputShape }),
      conv(1, 32),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      conv(2, 64),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 128, activation: 'relu', kernelInitializer: init(3) }),
      tf.layers.dense({ units: classes, activation: 'softmax', kernelInitializer: init(4) }),
    ],
  });
}
