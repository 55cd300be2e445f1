import type { Batch, NdArray, Samples } from './samples.ts';

/** A batch of samples of one class each: float32 inputs and one-hot float32 labels. */
export interface LabelledBatch extends Batch {
  readonly xs: NdArray & { readonly data: Float32Array };
  readonly ys: NdArray & { readonly data: Float32Array };
}

/** Where samples stand in the data that they were taken from, before it was split or a part was drawn. */
export interface Origin {
  /** The same object for all parts of the same data. */
  readonly of: object;
  /** How many there are in all of it. */
  readonly length: number;
  /** The place of a sample, from 0. */
  at(index: number): number;
}

/** What samples can be shown by, beside {@link LabelledImages.image}. */
export interface Shown {
  /** Default: as they are counted. */
  readonly origin?: Origin;
  /** The text that a sample was made of. */
  text?(index: number): string;
  /** The path of the file that a sample was made of. */
  file?(index: number): string;
}

/** Where a sample stands in its data. */
export function placeOf(samples: Shown, index: number): number {
  return samples.origin === undefined ? index : samples.origin.at(index);
}

/** Where samples come from: those that were taken from nothing are the data themselves. */
export function originOf(samples: Shown & { readonly length: number }): Origin {
  return samples.origin ?? { of: samples, length: samples.length, at: (index) => index };
}

/** Samples whose inputs have one shape, and what they are to be told apart by or measured on. */
export interface ShapedSamples extends Samples, Shown {
  readonly name: string;
  /** The shape of one input, without the batch axis. */
  readonly inputShape: readonly number[];
  /** Of classification alone. */
  readonly labels?: Uint8Array | Uint16Array;
  readonly classes?: number;
  readonly classNames?: readonly string[];
}

/** Samples of one class each. `batch` gives inputs of `[n, ...inputShape]` and one-hot labels of `[n, classes]`. */
export interface LabelledSamples extends Samples, Shown {
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
