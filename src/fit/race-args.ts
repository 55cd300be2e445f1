import type { Samples } from '../data/samples.ts';
import type { Schedule } from '../methods/method.ts';
import type { CurvePoint } from './curve.ts';
import type { EngineArgs } from './options.ts';
import type { StepReport } from './report.ts';

export interface RaceArgs extends EngineArgs {
  /** Seconds of training for each method. */
  readonly seconds: number;
  readonly batchSize?: number;
  readonly seed?: number;
  /** Held-out samples, all of them evaluated at every point. */
  readonly test?: Samples;
  /** Training samples (a fixed random part of them) evaluated at every point. Default 2,000. */
  readonly trainPart?: number;
  /** Points on each curve, besides the first. Default 12. */
  readonly points?: number;
  /** Seconds of a slice. Default a 60th of `seconds`, between 0.2 and 2. */
  readonly slice?: number;
  readonly schedule?: Schedule;
  /** A factor of the optimizer's learning rate for each method by name: its own best rate. */
  readonly rateFactor?: { readonly [method: string]: number };
  readonly signal?: AbortSignal;
  readonly onStep?: (method: string, report: StepReport) => void;
  readonly onPoint?: (method: string, point: CurvePoint) => void | Promise<void>;
  readonly now?: () => number;
}
