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
 */
export function smallModel(options: SmallModelOptions): tf.Sequential {
  const { inputShape, outputs, task = 'classification', seed } = options;
  let drawn = 0;
  const init = () => ({ seed: seed === undefined ? undefined : 100 * seed + drawn++ }) as { seed: number };
  const he = () => tf.initializers.heNormal(init());
  const dense = (units: number) => tf.layers.dense({ units, activation: 'relu', kernelInitializer: he() });
  const end = tf.layers.dense({
    units: outputs,
    activation: task === 'classification' ? 'softmax' : 'linear',
    kernelInitializer: tf.initializers.glorotUniform(init()),
  });
  return tf.sequential({ layers: [...body(options, he, dense, init), end].map(first(inputShape)) });
}

function body(
  { inputShape, vocabulary }: SmallModelOptions,
  he: () => ReturnType<typeof tf.initializers.heNormal>,
  dense: (units: number) => tf.layers.Layer,
  init: () => { seed: number },
): tf.layers.Layer[] {
  if (vocabulary !== undefined) {
    const embeddingsInitializer = tf.initializers.randomUniform({ minval: -0.05, maxval: 0.05, ...init() });
    const embedding = tf.layers.embedding({
      inputDim: vocabulary,
      outputDim: 32,
      embeddingsInitializer,
      inputLength: inputShape[0],
    });
    return [embedding, tf.layers.globalAveragePooling1d({}), dense(32)];
  }
  if (inputShape.length === 3 && Math.min(inputShape[0], inputShape[1]) >= 4) {
    const layers: tf.layers.Layer[] = [];
    let side = Math.max(inputShape[0], inputShape[1]);
    let least = Math.min(inputShape[0], inputShape[1]);
    for (let filters = 16; layers.length === 0 || (side > SMALLEST && least > 1); filters = Math.min(64, 2 * filters)) {
      layers.push(
        tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', kernelInitializer: he() }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
      );
      side = Math.floor(side / 2);
      least = Math.floor(least / 2);
    }
    return [...layers, tf.layers.flatten(), dense(64)];
  }
  if (inputShape.length === 2 && inputShape[0] >= 8) {
    const convolution = () =>
      tf.layers.conv1d({ filters: 32, kernelSize: 5, padding: 'same', activation: 'relu', kernelInitializer: he() });
    return [convolution(), convolution(), tf.layers.globalMaxPooling1d({}), dense(32)];
  }
  return [...(inputShape.length > 1 ? [tf.layers.flatten()] : []), dense(64), dense(32)];
}

/** Gives the first layer the shape of its input, as a layer that was made without one takes it. */
function first(inputShape: readonly number[]) {
  return (layer: tf.layers.Layer, k: number): tf.layers.Layer => {
    if (k === 0) layer.batchInputShape = [null, ...inputShape];
    return layer;
  };
}
