/** Labels that a run says are wrong, and the same data with others. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { smallModel } from 'unequal/models';

process.chdir(mkdtempSync(join(tmpdir(), 'unequal-example-')));
/** @param {number} i */
const isWrong = (i) => i % 25 === 0;
const rows = Array.from({ length: 500 }, (_, i) => {
  const age = 20 + ((i * 37) % 50);
  return `${age},${age > 45 !== isWrong(i) ? 'yes' : 'no'}`;
});
writeFileSync('people.csv', `age,bought\n${rows.join('\n')}\n`);
const model = smallModel({ inputShape: [1], outputs: 2 });
model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });

// #region labels
import { fit, writeSamples } from 'unequal';
import { ownData, relabelled } from 'unequal/data';

const { train } = await ownData('people.csv', { target: 'bought' });
const { samples } = await fit(model, train, { epochs: 15, seed: 1 });
await writeSamples('samples.bin', samples);
const suspects = samples.suspects(10);
for (const { index, label, suggested } of suspects) console.log(index, label, suggested);

const corrected = relabelled(train, new Map(suspects.map(({ index, suggested }) => [index, suggested])));
await fit(model, corrected, { epochs: 5 });
// #endregion labels
