import * as tf from '@tensorflow/tfjs';

export interface SmallModelOptions {
  /** Of one input: [features], [steps, features] or [height, width, channels]. */
  inputShape: readonly number[];
  /** Classes, or numbers to predict. */
  outputs: number;
  task?: 'classification' | 'regression';
  /** Words of a vocabulary, where the input is a sequence of their numbers. */
  vocabulary?: number;
  /** Seeds the initial weights; without it they differ from call to call. */
  seed?: number;
}

/** Pictures are halved until their longer side is no more than this. */
const SMALLEST = 7;

/**
 * A small network that fits the shape of the data: for pictures 3×3 convolutions of 16 to 64 filters, halved by max pools,
 * and a dense layer of 64; for series of numbers two convolutions of 32 filters over the steps; for words an embedding of
 * 32 that is averaged; for all else dense layers of 64 and 32. At its end is a softmax, or nothing for regression.
 *
 * @example
 * ```ts
 * const network = smallModel({ inputShape: [64, 64, 3], outputs: 5, seed: 1 });
 * ```
 */
export function smallModel({
  inputShape,
  outputs,
  task = 'classification',
  vocabulary,
  seed,
}: SmallModelOptions): tf.Sequential {
  let drawn = 0;
  const init = () => ({ seed: seed === undefined ? undefined : 100 * seed + drawn++ }) as { seed: number };
  const he = () => ({ kernelInitializer: tf.initializers.heNormal(init()) });
  const model = tf.sequential();
  // The first layer is told the shape of the inputs.
  const told = () => (model.layers.length === 0 ? { inputShape: [...inputShape] } : {});
  const dense = (units: number) => model.add(tf.layers.dense({ units, activation: 'relu', ...he(), ...told() }));
  const [height, width] = inputShape;
  if (vocabulary !== undefined) {
    const embeddingsInitializer = tf.initializers.randomUniform({ minval: -0.05, maxval: 0.05, ...init() });
    model.add(tf.layers.embedding({ inputDim: vocabulary, outputDim: 32, embeddingsInitializer, ...told() }));
    model.add(tf.layers.globalAveragePooling1d({}));
  } else if (inputShape.length === 3 && Math.min(height, width) >= 4) {
    let [long, short] = [Math.max(height, width), Math.min(height, width)];
    for (
      let filters = 16;
      model.layers.length === 0 || (long > SMALLEST && short > 1);
      filters *= filters < 64 ? 2 : 1
    ) {
      const convolution = { filters, kernelSize: 3, padding: 'same', activation: 'relu' } as const;
      model.add(tf.layers.conv2d({ ...convolution, ...he(), ...told() }));
      model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
      [long, short] = [Math.floor(long / 2), Math.floor(short / 2)];
    }
    model.add(tf.layers.flatten());
    dense(64);
  } else if (inputShape.length === 2 && height >= 8) {
    const convolution = { filters: 32, kernelSize: 5, padding: 'same', activation: 'relu' } as const;
    for (let k = 0; k < 2; k++) model.add(tf.layers.conv1d({ ...convolution, ...he(), ...told() }));
    model.add(tf.layers.globalMaxPooling1d({}));
  } else {
    if (inputShape.length > 1) model.add(tf.layers.flatten({ ...told() }));
    dense(64);
  }
  if (!(inputShape.length === 3 && Math.min(height, width) >= 4)) dense(32);
  const activation = task === 'classification' ? 'softmax' : 'linear';
  const kernelInitializer = tf.initializers.glorotUniform(init());
  model.add(tf.layers.dense({ units: outputs, activation, kernelInitializer }));
  return model;
}
