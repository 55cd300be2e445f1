import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';

/** Gradients by the names of their variables, as optimizers of TensorFlow.js take them; one may have none. */
export type Gradients = readonly { readonly name: string; readonly tensor: tf.Tensor | undefined | null }[];
export type Apply = (gradients: Gradients) => void;

/** A variable of an optimizer, as TensorFlow.js's own keep theirs: saved and restored with all others. */
export interface Slot {
  readonly originalName: string;
  readonly variable: tf.Variable;
}

/** The fields in which extensions keep theirs: they start from 0, whatever the optimizer's own start from. */
export const extensionFields: ReadonlySet<string> = new Set([
  ...['averages', 'averagesWeight', 'accumulated', 'accumulatedCount'],
]);

/** What is put around an optimizer, with its numbers. */
export interface Extension {
  readonly name: string;
  readonly options: { readonly [option: string]: unknown };
}

const extensions = new WeakMap<tf.Optimizer, readonly Extension[]>();

/** What was put around an optimizer, the innermost first. */
export const extensionsOf = (optimizer: tf.Optimizer): readonly Extension[] => extensions.get(optimizer) ?? [];

/** The functions that are put before an optimizer's own. */
const known = new WeakSet<object>();

/** Whether a function is one of those, whose numbers are the optimizer's fields. */
export const isExtension = (value: unknown): boolean => typeof value === 'function' && known.has(value);

/**
 * Puts something around what an optimizer of TensorFlow.js does with gradients. It stays the same optimizer, with its
 * class, its learning rate and its slots, so that whatever works with it still does: `model.fit`, both engines,
 * checkpoints. All is done in operations of tensors, and what is kept is in slots that start from 0.
 *
 * @param fields in which the extension keeps its slots: there can be one of its kind.
 * @throws UnequalError if it is no optimizer, or extended so already.
 */
export function extended<O extends tf.Optimizer>(
  optimizer: O,
  extension: Extension,
  around: (apply: Apply) => Apply,
  fields: readonly string[] = [],
): O {
  const { name } = extension;
  if (!(optimizer instanceof tf.Optimizer)) {
    throw fault({ wrong: `${name} of no optimizer`, got: optimizer, expected: 'an optimizer of tf.train' });
  }
  const all = extensionsOf(optimizer);
  if (fields.length > 0 && all.some((one) => one.name === name)) {
    throw fault({ wrong: `${name} twice of one optimizer`, expected: 'once' });
  }
  extensions.set(optimizer, [...all, extension]);
  const dispose = optimizer.dispose.bind(optimizer);
  const own = optimizer as unknown as Record<string, Slot[] | tf.Variable | undefined>;
  const disposeAll = () => {
    for (const field of fields) {
      const kept = own[field];
      tf.dispose(Array.isArray(kept) ? kept.map(({ variable }) => variable) : kept);
    }
    dispose();
  };
  const before = optimizer.applyGradients.bind(optimizer) as unknown as Apply;
  const apply = around(before);
  const applyGradients = (given: unknown): void => apply(listed(given));
  for (const one of [applyGradients, disposeAll]) known.add(one);
  Object.assign(optimizer, { applyGradients, dispose: disposeAll });
  return optimizer;
}

/** Optimizers of TensorFlow.js take a list or a dictionary. */
function listed(given: unknown): Gradients {
  if (Array.isArray(given)) return given;
  return Object.entries(given as Record<string, tf.Tensor>).map(([name, tensor]) => ({ name, tensor }));
}

export const variableNamed = (name: string): tf.Variable => tf.engine().registeredVariables[name];

/** The slots of that name, one for each gradient, made where there are none yet. */
export function slots(optimizer: tf.Optimizer, field: string, gradients: Gradients, value = 0): tf.Variable[] {
  const own = optimizer as unknown as Record<string, Slot[] | undefined>;
  own[field] ??= [];
  const list = own[field];
  return gradients.map(({ name }, k) => {
    list[k] ??= {
      originalName: `${name}/${field}`,
      variable: tf.tidy(() => tf.variable(tf.fill(variableNamed(name).shape, value), false)),
    };
    return list[k].variable;
  });
}

/** A number that is kept from step to step, from 0. */
export function scalarSlot(optimizer: tf.Optimizer, field: string): tf.Variable {
  const variable = tf.tidy(() => tf.variable(tf.scalar(0), false));
  Object.assign(optimizer, { [field]: variable });
  return variable;
}
