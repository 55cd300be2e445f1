import type * as tf from '@tensorflow/tfjs';
import { AutoLearner } from '../learner/auto.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { CompiledLearner } from '../learner/compiled.ts';
import { EagerLearner } from '../learner/eager.ts';
import type { Learner } from '../learner/learner.ts';
import { printable } from '../printable.ts';
import type { Engine } from './options.ts';

/** What warnings have been printed about, by model. */
const warned = new WeakMap<tf.LayersModel, Set<string>>();

/** Prints a warning, the first one about a topic for each model. */
export function warnOnce(model: tf.LayersModel, topic: 'engine' | 'method', message: string): void {
  const topics = warned.get(model) ?? new Set();
  if (topics.has(topic)) return;
  warned.set(model, topics.add(topic));
  console.warn(`unequal: ${printable(message)}`);
}

/**
 * The learner for an engine, ready for batches like `example`.
 *
 * `'compiled'` runs through ONNX Runtime. `'eager'` runs on the TensorFlow.js backend that is set. `'auto'` compiles in
 * Node; what cannot be compiled, or proves in the middle of a run to be something else at every step, is trained eagerly
 * after one warning that says why.
 */
export async function makeLearner(model: tf.LayersModel, engine: Engine, example: ModelBatch): Promise<Learner> {
  if (engine === 'compiled') {
    const learner = new CompiledLearner(model);
    try {
      await learner.prepare(example);
    } catch (error) {
      await learner.dispose();
      throw error;
    }
    return learner;
  }
  const makeEager = async (): Promise<EagerLearner> => new EagerLearner(model);
  if (engine === 'eager' || !inNode()) return makeEager();
  const learner = new AutoLearner(new CompiledLearner(model, {}, true), makeEager, (why) =>
    warnOnce(model, 'engine', `training eagerly, several times slower: ${why}`),
  );
  await learner.prepare(example);
  return learner;
}

const inNode = (): boolean => typeof process !== 'undefined' && process.versions?.node !== undefined;
