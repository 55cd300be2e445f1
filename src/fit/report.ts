import type { SamplerReport } from '../methods/method.ts';

/** What is told of a step to `onStep`, and written to `metrics.ndjson`. */
export interface StepReport extends SamplerReport {
  /** Number of the step in the run, from 0. */
  readonly step: number;
  readonly epoch: number;
  /** Number of the step in its epoch, from 0. */
  readonly batch: number;
  /** Seconds of training so far, without evaluation and callbacks. */
  readonly seconds: number;
  /** The weighted objective on the samples picked: an unbiased estimate of the training loss for unbiased methods. */
  readonly loss: number;
  /** The model's metrics on the samples picked, unweighted, by name. */
  readonly metrics: { readonly [name: string]: number };
  readonly learningRate: number;
  /** Number of samples trained on. */
  readonly size: number;
  /** On a stream, of how many of its samples `loss` is an estimate, where these are others than those trained on. */
  readonly standsFor?: number;
  /** Index in the data of each sample trained on, its loss and its importance weight (all 1 where absent). */
  readonly indices: Int32Array;
  readonly losses: Float32Array;
  readonly weights?: Float64Array;
  /** The losses without the weights of samples and classes, where there are any. */
  readonly unweighted?: Float32Array;
  /** Of a classifier, four rows: margin and probability of the given label, the class the model would give, the given one. */
  readonly answers?: Float32Array;
  /** Of several processes: how many they are, the bytes of this step through this one, the samples of the epoch that all have trained on. */
  readonly members?: number;
  readonly traffic?: number;
  readonly done?: number;
  /** Samples that went forward and backward so far. */
  readonly forward: number;
  readonly backward: number;
}
