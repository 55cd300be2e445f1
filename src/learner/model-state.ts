import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { LearnerState } from './learner.ts';
import type { CompiledModel } from './model.ts';
import { optimizerState, readVariable, rememberOptimizer, restoreOptimizer } from './optimizer.ts';
import { recurrentStates, restoreRecurrentStates } from './recurrent-states.ts';
import { allLayers } from './user-code.ts';

/** Which layers are trainable: a callback may have frozen some. */
export const trainableLayers = (model: CompiledModel): boolean[] => allLayers(model).map(({ trainable }) => trainable);

export function setTrainableLayers(model: CompiledModel, trainable: readonly boolean[]): void {
  for (const [k, layer] of allLayers(model).entries()) {
    if (layer.trainable !== trainable[k]) layer.trainable = trainable[k];
  }
}

/** What a checkpoint keeps of a model: its weights, what of it is trained, what recurrent layers have come to, and its optimizer. */
export function modelState(model: CompiledModel, variables: readonly tf.Variable[]): LearnerState {
  const weights = variables.map((variable) => readVariable(variable.name, variable));
  const states = recurrentStates(model);
  return {
    ...{ weights, trainable: trainableLayers(model), ...optimizerState(model.optimizer) },
    ...(states.length > 0 && { states }),
  };
}

/** @throws UnequalError if it is the state of another model; then nothing has changed. */
export function restoreModelState(
  model: CompiledModel,
  variables: readonly tf.Variable[],
  { weights, trainable, states = [], ...optimizer }: LearnerState,
): void {
  const fits =
    weights.length === variables.length && weights.every(({ shape }, k) => `${shape}` === `${variables[k].shape}`);
  if (!fits) {
    throw fault({
      wrong: 'the saved weights do not fit the model',
      got: weights.map(({ shape }) => `[${shape}]`).join(' '),
      expected: variables.map(({ shape }) => `[${shape}]`).join(' '),
      mend: 'build the model the state was saved from',
    });
  }
  // The state of another optimizer is refused here, before anything has changed.
  restoreOptimizer(model.optimizer, optimizer);
  restoreRecurrentStates(model, states);
  setTrainableLayers(model, trainable);
  for (const [k, variable] of variables.entries()) {
    const { data, shape, dtype } = weights[k];
    tf.tidy(() => variable.assign(tf.tensor(data.slice() as Float32Array, shape as number[], dtype)));
  }
}

/** Runs `f`; if it fails, variables and optimizer are as they were before. */
export async function orAsBefore<T>(
  variables: readonly tf.Variable[],
  optimizer: tf.Optimizer,
  f: () => Promise<T>,
): Promise<T> {
  const before = variables.map((variable) => tf.clone(variable));
  const remembered = rememberOptimizer(optimizer);
  try {
    return await f();
  } catch (error) {
    for (const [k, variable] of variables.entries()) variable.assign(before[k]);
    remembered.restore();
    throw error;
  } finally {
    tf.dispose(before);
    remembered.dispose();
  }
}
