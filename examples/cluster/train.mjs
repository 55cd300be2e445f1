// #region train
import { fit } from 'unequal';
import { distributedImportance } from 'unequal/cluster';
import { model, samples } from './task.mjs';

await fit(model, samples, {
  epochs: 20,
  method: distributedImportance({ run: 'mine', workers: { count: 2, file: './score.mjs' } }),
});
// #endregion train
console.log('trained');
