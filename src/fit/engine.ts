import type * as tf from '@tensorflow/tfjs';
import { UnequalError } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { CompiledLearner } from '../learner/compiled.ts';
import { EagerLearner } from '../learner/eager.ts';
import type { Learner } from '../learner/learner.ts';
import { useFastestBackend } from '../learner/wasm/prepare.ts';
import type { Engine } from './options.ts';

/**
 * The learner for an engine, ready for batches like `example`.
 *
 * `'compiled'` runs through ONNX Runtime. `'eager'` runs on the TensorFlow.js backend that is set. `'auto'` compiles in
 * Node, and where that cannot be done trains eagerly after one warning that says why, on the `wasm` backend in place of
 * the far slower `cpu`.
 */
export async function makeLearner(model: tf.LayersModel, engine: Engine, example: ModelBatch): Promise<Learner> {
  if (engine === 'eager') return new EagerLearner(model);
  if (engine === 'compiled' || inNode()) {
    const learner = new CompiledLearner(model);
    try {
      await learner.prepare(example);
      return learner;
    } catch (error) {
      await learner.dispose();
      if (engine === 'compiled' || !(error instanceof UnequalError)) throw error;
      console.warn(`unequal: training eagerly, several times slower. ${error.message}`);
    }
  }
  await useFastestBackend();
  return new EagerLearner(model);
}

const inNode = (): boolean => typeof process !== 'undefined' && process.versions?.node !== undefined;
