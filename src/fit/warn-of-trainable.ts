import type * as tf from '@tensorflow/tfjs';
import type { CompiledModel } from '../learner/model.ts';
import { warnOnce } from './warn-once.ts';

/** `trainable` counts as it was at `compile`: the usual slip of fine-tuning, of which model.fit warns too. */
export function warnOfTrainable(model: tf.LayersModel, { collectedTrainableWeights: { length } }: CompiledModel): void {
  const now = model.trainableWeights.length;
  if (now === length) return;
  const trains = `${length} weights are trained, as they were trainable when the model was compiled, and not the ${now} of now`;
  warnOnce(model, 'trainable', `${trains}: call model.compile after setting trainable, if that is meant`);
}
