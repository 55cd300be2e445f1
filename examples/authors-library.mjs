/** What programs of the authors' library become. */
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const model = makeModel();

// #region authors
import { fit, lossSampling, paper2018, storedScores } from 'unequal';

// ImportanceTraining(model).fit(x, y, batch_size=32)
await fit(model, x, y, { batchSize: 32, epochs: 2, method: paper2018() });
// ImportanceTraining(model, score="loss")
await fit(model, x, y, { batchSize: 32, epochs: 2, method: lossSampling() });
// a HistorySampler
await fit(model, x, y, { batchSize: 32, epochs: 2, method: storedScores() });
// #endregion authors
console.log('trained');
