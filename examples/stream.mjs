/** A tf.data stream: its next B samples are the presample. */
import { arms, makeModel } from './task.mjs';

const { points, labels } = arms(900);
const model = makeModel();

// #region stream
import * as tf from '@tensorflow/tfjs';
import { fitDataset } from 'unequal';

const xs = tf.data.array(points);
const ys = tf.data.array(labels.map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0))));
const dataset = tf.data.zip({ xs, ys }).shuffle(900, '1').batch(32);
const history = await fitDataset(model, dataset, { epochs: 3, seed: 1 });
// #endregion stream
console.log(history.history.loss);
