import * as tf from '@tensorflow/tfjs';
import { isNdArray, type NdArray, type Rows } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { type CompiledModel, lossNames } from '../learner/model.ts';

/**
 * Inputs or targets in any accepted form (tensor, host array, list, dictionary by name) as host arrays in the model's
 * order, one-dimensional ones as columns, as `model.fit` does. Tensors stay the caller's.
 * @throws UnequalError for a missing or unknown name, a wrong number of arrays, a wrong shape.
 */
export function toHost(
  rows: Rows,
  slots: readonly Slot[],
  what: 'input' | 'target',
  name: Name = (row) => row,
): NdArray[] {
  const arrays = inOrder(rows, slots, what).map((one, k) => {
    const array = hostArray(one, `the ${what} ${slots[k].name}`, name);
    // The loss of TensorFlow.js takes class indices of this type alone.
    return slots[k].float && array.dtype !== 'float32'
      ? { data: Float32Array.from(array.data), shape: array.shape, dtype: 'float32' as const }
      : array;
  });
  for (const [k, { shape }] of arrays.entries()) checkShape(shape, slots[k], what);
  return arrays;
}

/** What a sample is called in errors, by its row. */
export type Name = (row: number) => number;

/** One input or output of a model. */
export interface Slot {
  readonly name: string;
  /** Shape with the batch axis; `null` where any size will do. */
  readonly shape: readonly (number | null)[];
  /** Whether its numbers have to be float32. */
  readonly float?: boolean;
  /** Whether a row has a number for each class. */
  readonly oneHot?: boolean;
}

export function inputSlots(model: CompiledModel): Slot[] {
  return model.inputs.map(({ shape }, k) => ({ name: model.inputNames[k], shape }));
}

/** What the targets look like: the outputs' shapes, but one class index instead of a row per class for sparse losses. */
export function targetSlots(model: CompiledModel): Slot[] {
  const losses = lossNames(model);
  return model.outputs.map(({ shape }, k) => {
    const name = model.outputNames[k];
    if (losses[k] === sparse) return { name, shape: [...shape.slice(0, -1), 1], float: true };
    // A loss of the user's own may want targets of any shape.
    return { name, shape: losses[k] === undefined ? [null] : shape, oneHot: losses[k] === 'categoricalCrossentropy' };
  });
}

/** The loss whose targets are class indices. */
export const sparse = 'sparseCategoricalCrossentropy';

function inOrder(rows: Rows, slots: readonly Slot[], what: string): (NdArray | tf.Tensor)[] {
  const names = slots.map(({ name }) => name);
  if (rows === undefined || rows === null) {
    throw fault({ wrong: `no ${what}s`, got: String(rows), expected: `a tensor for ${names.join(', ')}` });
  }
  const list =
    isOne(rows) || isUntyped(rows, names)
      ? [rows as NdArray]
      : Array.isArray(rows)
        ? (rows as (NdArray | tf.Tensor)[])
        : undefined;
  if (list === undefined) {
    const dictionary = rows as { [name: string]: NdArray | tf.Tensor };
    const missing = names.find((name) => !Object.hasOwn(dictionary, name) || dictionary[name] === undefined);
    const unknown = Object.keys(dictionary).find((name) => !names.includes(name));
    if (missing !== undefined || unknown !== undefined) {
      throw fault({
        wrong: missing !== undefined ? `no ${what} for ${missing}` : `the model has no ${what} ${unknown}`,
        got: Object.keys(dictionary).join(', '),
        expected: names.join(', '),
      });
    }
    return names.map((name) => dictionary[name]);
  }
  if (list.length !== slots.length) {
    throw fault({
      wrong: `wrong number of ${what}s`,
      got: list.length,
      expected: `${slots.length}: ${names.join(', ')}`,
    });
  }
  return list;
}

export function isOne(rows: unknown): rows is NdArray | tf.Tensor {
  return rows instanceof tf.Tensor || isNdArray(rows);
}

/** An array whose numbers are in a JavaScript array: no dictionary by name. */
export const isUntyped = (value: unknown, names: readonly string[] = []): boolean =>
  Array.isArray((value as { data?: unknown } | null)?.data) && !names.includes('data');

const types = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

function hostArray(value: NdArray | tf.Tensor, what: string, name: Name): NdArray {
  if (!isOne(value)) {
    if (isUntyped(value)) {
      throw fault({
        wrong: `${what} has its data in a JavaScript array`,
        expected: 'a typed array',
        mend: 'make one of it: Float32Array.from(data)',
      });
    }
    throw fault({ wrong: `${what}: not numbers`, got: value, expected: 'a tf.Tensor or { data, shape, dtype }' });
  }
  if (value instanceof tf.Tensor && value.isDisposed) {
    throw fault({
      wrong: `${what} is a disposed tensor`,
      got: `[${value.shape}]`,
      mend: 'dispose of it after training',
    });
  }
  const { data, shape, dtype } =
    value instanceof tf.Tensor
      ? { data: value.dataSync() as Float32Array, shape: value.shape, dtype: value.dtype as NdArray['dtype'] }
      : value;
  if (!Object.hasOwn(types, dtype)) {
    throw fault({
      wrong: `${what} has numbers of a type that cannot be trained on`,
      got: String(dtype),
      expected: 'float32 or int32',
    });
  }
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw fault({
      wrong: `${what} has no shape`,
      got: typeof shape === 'string' ? `'${shape}'` : (shape ?? String(shape)),
      expected: 'a list of whole numbers ≥ 0',
    });
  }
  const size = shape.reduce((product, n) => product * n, 1);
  if (data.length !== size || typeof data[0] === 'bigint') {
    throw fault({
      wrong: `${what} has numbers that do not fill their shape`,
      got: `${data.length ?? 'no'} ${typeof data[0] === 'bigint' ? 'big integers' : 'numbers'} for [${shape.join(', ')}]`,
      expected: `${size} numbers`,
    });
  }
  if (shape.length === 0) {
    throw fault({ wrong: `${what} is a single number`, expected: 'at least one axis, the samples' });
  }
  const rows = shape.length === 1 ? [shape[0], 1] : shape;
  return { data: ofType(data, dtype, what, (place) => name(Math.floor((place * rows[0]) / size))), shape: rows, dtype };
}

/**
 * The cpu backend casts without converting: what `oneHot(…).toFloat()` holds is an Int32Array.
 * @throws UnequalError for a number that is another one in the type, such as 0.9 or NaN in `int32`.
 */
function ofType(data: NdArray['data'], dtype: NdArray['dtype'], what: string, name: Name): NdArray['data'] {
  const type = types[dtype];
  if (data instanceof type) return data;
  const converted = type.from(data);
  // Whole numbers beyond 2²⁴ are rounded in single precision, in TensorFlow.js as well.
  const bad = dtype === 'float32' ? -1 : converted.findIndex((value, i) => value !== data[i]);
  if (bad < 0) return converted;
  throw fault({
    wrong: `${what} has a number that ${dtype} does not have`,
    got: `${data[bad]} in the sample ${name(bad)}`,
    expected: dtype === 'bool' ? '0 or 1' : 'whole numbers',
    mend: "convert the numbers, or say dtype: 'float32'",
  });
}

function checkShape(shape: readonly number[], slot: Slot, what: string): void {
  if (slot.oneHot && shape.at(-1) === 1) {
    throw fault({
      wrong: `the ${what} ${slot.name} has one class, so that its cross-entropy is always 0`,
      got: `[${shape.join(', ')}]`,
      expected: 'a number for each class, at least two',
      mend: `for two classes take a last layer of one unit with a sigmoid and 'binaryCrossentropy'; for class indices '${sparse}'`,
    });
  }
  if (slot.shape.length === 1) return;
  const fits =
    shape.length === slot.shape.length && slot.shape.every((n, k) => k === 0 || n === null || n === shape[k]);
  if (fits) return;
  const wanted = slot.shape.map((n) => n ?? '*').join(', ');
  throw fault({
    wrong: `the ${what} ${slot.name} has a wrong shape`,
    got: `[${shape.join(', ')}]`,
    expected: `[${wanted}]`,
  });
}
