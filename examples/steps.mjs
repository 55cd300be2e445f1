/** What each step saw. */
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const model = makeModel();

// #region steps
import { fit } from 'unequal';

const history = await fit(model, x, y, {
  epochs: 6,
  seed: 1,
  onStep: ({ step, phase, tau, switched }) => {
    if (switched) console.log(`step ${step}: ${switched.on ? 'on' : 'off'}. ${switched.why}`);
    if (step % 100 === 0) console.log(`step ${step}: ${phase}, τ ${tau?.toFixed(2) ?? 'not known yet'}`);
  },
});
console.log(history.explain({ detail: true }));
// #endregion steps
