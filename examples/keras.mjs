/** What a training script of Keras becomes. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const sampleWeight = new Float32Array(900).fill(1);
const model = makeModel();
const folder = mkdtempSync(join(tmpdir(), 'unequal-example-'));

// #region keras
import { earlyStopping, fit, loadModel, ReduceLROnPlateau, saveModel } from 'unequal';

await fit(model, x, y, {
  batchSize: 32,
  epochs: 6,
  validationSplit: 0.1,
  sampleWeight,
  callbacks: [
    earlyStopping({ monitor: 'val_loss', patience: 3, restoreBestWeights: true }),
    new ReduceLROnPlateau({ factor: 0.5, patience: 2 }),
  ],
});
await saveModel(model, join(folder, 'model'));
const again = await loadModel(join(folder, 'model'));
// #endregion keras
console.log(again.countParams());
