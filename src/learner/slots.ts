import * as tf from '@tensorflow/tfjs';

/** A variable that an optimizer keeps between steps. */
export interface Slot {
  /** Where it is: the field, and its places in the lists and dictionaries that are there. */
  readonly name: string;
  readonly variable: tf.Variable;
  /** Takes it away, so that the optimizer makes it anew. */
  readonly drop: () => void;
}

/**
 * The variables an optimizer keeps between steps, in the order of its fields. Read from the fields and not from `getWeights`,
 * which leaves out Adam's running powers of β and so cannot restore a run bit for bit. TensorFlow.js's own have a variable, or
 * a list of `{ originalName, variable }`; others have lists, dictionaries and maps of variables.
 */
export function slotsOf(optimizer: tf.Optimizer): Slot[] {
  const seen = new Set<unknown>();
  const fields = optimizer as unknown as { [field: string]: unknown };
  return Object.entries(fields).flatMap(([field, value]) => within(value, field, () => delete fields[field], seen));
}

function within(value: unknown, name: string, drop: () => void, seen: Set<unknown>): Slot[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof tf.Variable) return [{ name, variable: value, drop }];
  if (Array.isArray(value)) {
    return value.flatMap((one, k) => within(one, `${name}/${k}`, () => removeAt(value, k), seen));
  }
  if (value instanceof Map) {
    return [...value].flatMap(([key, one], k) => within(one, `${name}/${k}`, () => value.delete(key), seen));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return [];
  const entries = Object.entries(value as { [key: string]: unknown });
  const slot = entries.find(([key, one]) => key === 'variable' && one instanceof tf.Variable);
  if (slot) return within(slot[1], name, drop, seen);
  return entries.flatMap(([key, one], k) =>
    within(one, `${name}/${k}`, () => delete (value as { [key: string]: unknown })[key], seen),
  );
}

function removeAt(list: unknown[], k: number): void {
  if (k === list.length - 1) list.length = k;
  else list[k] = undefined;
}

/** Takes away all slots but those of the names in `kept`. */
export function dropSlots(optimizer: tf.Optimizer, kept: ReadonlySet<string>): void {
  for (const { name, variable, drop } of slotsOf(optimizer).reverse()) {
    if (kept.has(name)) continue;
    variable.dispose();
    drop();
  }
}
