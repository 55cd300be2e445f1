import type * as tf from '@tensorflow/tfjs';
import { type CompiledModel, trainableModel } from '../learner/model.ts';

/** A model that can be trained. What told the last run to stop is forgotten now: compiling may take seconds, and a stop in them counts. */
export function startable(model: tf.LayersModel): CompiledModel {
  const compiled = trainableModel(model);
  if (!compiled.isTraining) compiled.stopTraining_ = false;
  return compiled;
}
