/** Will importance sampling pay for this model and data? */
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const model = makeModel();

// #region advise
import { advise, fit } from 'unequal';

const advice = await advise(model, x, y, { seconds: 3 }); // 60 by default
console.log(advice.pays, advice.code, advice.reasons);
await fit(model, x, y, { epochs: 5, method: advice.method });
// #endregion advise
