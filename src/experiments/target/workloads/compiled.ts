import * as tf from '@tensorflow/tfjs';

/** A classifier trained by SGD with momentum 0.9. */
export function withMomentum(model: tf.LayersModel, rate: number): tf.LayersModel {
  model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'categoricalCrossentropy' });
  return model;
}

/** A classifier trained by Adam. */
export function withAdam(model: tf.LayersModel, rate: number): tf.LayersModel {
  model.compile({ optimizer: tf.train.adam(rate), loss: 'categoricalCrossentropy' });
  return model;
}

export const momentum = 'SGD with momentum 0.9';
