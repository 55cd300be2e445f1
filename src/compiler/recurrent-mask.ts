/** Masks of recurrent layers, as `rnn` of TensorFlow.js heeds them: at a step that is masked output and states stay as they were. */
import * as tf from '@tensorflow/tfjs';

/**
 * Whether a loop can heed it: one of true and false for each step of each sample. Numbers have a gradient, which the loop does not give;
 * and TensorFlow.js hands a layer the mask of an earlier branch, which may be of a longer sequence.
 */
export const isPlainMask = (mask: tf.Tensor | null | undefined, { shape: [batch, steps] }: tf.Tensor): boolean =>
  !mask || (mask.dtype === 'bool' && mask.rank === 2 && mask.shape[0] === batch && mask.shape[1] === steps);

/** A mask `[batch, steps]` as numbers that are 0 or 1, `[steps, batch, 1]`, in the order of the steps. */
export function maskInTime(mask: tf.Tensor, goBackwards: boolean): tf.Tensor {
  const numbers = tf.cast(mask, 'float32');
  const inTime = tf.transpose(tf.expandDims(numbers, -1), [1, 0, 2]);
  return goBackwards ? tf.reverse(inTime, 0) : inTime;
}

/**
 * What comes out of a step of which some rows are masked.
 * @param mask `[batch, 1]`
 * @param step the output and the states after it, were no row masked.
 * @param states those before it; the first is the output of the step before.
 */
export function heeded(mask: tf.Tensor, [output, ...next]: tf.Tensor[], states: readonly tf.Tensor[]): tf.Tensor[] {
  const rest = tf.sub(tf.onesLike(mask), mask);
  const where = (now: tf.Tensor, before: tf.Tensor) => tf.add(tf.mul(now, mask), tf.mul(before, rest));
  const kept = where(output, states[0]);
  return [kept, ...next.map((state, i) => (i === 0 && state === output ? kept : where(state, states[i])))];
}
