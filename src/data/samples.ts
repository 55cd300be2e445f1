import type { Tensor } from '@tensorflow/tfjs';

/** Numbers on the host in row-major order; the first axis counts samples. */
export interface NdArray {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

/**
 * The inputs or outputs of a batch: one array per model input or output, or a dictionary by their names. Tensors are
 * accepted as well; whoever asked for the batch disposes of them.
 */
export type Rows =
  | NdArray
  | readonly NdArray[]
  | { readonly [name: string]: NdArray }
  | Tensor
  | readonly Tensor[]
  | { readonly [name: string]: Tensor };

/** Samples of a batch, one row each. */
export interface Batch {
  readonly xs: Rows;
  readonly ys: Rows;
  /** One weight per sample of the batch. */
  readonly sampleWeight?: ArrayLike<number>;
}

/** A finite set of samples that gives any batch of them by index; never asked to hold all of them in memory. */
export interface Samples {
  /** How many samples there are. */
  readonly length: number;
  /** The samples at `indices` in that order; an index may come more than once. The arrays belong to the caller. */
  batch(indices: ArrayLike<number>): Batch | Promise<Batch>;
  /**
   * Told which batch is likely to be asked for next, before the step that comes first: whoever reads or makes samples in
   * other threads begins here. It changes nothing that `batch` gives. It may come to nothing: a run ends, or asks for
   * other samples first, so keep no more than a few batches.
   */
  soon?(indices: ArrayLike<number>): void;
  /**
   * That `batch` changes nothing which a loss, a layer or an optimizer of the user's reads. Where these are code of the user's and
   * nothing is said, the compiled model is looked at anew before every step, which may take as long as the step. The samples of this
   * library say so.
   */
  readonly pure?: boolean;
  /**
   * What errors and explanations call a sample, where that is not its index: its place in the data of which these are a part.
   */
  place?(index: number): number;
}

/** Whether `value` is a host array and not a tensor, a list or a dictionary. */
export function isNdArray(value: unknown): value is NdArray {
  return typeof value === 'object' && value !== null && ArrayBuffer.isView((value as NdArray).data);
}
