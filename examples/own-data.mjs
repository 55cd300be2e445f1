/** A file of one's own, from the table to a trained model. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'unequal-example-'));
process.chdir(folder);
const rows = Array.from({ length: 400 }, (_, i) => {
  const [age, town] = [20 + ((i * 37) % 50), ['Bern', 'Basel', 'Genf'][i % 3]];
  return `${age},${town},${age > 45 === (town !== 'Basel') ? 'yes' : 'no'}`;
});
writeFileSync('people.csv', `age,town,bought\n${rows.join('\n')}\n`);

// #region own-data
import * as tf from '@tensorflow/tfjs';
import { fit } from 'unequal';
import { ownData } from 'unequal/data';
import { smallModel } from 'unequal/models';

const { train, test, notes } = await ownData('people.csv', { target: 'bought' });
console.log(notes); // what was guessed of the columns

const model = smallModel({ inputShape: train.inputShape, outputs: 2 });
model.compile({ optimizer: tf.train.adam(0.003), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
const history = await fit(model, train, { epochs: 5, validationData: test });
// #endregion own-data
console.log(history.history.val_acc);
