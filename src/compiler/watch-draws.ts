/**
 * What TensorFlow.js draws while a function is traced: the seed of each draw, its distribution, and its numbers before they are
 * rounded to float32, which alone tell a mean or a bound that is small beside the spread.
 */
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { type Distribution, looked } from './random.ts';

/** The distributions, by the scopes of the operations that draw from them. */
const distributions: ReadonlyMap<string | undefined, Distribution> = new Map([
  ['randomUniform__op', 'uniform'],
  ['randomNormal__op', 'normal'],
  ['truncatedNormal__op', 'truncated'],
]);

/** The distribution of the operation that is drawing now, if one is. */
export function drawing(): Distribution | undefined {
  const { state } = tf.engine() as unknown as { state: { activeScope?: { name?: string } } };
  return distributions.get(state.activeScope?.name);
}

/**
 * Tells of each number that `Math.random()` gives, the seed of a draw, and lets the operations that draw fill wider arrays.
 *
 * @returns what undoes it.
 * @throws UnequalError where nobody may watch.
 */
export function watchDraws(seeded: (seed: string) => void): () => void {
  const { random } = Math;
  const buffers = tf.TensorBuffer.prototype as { values?: unknown };
  // A buffer gets its array when it is made, and the operation then fills all of it: also where few numbers are asked for.
  Object.defineProperty(buffers, 'values', {
    configurable: true,
    set(this: tf.TensorBuffer<tf.Rank>, given: tf.TypedArray) {
      const isDraw = this.dtype === 'float32' && drawing() !== undefined;
      const value = isDraw ? new Float64Array(Math.max(given.length, looked)) : given;
      Object.defineProperty(this, 'values', { value, configurable: true, enumerable: true, writable: true });
    },
  });
  try {
    Math.random = () => {
      const value = random();
      seeded(value.toString());
      return value;
    };
  } catch (cause) {
    delete buffers.values;
    throw fault({ wrong: 'Math.random cannot be watched', got: 'a frozen Math', mend: "use engine: 'eager'", cause });
  }
  return () => {
    Math.random = random;
    delete buffers.values;
  };
}
