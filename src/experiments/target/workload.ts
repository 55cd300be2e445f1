import type * as tf from '@tensorflow/tfjs';
import type { Samples } from '../../data/samples.ts';

/** What is measured of a model, less of it is better: `error` of classes, the mean over the classes of each one's, or the loss. */
export type Measure = 'error' | 'class error' | 'loss';

/** Data with a network, an optimizer and a time: what a method is to train sooner than uniform sampling does. */
export interface Workload {
  readonly name: string;
  /** Data and network in words, stand-ins named as such. */
  readonly title: string;
  /**
   * Named before any result was seen: a default is designed on the one half, the other is looked at once per candidate.
   */
  readonly half: 'design' | 'held out';
  /** T: seconds of training on one core. */
  readonly seconds: number;
  readonly batchSize: number;
  /** In words, without the rate. */
  readonly optimizer: string;
  /** The learning rate that the search begins with. */
  readonly rate: number;
  readonly measure: Measure;
  /** Whether the samples come as a stream. */
  readonly streamed?: boolean;
  /** A fresh compiled model. */
  readonly makeModel: (rate: number, seed: number) => tf.LayersModel | Promise<tf.LayersModel>;
  /** @param few a hundred samples or so instead of all, to see that everything runs. */
  readonly load: (few: boolean) => Promise<WorkloadData>;
}

/** Three parts without a common sample. */
export interface WorkloadData {
  /** Drawn anew by each run where it is augmented. */
  readonly train: (seed: number) => Samples;
  /** Says when the target is reached. */
  readonly validation: Samples;
  /** Is reported, and decides nothing. */
  readonly test: Samples;
}
