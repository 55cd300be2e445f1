/** The fields of objects, also of those within them, as code of a model may read and change them. */
import * as tf from '@tensorflow/tfjs';

export type Owner = Record<string, unknown>;

/** A field of an object, with what it held when it was looked at. */
export interface Slot {
  readonly path: string;
  readonly owner: Owner;
  readonly key: string;
  readonly value: unknown;
  /** The elements of an array. */
  readonly elements?: readonly unknown[];
}

/** How far objects within objects are followed, and how many elements of an array. */
const deepest = 3;
const longest = 64;

/** What TensorFlow.js keeps for its own bookkeeping, and what a learner reads at every step by itself. */
const ignored = new Set(['inboundNodes', 'outboundNodes', 'iterations_', 'container', 'model', 'inputSpec']);

/** An object, and how many fields it had. */
export interface Counted {
  readonly path: string;
  readonly owner: Owner;
  readonly count: number | undefined;
}

export interface Seen {
  readonly slots: Slot[];
  readonly owners: Map<Owner, Counted>;
}

/** Adds the fields of an object, and of what it holds, to those seen; `only` some, or all `without` some. */
export function visit(
  owner: Owner,
  path: string,
  depth: number,
  seen: Seen,
  only?: readonly string[],
  without: readonly string[] = [],
): void {
  const { slots, owners } = seen;
  if (owners.has(owner)) return;
  const keys = only ?? Object.keys(owner);
  // Where some are meant, others may come and go.
  owners.set(owner, { path, owner, count: only ? undefined : keys.length });
  for (const key of keys) {
    if (ignored.has(key) || without.includes(key)) continue;
    const { get, set, value, writable } = Object.getOwnPropertyDescriptor(owner, key) ?? { writable: true };
    // A getter may compute anything, and what cannot be set is not put back.
    if (get !== undefined || set !== undefined || writable === false) continue;
    const at = `${path}.${key}`;
    if (isPrimitive(value) || typeof value === 'function' || value instanceof tf.Tensor) {
      slots.push({ path: at, owner, key, value });
    } else if (typeof value !== 'object' || ArrayBuffer.isView(value)) {
      // Long lists of numbers, which code of the user's reads.
    } else if (isCollection(value)) {
      const elements = value instanceof Map ? [...value].flat() : [...value];
      if (elements.length > longest) continue;
      slots.push({ path: at, owner, key, value, elements });
      // A list of their own stands for the elements of a map or a set.
      const list = Array.isArray(value) ? value : elements;
      if (depth < deepest) visit(list as unknown as Owner, at, depth + 1, seen);
    } else {
      slots.push({ path: at, owner, key, value });
      if (depth < deepest && followed(value!)) visit(value as Owner, at, depth + 1, seen);
    }
  }
}

export const isPrimitive = (value: unknown): value is number | string | boolean | null | undefined =>
  value === null || ['number', 'string', 'boolean', 'undefined'].includes(typeof value);

type Collection = unknown[] | Map<unknown, unknown> | Set<unknown>;

export const isCollection = (value: unknown): value is Collection =>
  Array.isArray(value) || value instanceof Map || value instanceof Set;

/** Layers are roots of their own; graphs of layers and weights are TensorFlow.js's. */
function followed(value: object): boolean {
  return !(
    value instanceof tf.layers.Layer ||
    value instanceof tf.SymbolicTensor ||
    // A weight of a layer; it is read at every step.
    ('val' in value && 'trainable_' in value)
  );
}
