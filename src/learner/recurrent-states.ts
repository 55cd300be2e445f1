import * as tf from '@tensorflow/tfjs';
import type { NamedArray } from './learner.ts';
import type { CompiledModel } from './model.ts';
import { readVariable } from './optimizer.ts';
import { allLayers } from './user-code.ts';

/** Fields of a stateful recurrent layer that go from one batch to the next. */
export const stateFields = ['states_', 'keptStates'];

type Stateful = tf.RNN & { readonly states_: tf.Tensor[] | null };

const statefulLayers = (model: CompiledModel): Stateful[] =>
  allLayers(model).filter((layer): layer is Stateful => layer instanceof tf.RNN && layer.stateful);

/** What stateful recurrent layers have come to; of one that was not called yet, nothing. */
export function recurrentStates(model: CompiledModel): NamedArray[][] {
  return statefulLayers(model).map(({ name, states_ }) => (states_ ?? []).map((state) => readVariable(name, state)));
}

/** @throws if they are of other layers. */
export function restoreRecurrentStates(model: CompiledModel, saved: readonly (readonly NamedArray[])[]): void {
  for (const [k, layer] of statefulLayers(model).entries()) {
    const states = saved[k] ?? [];
    // The first call makes them, whatever it is given.
    if (layer.states_ === null || states.length === 0) layer.resetStates();
    if (states.length === 0) continue;
    tf.tidy(() =>
      layer.resetStates(
        states.map(({ data, shape, dtype }) => tf.tensor(data.slice() as Float32Array, shape as number[], dtype)),
      ),
    );
  }
}
