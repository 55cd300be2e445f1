import type { Batch, NdArray, Samples } from './samples.ts';

/** A batch of samples of one class each: float32 inputs and one-hot float32 labels. */
export interface LabelledBatch extends Batch {
  readonly xs: NdArray & { readonly data: Float32Array };
  readonly ys: NdArray & { readonly data: Float32Array };
}

/** Samples of one class each. `batch` gives inputs of `[n, ...inputShape]` and one-hot labels of `[n, classes]`. */
export interface LabelledSamples extends Samples {
  readonly name: string;
  /** The shape of one input, without the batch axis. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly classNames: readonly string[];
  /** The class of every sample. */
  readonly labels: Uint8Array | Uint16Array;
  batch(indices: ArrayLike<number>): LabelledBatch | Promise<LabelledBatch>;
}

/** A training and a test part with the same classes. */
export interface Splits<T extends LabelledSamples = LabelledSamples> {
  readonly train: T;
  readonly test: T;
}
