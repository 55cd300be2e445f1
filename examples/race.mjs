/** Methods beside each other for equal seconds. */
import { arms, makeModel } from './task.mjs';

const { samples } = arms(900);
const { samples: test } = arms(300, 2);

// #region race
import { importance, race, uniform } from 'unequal';

const curves = await race(makeModel, samples, [uniform(), importance({ presample: 5, resample: 'systematic' })], {
  seconds: 2,
  test,
});
// #endregion race
for (const { method, points } of curves) console.log(method, points.at(-1));
