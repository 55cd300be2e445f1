/** Which functions only compute: TensorFlow.js's own, and those of the language. */
import * as tf from '@tensorflow/tfjs';
import { isExtension } from '../../optimizers/extended.ts';
import { isTensorFlowFunction, isTensorFlowMethod } from '../../tensorflow-classes.ts';

/** Namespaces of TensorFlow.js, and what has methods that people call of things outside. */
const common: readonly object[] = [
  ...[tf, tf.losses, tf.metrics, tf.math, tf.image, tf.linalg, tf.signal, tf.spectral, tf.fused],
  ...[tf.Tensor.prototype, tf.Variable.prototype, tf.layers.Layer.prototype, tf.Optimizer.prototype],
  ...[Array.prototype, Number.prototype, String.prototype, Float32Array, Map.prototype, Set.prototype],
];
/** Namespaces whose functions compute from their inputs alone. */
export const pure: readonly object[] = [...common, tf.util, Math, Object, Array, Number, console];

/** What reads a weight of a layer, and global functions and classes that compute from their inputs alone. */
export const globals = new Set(
  `read Array Boolean Error Float32Array Float64Array Int32Array Map Number Object RangeError Set String TypeError
  Uint8Array isFinite isNaN parseFloat parseInt`.split(/\s+/),
);

/**
 * Functions of TensorFlow.js and methods of collections whose names objects that keep something have for their methods, too: counters,
 * schedules, generators, running means. Of an object that nobody sees they may be either.
 */
export const ambiguous: ReadonlySet<string> = new Set(
  `add at data fill find get has max mean memory min now pool print prod profile rand random range ready repeat search shuffle step
  sum time train transform unique update value values`.split(/\s+/),
);

export const names: ReadonlySet<string> = new Set([...pure.flatMap((one) => namesOf(one)), ...globals]);
export const namesOutside: ReadonlySet<string> = new Set(common.flatMap((one) => namesOf(one)));
export const namesOfTensorFlow: ReadonlySet<string> = new Set(namesOf(tf));
export const functionsOfTensorFlow: ReadonlySet<unknown> = new Set(common.flatMap((one) => Object.values(one)));
/** Not of collections, which have methods that change them. */
const functionsOfPure: ReadonlySet<unknown> = new Set(
  [tf, tf.util, Math, Object, Number, console, tf.Tensor.prototype, tf.Variable.prototype].flatMap((one) =>
    Object.values(Object.getOwnPropertyDescriptors(one)).map(({ value }) => value),
  ),
);

/** Methods of collections that change these. */
export const changing: ReadonlySet<string> = new Set(
  'add clear copyWithin delete fill pop push reverse set shift sort splice unshift constructor'.split(' '),
);

/** Methods of the language's collections, numbers and texts that change nothing. */
const looking: ReadonlySet<unknown> = new Set(
  [
    Array,
    Map,
    Set,
    WeakMap,
    WeakSet,
    Number,
    String,
    Object.getPrototypeOf(Float32Array) as typeof Float32Array,
  ].flatMap(({ prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) =>
      changing.has(name) ? [] : [value as unknown],
    ),
  ),
);

/** What they give is not the same at each call, or they change what they are given. */
const unsteady: ReadonlySet<unknown> = new Set([
  ...[Math.random, tf.util.now, tf.memory, tf.time, tf.profile],
  ...[Object.assign, Object.defineProperty, Object.defineProperties, Object.setPrototypeOf],
]);

/** Whether a function is TensorFlow.js's, one of this library, or one of the language that computes from its inputs alone. */
export const isOfLibrary = (code: unknown): boolean =>
  !unsteady.has(code) &&
  (functionsOfTensorFlow.has(code) ||
    isTensorFlowFunction(code) ||
    isTensorFlowMethod('', code) ||
    functionsOfPure.has(code) ||
    looking.has(code) ||
    isExtension(code));

export function namesOf(object: object): string[] {
  return Object.getOwnPropertyNames(object).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(object, name)!;
    return typeof value === 'function';
  });
}
