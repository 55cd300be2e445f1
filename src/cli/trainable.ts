import * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../data/images.ts';
import { fault } from '../errors.ts';
import { loadModel } from '../models/save-model.ts';
import { smallCnn } from '../models/small-cnn.ts';
import { wideResnet } from '../models/wide-resnet.ts';
import { unknownName } from '../nearest.ts';

/** Networks that `--model` knows by name; any other value is a path. */
const networks = {
  'small-cnn': (data, seed) => smallCnn({ ...shapeOf(data), seed }),
  'wide-resnet': (data, seed) => wideResnet({ ...shapeOf(data), seed }),
} satisfies { [name: string]: (data: LabelledImages, seed: number) => tf.LayersModel };

export const networkNames = Object.keys(networks) as (keyof typeof networks)[];

/** The model of `--model`: a network by its name, made for the data, or a `model.json`. @throws UnequalError */
export async function modelFor(name: string, data: LabelledImages, seed: number): Promise<tf.LayersModel> {
  if (Object.hasOwn(networks, name)) return networks[name as keyof typeof networks](data, seed);
  // What is neither a path nor a name is more likely a name mistyped.
  if (!/[\\/.]/.test(name)) throw unknownName('network', name, networkNames);
  return loadModel(name);
}

function shapeOf({ inputShape, classes }: LabelledImages) {
  if (inputShape.length !== 3) {
    throw fault({
      wrong: 'inputs for a convolutional network',
      got: [...inputShape],
      expected: 'height, width, channels',
    });
  }
  return { inputShape: inputShape as [number, number, number], classes };
}

/** Optimizers by the names of `--optimizer`, with the learning rate each takes where none is given. */
export const optimizers = {
  sgd: { rate: 0.05, make: (rate: number) => tf.train.sgd(rate), says: 'SGD' },
  momentum: { rate: 0.01, make: (rate: number) => tf.train.momentum(rate, 0.9), says: 'SGD with momentum 0.9' },
  adam: { rate: 0.001, make: (rate: number) => tf.train.adam(rate), says: 'Adam' },
  rmsprop: { rate: 0.001, make: (rate: number) => tf.train.rmsprop(rate), says: 'RMSProp' },
  adagrad: { rate: 0.01, make: (rate: number) => tf.train.adagrad(rate), says: 'Adagrad' },
} as const;

export type OptimizerName = keyof typeof optimizers;
export const optimizerNames = Object.keys(optimizers) as OptimizerName[];
