/** Values of which every method only computes, or has code that is read on its own. */
import * as tf from '@tensorflow/tfjs';
import { inNode } from '../../platform.ts';
import { isNamed } from '../../tensorflow-classes.ts';
import { elementsOf, isTensorFlows } from '../user-code.ts';

/** How far collections within collections are followed. */
const deepest = 3;

/**
 * What a path of fields leads to from an object, also by methods and constants of its class. Elements are all that there are.
 * @returns undefined where that cannot be seen: behind a private field, or a getter of the user's.
 */
export function reached(from: unknown, path: readonly (string | undefined)[]): unknown[] | undefined {
  const [key, ...rest] = path;
  if (path.length === 0 || typeof from !== 'object' || from === null) return [from];
  // To look at one would run the program's code.
  if (isProxy(from)) return undefined;
  // What these have in them is TensorFlow.js's.
  if (isOfTensors(from)) return [from];
  const next = key === undefined ? partsOf(from) : fieldOf(from, key);
  const all = next?.map((one) => reached(one, rest));
  return all?.every((one) => one !== undefined) ? all.flat() : undefined;
}

/** Whether it is a proxy, as far as that can be told. */
export const isProxy = (value: unknown): boolean =>
  inNode() && (process.getBuiltinModule?.('node:util').types.isProxy(value) ?? false);

/** Elements; of what is no collection also itself, for a pair of `entries` stands for what it has in it. */
function partsOf(value: object): unknown[] {
  const isCollection = Array.isArray(value) || value instanceof Map || value instanceof Set;
  return isCollection ? elementsOf(value) : [...elementsOf(value), value];
}

/** What a field of an object or its class is, in a list; an empty one where there is none yet; `undefined` where it cannot be seen. */
export function fieldOf(object: object, key: string): unknown[] | undefined {
  if (key.startsWith('#')) return undefined;
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found?.get !== undefined) {
      return at === tf.layers.Layer.prototype || at === tf.LayersModel.prototype ? [] : undefined;
    }
    if (found !== undefined) return [found.value];
  }
  // It is made later.
  return [];
}

/** Tensors, symbols of them, and weights of layers. */
export const isOfTensors = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !isProxy(value) &&
  (value instanceof tf.Tensor || value instanceof tf.SymbolicTensor || ('val' in value && 'trainable_' in value));

/** @param read objects whose code is read. */
export function isHarmless(value: unknown, read: ReadonlySet<unknown>, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (isOfTensors(value) || ArrayBuffer.isView(value) || read.has(value)) return true;
  if (isNamed(value)) return isTensorFlows(value);
  const isCollection = Array.isArray(value) || value instanceof Map || value instanceof Set || isPlain(value);
  return isCollection && depth < deepest && elementsOf(value).every((one) => isHarmless(one, read, depth + 1));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A function in it may do anything.
  const isData = Object.values(value).every((one) => typeof one !== 'function');
  return isData && (prototype === Object.prototype || prototype === null);
}
