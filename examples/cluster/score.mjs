// #region score
import { scoringWorker } from 'unequal/cluster';
import { model, samples } from './task.mjs';

await scoringWorker(model, samples);
// #endregion score
