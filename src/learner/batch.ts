import * as tf from '@tensorflow/tfjs';
import { takeRows } from '../data/arrays.ts';
import type { NdArray } from '../data/samples.ts';

/** A batch on the host in the model's own order of inputs and outputs: what every learner takes. */
export interface ModelBatch {
  /** Number of samples, the first axis of every array. */
  readonly size: number;
  readonly xs: readonly NdArray[];
  readonly ys: readonly NdArray[];
  /** The user's weight of each sample in the loss of each output: sampleWeight × classWeight; all 1 where absent. */
  readonly lossWeights?: readonly Float32Array[];
}

/** The batch's `rows`, in that order, copied. */
export function selectRows(batch: ModelBatch, rows: ArrayLike<number>): ModelBatch {
  return {
    size: rows.length,
    xs: batch.xs.map((array) => takeRows(array, rows)),
    ys: batch.ys.map((array) => takeRows(array, rows)),
    lossWeights: batch.lossWeights?.map((weights) => Float32Array.from(rows, (row) => weights[row])),
  };
}

/** A copy of the batch, whatever becomes of the memory that it is in. */
export function copied(batch: ModelBatch): ModelBatch {
  return selectRows(
    batch,
    Int32Array.from({ length: batch.size }, (_, row) => row),
  );
}

/** {@link selectRows} of a batch that stays as it is, copied when they are first looked at: a step that is done needs none. */
export function rowsOf(batch: ModelBatch, rows: ArrayLike<number>): ModelBatch {
  let copied: ModelBatch | undefined;
  const copy = () => {
    copied ??= selectRows(batch, rows);
    return copied;
  };
  return {
    size: rows.length,
    get xs() {
      return copy().xs;
    },
    get ys() {
      return copy().ys;
    },
    get lossWeights() {
      return copy().lossWeights;
    },
  };
}

/** Whether batches can be joined: no axis but the first differs, nor what kind of numbers they hold. */
export function joinable(a: ModelBatch, b: ModelBatch): boolean {
  const form = ({ xs, ys }: ModelBatch) =>
    [...xs, ...ys].map(({ dtype, shape }) => `${dtype} ${shape.slice(1)}`).join();
  return form(a) === form(b);
}

/** Batches joined along the first axis; see {@link joinable}. */
export function concatBatches(batches: readonly ModelBatch[]): ModelBatch {
  if (batches.length === 1) return batches[0];
  const size = batches.reduce((sum, batch) => sum + batch.size, 0);
  const join = (pick: (batch: ModelBatch) => readonly NdArray[]) =>
    pick(batches[0]).map((_, k) => concatArrays(batches.map((batch) => pick(batch)[k])));
  return {
    size,
    xs: join((batch) => batch.xs),
    ys: join((batch) => batch.ys),
    lossWeights: batches[0].lossWeights?.map((_, k) =>
      Float32Array.from(batches.flatMap((batch) => Array.from(batch.lossWeights![k]))),
    ),
  };
}

function concatArrays(arrays: readonly NdArray[]): NdArray {
  const [first] = arrays;
  const length = arrays.reduce((sum, array) => sum + array.data.length, 0);
  const data = new (first.data.constructor as Float32ArrayConstructor)(length) as Float32Array;
  let at = 0;
  for (const array of arrays) {
    data.set(array.data as Float32Array, at);
    at += array.data.length;
  }
  return { data, shape: [arrays.reduce((sum, a) => sum + a.shape[0], 0), ...first.shape.slice(1)], dtype: first.dtype };
}

/** A tensor of the array's values; the caller disposes of it. */
export function toTensor(array: NdArray): tf.Tensor {
  return tf.tensor(array.data as Float32Array, array.shape as number[], array.dtype);
}
