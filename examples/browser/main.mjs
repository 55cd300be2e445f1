/** Trains in the page. Bundle it with Vite: `npx vite build examples/browser`. */
// #region browser
import * as tf from '@tensorflow/tfjs';
import { fit, indexedDbStore } from 'unequal';

const x = tf.randomUniform([1000, 2], -1, 1, 'float32', 7);
const y = tf.tidy(() => x.square().sum(1, true).less(0.6).toFloat());

const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, activation: 'relu', inputShape: [2] }),
    tf.layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'binaryCrossentropy', metrics: ['accuracy'] });

const said = document.createElement('pre');
document.body.append(said);
const history = await fit(model, x, y, {
  ...{ batchSize: 32, epochs: 5, seed: 1 },
  store: indexedDbStore(),
  checkpoint: { path: 'circle' },
  callbacks: { onEpochEnd: async (epoch, logs) => said.append(`epoch ${epoch + 1}: loss ${logs?.loss.toFixed(3)}\n`) },
});
said.append(history.explain());
// #endregion browser
