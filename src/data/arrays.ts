import { fault } from '../errors.ts';
import { counted } from '../plural.ts';
import { isNdArray, type NdArray, type Samples } from './samples.ts';

/** One host array, one per model input or output, or a dictionary by name. */
export type HostRows = NdArray | readonly NdArray[] | { readonly [name: string]: NdArray };

/** A batch of which every part is on the host. */
export interface HostBatch {
  readonly xs: HostRows;
  readonly ys: HostRows;
  readonly sampleWeight?: Float32Array;
}

/** Samples whose batches are ready at once and on the host. */
export interface HostSamples extends Samples {
  readonly pure: true;
  batch(indices: ArrayLike<number>): HostBatch;
}

/**
 * Samples from host arrays whose first axis counts them. Nothing is copied but the rows of a batch.
 *
 * @throws UnequalError where lengths differ, a shape does not fit its data, or there are no samples.
 *
 * @example
 * ```ts
 * const xs = { data: Float32Array.of(0, 1, 2), shape: [3, 1], dtype: 'float32' } as const;
 * const ys = { data: Float32Array.of(0, 2, 4), shape: [3, 1], dtype: 'float32' } as const;
 * await fit(model, arraySamples(xs, ys), { epochs: 10 });
 * ```
 */
export function arraySamples(xs: HostRows, ys: HostRows, sampleWeight?: ArrayLike<number>): HostSamples {
  const parts = [...named('xs', xs), ...named('ys', ys)];
  for (const [name, array] of parts) checkShape(name, array);
  const length = parts[0]?.[1].shape[0] ?? 0;
  if (length === 0) throw fault({ wrong: 'There are no samples', got: 'an empty xs', expected: 'one sample or more' });
  for (const [name, { shape }] of parts) {
    if (shape[0] !== length) {
      throw fault({
        wrong: 'xs and ys differ in length',
        got: `${counted(shape[0], 'row')} of ${name}`,
        expected: `${length}`,
      });
    }
  }
  if (sampleWeight !== undefined && sampleWeight.length !== length) {
    throw fault({ wrong: 'sampleWeight has the wrong length', got: sampleWeight.length, expected: `${length}` });
  }
  return {
    length,
    pure: true,
    batch: (indices) => ({
      xs: mapRows(xs, (array) => takeRows(array, indices)),
      ys: mapRows(ys, (array) => takeRows(array, indices)),
      ...(sampleWeight && { sampleWeight: Float32Array.from(indices, (i) => sampleWeight[i]) }),
    }),
  };
}

/** The rows of `array` at `indices`, copied. @throws UnequalError if there is no such row, or if its memory is gone. */
export function takeRows(array: NdArray, indices: ArrayLike<number>): NdArray {
  const [length, ...inner] = array.shape;
  const size = inner.reduce((product, dimension) => product * dimension, 1);
  const { data: source, dtype } = array;
  if (source.length < length * size) {
    throw fault({
      wrong: 'The memory of an array is gone',
      got: `${source.length} numbers for [${array.shape.join(', ')}]`,
      expected: `${length * size}`,
      mend: 'transfer a copy of it, as by slice(), to a worker or elsewhere',
    });
  }
  const data = new (source.constructor as Float32ArrayConstructor)(indices.length * size);
  for (let k = 0; k < indices.length; k++) {
    const i = indices[k];
    if (!(Number.isInteger(i) && i >= 0 && i < length)) {
      throw fault({ wrong: 'No such sample', got: `index ${i}`, expected: `an index from 0 to ${length - 1}` });
    }
    if (size === 1) data[k] = source[i];
    else data.set(source.subarray(i * size, (i + 1) * size) as Float32Array, k * size);
  }
  return { data, shape: [indices.length, ...inner], dtype };
}

/** Applies `map` to every array, keeping the structure. */
function mapRows(rows: HostRows, map: (array: NdArray) => NdArray): HostRows {
  if (isNdArray(rows)) return map(rows);
  if (Array.isArray(rows)) return rows.map(map);
  return Object.fromEntries(Object.entries(rows as { [name: string]: NdArray }).map(([k, v]) => [k, map(v)]));
}

function named(name: string, rows: HostRows): [string, NdArray][] {
  const all =
    typeof rows === 'object' && rows !== null ? (isNdArray(rows) ? [rows] : Object.values(rows)) : [undefined];
  for (const one of all) {
    if (typeof one === 'object' && one !== null && isNdArray(one) && Array.isArray(one.shape)) continue;
    throw fault({
      wrong: `${name} is no host array`,
      got: one,
      expected: '{ data, shape, dtype }, a list or a dictionary of such',
    });
  }
  if (isNdArray(rows)) return [[name, rows]];
  return Object.entries(rows).map(([key, array]) => [
    Array.isArray(rows) ? `${name}[${key}]` : `${name}.${key}`,
    array,
  ]);
}

function checkShape(name: string, { shape, data }: NdArray): void {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (shape.length === 0 || size !== data.length || !shape.every((d) => Number.isInteger(d) && d >= 0)) {
    throw fault({
      wrong: `The shape of ${name} does not fit its data`,
      got: `${data.length} numbers for [${shape.join(', ')}]`,
      expected: `${size}`,
    });
  }
}
