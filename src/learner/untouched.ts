import type * as tf from '@tensorflow/tfjs';
import { EagerLearner } from './eager.ts';
import { compiledModel } from './model.ts';
import { dropSlots, slotsOf } from './slots.ts';

/**
 * Runs `f`, which may train the model, and leaves the model exactly as it was, also if `f` throws: weights, moving
 * statistics, the optimizer's slots, step count and learning rate. Slots that `f` had made are taken away again.
 * A learner that `f` makes has to be disposed of by it.
 */
export async function untouched<T>(model: tf.LayersModel, f: () => Promise<T>): Promise<T> {
  const { optimizer } = compiledModel(model);
  const learner = new EagerLearner(model);
  const before = await learner.state();
  const slots = new Set(slotsOf(optimizer).map(({ name }) => name));
  try {
    return await f();
  } finally {
    await learner.restore(before);
    dropSlots(optimizer, slots);
  }
}
