import * as tf from '@tensorflow/tfjs';
import { isNamed } from '../../tensorflow-classes.ts';
import { isTensorFlows, penaltiesOf, type Term } from '../user-code.ts';

/**
 * Whether a weight of a layer has a regularizer of the user's that nobody sees: given to `addWeight`, and kept in no field. TensorFlow.js has it in
 * a closure, `() => regularizer.apply(weight.read())`.
 */
export function hidesRegularizer(layer: tf.layers.Layer): boolean {
  const penalties = penaltiesOf(layer);
  if (penalties.length === 0 || Object.values(layer).some(isOwnRegularizer)) return false;
  return penalties.some((penalty) => !callsTensorFlows(penalty, layer));
}

const isOwnRegularizer = (value: unknown): boolean =>
  isNamed(value) && typeof (value as { apply?: unknown }).apply === 'function' && !isTensorFlows(value);

/**
 * Whether the method that a penalty is about to call is TensorFlow.js's: it is looked for before its argument is computed, and the weight is not read
 * then, so that nothing of the user's is called.
 */
function callsTensorFlows(penalty: Term, layer: tf.layers.Layer): boolean {
  const regularizers = Object.getPrototypeOf(tf.regularizers.l1l2()) as object;
  const weights = Object.getPrototypeOf(layer.weights[0]) as object;
  const stopped = new Error('the weight is not read');
  let isAsked = false;
  const { value: apply } = Object.getOwnPropertyDescriptor(regularizers, 'apply')!;
  const putBack = [
    exchange(regularizers, 'apply', {
      get: () => {
        isAsked = true;
        return apply;
      },
    }),
    exchange(weights, 'read', {
      value: () => {
        throw stopped;
      },
    }),
  ];
  try {
    penalty();
  } catch (error) {
    if (error !== stopped) throw error;
  } finally {
    for (const back of putBack) back();
  }
  return isAsked;
}

function exchange(object: object, key: string, other: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(object, key)!;
  Object.defineProperty(object, key, { ...other, configurable: true });
  return () => Object.defineProperty(object, key, before);
}
