import type { Measured } from '../methods/measured.ts';
import type { Method } from '../methods/method.ts';
import type { CappedSample } from './capped.ts';
import type { SwitchRecord } from './history.ts';
import type { Engine } from './options.ts';
import type { SampleHistory } from './sample-history.ts';

/** Where a method stood at one moment of its own training time. */
export interface CurvePoint {
  readonly seconds: number;
  readonly step: number;
  /** Epochs trained: samples trained on ÷ N. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly testLoss?: number;
  /** 1 − accuracy, if the model has that metric. */
  readonly testError?: number;
}

/** One method's race. */
export interface Curve {
  readonly method: string;
  readonly options: Method['options'];
  /** The engine that ran it. */
  readonly engine: Exclude<Engine, 'auto'>;
  readonly points: readonly CurvePoint[];
  readonly steps: number;
  /** Share of the steps that were trained by importance. */
  readonly importanceShare: number;
  readonly switches: readonly SwitchRecord[];
  /** A few hundred moments of what the sampler said, evenly over the run. */
  readonly trace: readonly TracePoint[];
  /** Why it was trained as it was, a line for each thing. */
  readonly explanation: readonly string[];
  /** The last scores of a presample, if the method scored any. */
  readonly scores?: readonly number[];
  /** The samples trained on most often, the most picked first. */
  readonly mostPicked: readonly { readonly index: number; readonly times: number }[];
  /** The samples whose scores were capped as likely wrong labels, most often first; at most 100. */
  readonly capped: readonly CappedSample[];
  /** What became of each sample. */
  readonly samples: SampleHistory;
  /** Samples through a forward and a backward pass. */
  readonly forward: number;
  readonly backward: number;
  /** Why the method ended before its time: the message of the error it threw. */
  readonly failed?: string;
}

/** A moment of a run: its step, and what the method measured then. */
export interface TracePoint extends Pick<Measured, TracedName> {
  readonly seconds: number;
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly phase: string;
}

type TracedName = Exclude<keyof Measured, 'presample' | 'lead' | 'fitted' | 'staleness'>;
