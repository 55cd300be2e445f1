/** The same arguments, with TensorFlow.js and with unequal. */
// #region fit
import * as tf from '@tensorflow/tfjs';
import { fit } from 'unequal';

// #endregion fit
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const { pair: validationData } = arms(300, 2);
const model = makeModel(tf.train.adam(0.003));
const log = console.log;
console.log = () => {}; // model.fit prints its progress.

// #region fit
await model.fit(x, y, { batchSize: 128, epochs: 10, validationData }); // TensorFlow.js
await fit(model, x, y, { batchSize: 128, epochs: 10, validationData }); // the same, trained by importance
// #endregion fit
log('trained');
