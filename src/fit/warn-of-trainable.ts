import type * as tf from '@tensorflow/tfjs';
import { type CompiledModel, trainableVariables } from '../learner/model.ts';
import { warnOnce } from './warn-once.ts';

/**
 * What is set free after `compile` is not trained: the usual slip of fine-tuning, of which model.fit warns too. What is frozen
 * after it is not trained either, as was meant.
 */
export function warnOfTrainable(model: tf.LayersModel, compiled: CompiledModel): void {
  const trained = new Set<tf.Tensor>(trainableVariables(compiled).filter(({ trainable }) => trainable));
  const now = model.trainableWeights;
  if (now.every((weight) => trained.has(weight.read()))) return;
  const trains = `${trained.size} weights are trained, as they were trainable when the model was compiled, and not the ${now.length} of now`;
  warnOnce(model, 'trainable', `${trains}: call model.compile after setting trainable, if that is meant`);
}
