import type { ImportanceOptions } from '../methods/importance/importance.ts';
import type { Method } from '../methods/method.ts';
import type { Falling } from './falling.ts';
import type { Outlook } from './outlook.ts';

/** What `advise` found out. */
export interface Advice {
  /** Whether importance sampling lowers the validation loss faster than uniform sampling, by more than noise and 2 %. */
  readonly pays: boolean;
  /** Whether the time was enough to tell. */
  readonly conclusive: boolean;
  /** What to train with: `fit(model, samples, { method })`. */
  readonly method: Method;
  /** What `importance` was given to make it; absent for uniform sampling. */
  readonly options?: ImportanceOptions;
  /** The same as a line of code. */
  readonly code: string;
  readonly candidates: readonly Candidate[];
  /** Why, in words. */
  readonly reasons: readonly string[];
  /** What there was to work with at the weights given, and at those of uniform training in the end. */
  readonly before?: Outlook;
  readonly after?: Outlook;
  /** By how many standard errors the loss of uniform training falls over its last few hundred steps. */
  readonly fall?: number;
  /** Seconds that all of it took. */
  readonly seconds: number;
  /** Whether a signal ended it before its time. */
  readonly stopped: boolean;
}

/** One method in the comparison. */
export interface Candidate {
  readonly name: string;
  /** What to give to `importance`; absent for uniform sampling. */
  readonly options?: ImportanceOptions;
  /** Mean loss of the validation samples over the last third of the moments; then that over uniform's. */
  readonly validationLoss?: number;
  readonly ratio?: number;
  /** 95 % interval of the ratio. Other seeds are not in it. */
  readonly low?: number;
  readonly high?: number;
  /** Share of uniform's seconds after which it has uniform's loss; absent where it has not got there. */
  readonly time?: number;
  readonly steps: number;
  readonly epochs: number;
  /** Seconds of training. */
  readonly seconds: number;
  /** Seconds of a step over those of a uniform one, the mean of all its steps. */
  readonly stepTime?: number;
  /** Share of the steps that were trained by importance. */
  readonly importanceShare: number;
  /** B/b in use at the end; E‖g_U‖² / E‖g_IS‖²; uniform steps that a step is worth, and takes the time of. */
  readonly presample?: number;
  readonly gain?: number;
  readonly worth?: number;
  readonly cost?: number;
  /** Where it stood at the end, in its own words. */
  readonly says?: string;
  /** Why it ended before its time. */
  readonly failed?: string;
}

/** What was measured. */
export interface Measured {
  /** Trained on, and judged by. */
  readonly samples: number;
  readonly judges: number;
  /** Whether those were taken from the samples given. */
  readonly heldBack: boolean;
  readonly batchSize: number;
  /** Seconds asked for, and taken. */
  readonly planned: number;
  readonly seconds: number;
  readonly stopped: boolean;
  /** Why samples are scored by their loss, where they are. */
  readonly byLoss?: string;
  readonly before?: Outlook;
  readonly after?: Outlook;
  /** Of the loss of uniform training. */
  readonly falling: Falling;
  /** Uniform first. */
  readonly candidates: readonly Candidate[];
}
