import { fault } from '../errors.ts';
import type { LearnerState, NamedArray } from '../learner/learner.ts';
import { checkCount, checkFiniteNumber, isObject } from './same-shape.ts';

const types = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/**
 * @param fresh the state of the model that it is for.
 * @param shapes of its trainable parameters: each of the optimizer's slots is of one.
 * @throws UnequalError if what was saved is no state of such a model.
 */
export function checkLearnerState(
  saved: unknown,
  fresh: LearnerState,
  shapes: readonly (readonly number[])[],
): asserts saved is LearnerState {
  if (!isObject(saved)) throw fault({ wrong: 'no weights', got: saved });
  const { weights, slots, iterations, learningRate, rateField, trainable, states } = saved;
  if (!Array.isArray(weights) || weights.length !== fresh.weights.length) {
    throw fault({ wrong: 'the saved weights do not fit the model', expected: `${fresh.weights.length} arrays` });
  }
  for (const [k, weight] of weights.entries()) checkArray(weight, fresh.weights[k].shape, `weight ${k}`);
  if (!Array.isArray(slots)) throw fault({ wrong: 'no slots of the optimizer', got: slots });
  for (const slot of slots) {
    const name = isObject(slot) && typeof slot.name === 'string' ? slot.name : '';
    const place = /^\w+\/(0|[1-9]\d{0,8})$/.exec(name)?.[1];
    const shape = fresh.slots.find((other) => other.name === name)?.shape ?? shapes[Number(place)];
    if (shape === undefined) {
      throw fault({ wrong: 'the saved optimizer state does not fit the model’s optimizer', got: `the slot ${name}` });
    }
    checkArray(slot, shape, `slot ${name}`);
  }
  const areFlags = Array.isArray(trainable) && trainable.every((one) => typeof one === 'boolean');
  if (!areFlags || trainable.length !== fresh.trainable.length) {
    throw fault({ wrong: 'no layers that are trainable or not', got: trainable });
  }
  checkStates(states, fresh.states);
  checkCount(iterations, 'number of iterations');
  checkFiniteNumber(learningRate, 'learning rate');
  if (rateField !== undefined) checkFiniteNumber(rateField, 'assigned learning rate');
}

/** @throws UnequalError unless they are of as many recurrent layers, of the shapes that are known. */
function checkStates(states: unknown, fresh: LearnerState['states']): void {
  const wrong = () => fault({ wrong: 'no states of the model’s stateful layers', got: states });
  if (states === undefined && fresh === undefined) return;
  if (!Array.isArray(states) || states.length !== fresh?.length) throw wrong();
  for (const [k, layer] of states.entries()) {
    if (!Array.isArray(layer)) throw wrong();
    for (const [j, state] of layer.entries()) {
      const own = isObject(state) && Array.isArray(state.shape) ? (state.shape as number[]) : [];
      checkArray(state, fresh[k][j]?.shape ?? own, `state of the stateful layer ${k}`);
    }
  }
}

/** @throws UnequalError unless it is an array of that shape. */
export function checkArray(array: unknown, expected: readonly number[], name: string): asserts array is NamedArray {
  const { shape, dtype, data } = (isObject(array) ? array : {}) as { [part: string]: unknown };
  const size = expected.reduce((product, extent) => product * extent, 1);
  const fits =
    Array.isArray(shape) &&
    JSON.stringify(shape) === JSON.stringify(expected) &&
    typeof dtype === 'string' &&
    Object.hasOwn(types, dtype) &&
    data instanceof types[dtype as keyof typeof types] &&
    data.length === size;
  if (!fits) throw fault({ wrong: `the saved ${name} does not fit the model`, expected: `[${expected}]` });
}
