// #region together
import { fit } from 'unequal';
import { dataParallel } from 'unequal/cluster';
import { model, samples } from './task.mjs';

// Such as redis://10.0.0.5:6379; without it, a server is started for this process alone.
const url = process.env.UNEQUAL_REDIS;
const history = await fit(model, samples, { epochs: 20, batchSize: 64, cluster: dataParallel({ url, run: 'mine' }) });
// #endregion together
console.log(history.history.loss.at(-1));
