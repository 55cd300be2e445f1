import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';

/** Callbacks that keep in their fields what they have seen of a run. */
const keeping = new WeakSet<object>();
/** Those of them whose run has not ended. */
const busy = new WeakSet<object>();
/** How many runs that have not ended train with an optimizer. */
const runs = new WeakMap<tf.Optimizer, number>();
/** Optimizers whose rate the schedule of one of these sets. */
const scheduled = new WeakSet<tf.Optimizer>();

/** To be called by the constructor of such a callback. */
export const keepsItsRun = (callback: object): void => void keeping.add(callback);

/**
 * Takes for a run what no other may use meanwhile.
 * @param isScheduled whether a schedule sets the rate of the optimizer.
 * @returns lets go of it.
 * @throws UnequalError if a run that goes on has it: each would change what the other goes by.
 */
export function takeForRun(callbacks: readonly object[], optimizer: tf.Optimizer, isScheduled: boolean): () => void {
  const own = callbacks.filter((one) => keeping.has(one));
  const taken = own.find((one) => busy.has(one));
  if (taken !== undefined) {
    throw fault({
      wrong: `the callback ${taken.constructor.name} is in another fit that has not ended`,
      mend: 'give each fit one of its own',
    });
  }
  const others = runs.get(optimizer) ?? 0;
  if (others > 0 && (isScheduled || scheduled.has(optimizer))) {
    throw fault({
      wrong: 'a schedule would set the learning rate of an optimizer that two fits train with at once',
      mend: 'give each model an optimizer of its own, or wait for the other fit to end',
    });
  }
  for (const one of own) busy.add(one);
  runs.set(optimizer, others + 1);
  if (isScheduled) scheduled.add(optimizer);
  return () => {
    for (const one of own) busy.delete(one);
    runs.set(optimizer, runs.get(optimizer)! - 1);
    if (isScheduled) scheduled.delete(optimizer);
  };
}
