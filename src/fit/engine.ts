import type * as tf from '@tensorflow/tfjs';
import { EagerLearner } from '../learner/eager.ts';
import type { Learner } from '../learner/learner.ts';
import { useFastestBackend } from '../learner/wasm/prepare.ts';
import type { Engine } from './options.ts';

/**
 * The learner for an engine. `'eager'` runs on the backend that is set; `'auto'` may trade TensorFlow.js's `cpu` backend
 * for its far faster `wasm` one in Node.
 */
export async function makeLearner(model: tf.LayersModel, engine: Engine): Promise<Learner> {
  if (engine !== 'eager') await useFastestBackend();
  return new EagerLearner(model);
}
