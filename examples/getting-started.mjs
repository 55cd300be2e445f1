/** A whole program for Node: a model, data, training by importance, and what it did. */
// #region program
import * as tf from '@tensorflow/tfjs';
import { fit } from 'unequal';

// Points in the plane: are they inside of the circle?
const x = tf.randomUniform([2000, 2], -1, 1, 'float32', 7);
const y = tf.tidy(() => x.square().sum(1, true).less(0.6).toFloat());

const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, activation: 'relu', inputShape: [2] }),
    tf.layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'binaryCrossentropy', metrics: ['accuracy'] });

const history = await fit(model, x, y, { batchSize: 32, epochs: 8, validationSplit: 0.2, seed: 1 });
console.log(history.history.val_acc);
console.log(history.explain());
// #endregion program
