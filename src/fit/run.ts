import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { compiledModel } from '../learner/model.ts';
import { requireOwnWeights } from '../optimizers/with-averages.ts';
import { givenCallbacks } from './callbacks.ts';
import type { History } from './history.ts';
import { forgetLearner, keptLearner } from './kept-learners.ts';
import { takeForRun } from './one-run.ts';
import { silenceGreeting } from './progress-line.ts';
import { RunBeginning } from './run-beginning.ts';
import { RunLoop } from './run-loop.ts';
import type { RunOptions, UnreadOptions } from './run-options.ts';
import { runParts } from './run-parts.ts';
import { defaultStore } from './store.ts';
import { methodOf } from './used-method.ts';
import { warnOfTrainable } from './warn-of-trainable.ts';

/** A run from its model to its history: takes what no other run may use meanwhile, trains, and lets go of it. */
export async function run(model: tf.LayersModel, given: RunOptions | UnreadOptions): Promise<History> {
  const compiled = compiledModel(model);
  if (compiled.isTraining) {
    throw fault({ wrong: 'the model is being trained already', mend: 'wait for the other fit to end' });
  }
  requireOwnWeights(model);
  const isScheduled = given.schedule !== undefined || methodOf(given).schedule !== undefined;
  const letGo = takeForRun(givenCallbacks(given.callbacks), model.optimizer, isScheduled);
  compiled.isTraining = true;
  let release: (() => void) | undefined;
  if (given.verbose === 0) silenceGreeting();
  warnOfTrainable(model, compiled);
  try {
    const { checkpoint, resume } = given;
    const store = checkpoint || resume !== undefined ? (given.store ?? (await defaultStore())) : undefined;
    if (checkpoint) {
      await store?.check?.(checkpoint.path);
      release = await store?.hold?.(checkpoint.path);
    }
    const beginning = new RunBeginning(compiled, given);
    const options = await beginning.read();
    const { epoch, epochs = options.seconds === undefined ? 1 : Infinity, initialEpoch = 0 } = options;
    const steps = epoch.steps && epoch.steps * Math.max(0, epochs - initialEpoch);
    const learner = await keptLearner(model, options, options.example, steps);
    const parts = runParts(model, compiled, learner, { ...options, store }, beginning);
    try {
      return await new RunLoop(parts).go();
    } finally {
      await parts.trainer.close();
    }
  } catch (error) {
    await forgetLearner(compiled);
    throw error;
  } finally {
    compiled.isTraining = false;
    letGo();
    release?.();
  }
}
