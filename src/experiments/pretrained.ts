import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { loadModel } from '../models/load-model.ts';

/**
 * A pretrained convolutional network for inputs of another size, up to its global average pooling, with a new softmax
 * layer on top. All weights are trained, and batch normalisation follows the new images: with the statistics of the old
 * ones, some of which are next to zero, no learning rate gets far in a minute.
 *
 * @param path the `model.json` of a LayersModel with its weights beside it.
 */
export async function withNewHead(
  path: string,
  inputShape: readonly number[],
  classes: number,
  seed: number,
): Promise<tf.LayersModel> {
  const whole = await loadModel(path, { inputShape });
  const pooling = whole.layers.find((layer) => layer.getClassName() === 'GlobalAveragePooling2D');
  if (pooling === undefined) {
    throw fault({ wrong: `${path} has no global average pooling`, expected: 'a network that ends in one' });
  }
  const head = tf.layers.dense({
    units: classes,
    activation: 'softmax',
    kernelInitializer: tf.initializers.glorotUniform({ seed }),
    name: 'new_head',
  });
  return tf.model({ inputs: whole.inputs, outputs: head.apply(pooling.output) as tf.SymbolicTensor });
}

/** The network for pictures that are `factor` times smaller on each side: they are enlarged first, bilinearly. */
export function enlarged(network: tf.LayersModel, factor: number): tf.LayersModel {
  const [, height, width, channels] = network.inputs[0].shape as number[];
  const enlarge = tf.layers.upSampling2d({
    ...{ size: [factor, factor], interpolation: 'bilinear' },
    inputShape: [height / factor, width / factor, channels],
  });
  return tf.sequential({ layers: [enlarge, network] });
}
