/** Which labels are likely wrong, after a run. */
import * as tf from '@tensorflow/tfjs';
import { arms, makeModel } from './task.mjs';

const { x, labels } = arms(900);
// Every twentieth label is made wrong.
const y = tf
  .oneHot(
    labels.map((label, i) => (i % 20 === 0 ? (label + 1) % 3 : label)),
    3,
  )
  .toFloat();
const model = makeModel();

// #region suspects
import { fit, samplesCsv } from 'unequal';

const { samples } = await fit(model, x, y, { epochs: 15, seed: 1 });
for (const { index, label, suggested, confidence } of samples.suspects(10)) {
  console.log(`sample ${index}: labelled ${label}, likely ${suggested} (${confidence.toFixed(2)})`);
}
const table = samplesCsv(samples); // one line a sample: losses, picks, margins
// #endregion suspects
const right = samples.suspects(10).filter(({ index }) => index % 20 === 0).length;
console.log(`${right} of these 10 were made wrong; ${table.split('\n').length} lines`);
if (right < 8) throw new Error('fewer than eight of ten suspects are wrong labels');
