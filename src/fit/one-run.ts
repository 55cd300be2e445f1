import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';

/** Callbacks that keep in their fields what they have seen of a run. */
const keeping = new WeakSet<object>();
/** Those of them whose run has not ended, and optimizers whose rate a run's schedule sets. */
const busy = new WeakSet<object>();

/** To be called by the constructor of such a callback. */
export const keepsItsRun = (callback: object): void => void keeping.add(callback);

/**
 * Takes for a run what no other may use meanwhile.
 * @param scheduled the optimizer, if a schedule sets its rate.
 * @returns lets go of it.
 * @throws UnequalError if a run that goes on has it: each would change what the other goes by.
 */
export function takeForRun(callbacks: readonly object[], scheduled: tf.Optimizer | undefined): () => void {
  const own = callbacks.filter((one) => keeping.has(one));
  const taken = own.find((one) => busy.has(one));
  if (taken !== undefined) {
    throw fault({
      wrong: `the callback ${taken.constructor.name} is in another fit that has not ended`,
      mend: 'give each fit one of its own',
    });
  }
  if (scheduled !== undefined && busy.has(scheduled)) {
    throw fault({
      wrong: 'the schedule of another fit that has not ended sets the learning rate of the same optimizer',
      mend: 'give each model an optimizer of its own',
    });
  }
  const all = scheduled === undefined ? own : [...own, scheduled];
  for (const one of all) busy.add(one);
  return () => {
    for (const one of all) busy.delete(one);
  };
}
