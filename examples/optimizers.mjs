/** Optimizers, schedules and callbacks. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const folder = mkdtempSync(join(tmpdir(), 'unequal-example-'));

// #region optimizers
import { adamW, averaged, CSVLogger, clipped, fit, ModelCheckpoint, saveModel, warmUp, withAverages } from 'unequal';

const model = makeModel(averaged(clipped(adamW(0.003), { globalClipNorm: 1 })));
await fit(model, x, y, {
  epochs: 8,
  validationSplit: 0.2,
  schedule: warmUp(0.1),
  callbacks: [
    new CSVLogger(join(folder, 'log.csv')),
    new ModelCheckpoint(join(folder, 'best'), { monitor: 'val_loss', saveBestOnly: true }),
  ],
});
await withAverages(model, () => saveModel(model, join(folder, 'model'))); // what fit validated with
// #endregion optimizers
console.log('trained');
