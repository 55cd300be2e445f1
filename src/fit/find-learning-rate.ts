import type * as tf from '@tensorflow/tfjs';
import type { Rows, Samples } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { EagerLearner } from '../learner/eager.ts';
import { trainableModel } from '../learner/model.ts';

import { uniform } from '../methods/uniform.ts';
import { requireOwnWeights } from '../optimizers/with-averages.ts';
import { type Checks, checkedOptions } from '../options.ts';
import { refuseStream } from './entry.ts';
import { fit } from './fit.ts';
import { fitChecks, part } from './option-table.ts';
import type { FitArgs } from './options.ts';
import { isSamples } from './provider.ts';

export interface FindLearningRateArgs
  extends Pick<
    FitArgs,
    'batchSize' | 'seed' | 'engine' | 'providers' | 'runtime' | 'signal' | 'method' | 'sampleWeight' | 'classWeight'
  > {
  /** The lowest rate. Default 1e-6. */
  readonly from?: number;
  /** The highest rate. Default 10. */
  readonly to?: number;
  /** Steps from the one to the other, evenly on a logarithmic scale. Default 200. */
  readonly steps?: number;
}

/** What one step at one rate came to. */
export interface RatePoint {
  readonly rate: number;
  /** Before the step. */
  readonly loss: number;
  /** Moving average of the losses so far. */
  readonly smoothed: number;
}

/** The loss by learning rate. */
export interface RateCurve {
  readonly points: readonly RatePoint[];
  /** Where the smoothed loss falls fastest; absent where it falls nowhere. */
  readonly suggestion?: number;
  /** Why it ended: all steps were made, the loss had grown too far or was no number, or it was stopped. */
  readonly ended: 'done' | 'diverged' | 'stopped';
}

const above0 = (name: string, value: unknown) => {
  if (typeof value === 'number' && value > 0 && value < Infinity) return;
  throw fault({ wrong: `bad ${name}`, got: value, expected: 'a number > 0' });
};
const checks: Checks<FindLearningRateArgs> = {
  ...part(fitChecks, [
    'batchSize',
    'seed',
    'engine',
    'providers',
    'runtime',
    'signal',
    'method',
    'sampleWeight',
    'classWeight',
  ]),
  from: above0,
  to: above0,
  steps: (name, value) => {
    if (Number.isInteger(value) && (value as number) >= 20 && (value as number) <= 100_000) return;
    throw fault({ wrong: `bad ${name}`, got: value, expected: 'a whole number from 20 to 100,000' });
  },
};

/** A loss that is this many times the lowest is lost. */
const lost = 4;
/** How much of the moving average is old: a longer one lags, and names a rate that is many times too large. */
const old = 0.8;

/**
 * The learning rate at which a model begins to learn fastest: trains it for a few hundred steps while the rate grows from
 * very small to too large, and looks at the loss. Model and optimizer are then as they were, whatever happened.
 *
 * @example
 * ```ts
 * const { suggestion } = await findLearningRate(model, x, y, { batchSize: 64 });
 * if (suggestion === undefined) throw new Error('The loss fell at no rate.');
 * model.compile({ optimizer: tf.train.momentum(suggestion, 0.9), loss: 'categoricalCrossentropy' });
 * ```
 *
 * @throws UnequalError as `fit` does. A loss that diverges is a result.
 *
 * Reference: Smith, *Cyclical Learning Rates for Training Neural Networks*, 2017, section 3.3; the rate of the steepest
 * fall is that of fast.ai.
 */
export function findLearningRate(
  model: tf.LayersModel,
  x: Rows,
  y: Rows,
  args?: FindLearningRateArgs,
): Promise<RateCurve>;
export function findLearningRate(
  model: tf.LayersModel,
  samples: Samples,
  args?: FindLearningRateArgs,
): Promise<RateCurve>;
export async function findLearningRate(
  model: tf.LayersModel,
  data: Rows | Samples,
  yOrArgs?: Rows | FindLearningRateArgs,
  maybeArgs?: FindLearningRateArgs,
): Promise<RateCurve> {
  const compiled = trainableModel(model);
  requireOwnWeights(model);
  refuseStream(data, 'findLearningRate');
  const given = (isSamples(data) ? yOrArgs : maybeArgs) ?? {};
  const {
    from = 1e-6,
    to = 10,
    steps = 200,
    signal,
    ...rest
  } = checkedOptions('findLearningRate', given as FindLearningRateArgs, checks);
  if (!(from < to)) throw fault({ wrong: 'no rates to try', got: `from ${from} to ${to}`, expected: 'from < to' });
  const rates = Array.from({ length: steps }, (_, k) => from * (to / from) ** (k / (steps - 1)));
  const learner = new EagerLearner(model);
  const before = await learner.state();
  const { history, stopTraining_: stopped } = compiled;
  const points: RatePoint[] = [];
  const end = new AbortController();
  let ended: RateCurve['ended'] = 'done';
  let [average, lowest] = [0, Infinity];
  const stop = (why: RateCurve['ended']) => {
    ended = why;
    end.abort();
  };
  const args: FitArgs = {
    ...{ method: uniform(), ...rest, epochs: 1_000_000, verbose: 0, signal: end.signal },
    schedule: () => rates[Math.min(points.length, steps - 1)] / before.learningRate,
    onStep: ({ loss }) => {
      const k = points.length;
      average = old * average + (1 - old) * loss;
      const smoothed = average / (1 - old ** (k + 1));
      points.push({ rate: rates[k], loss, smoothed });
      lowest = Math.min(lowest, smoothed);
      if (signal?.aborted) stop('stopped');
      else if (smoothed > lost * lowest) stop('diverged');
      else if (points.length === steps) stop('done');
    },
  };
  try {
    await (isSamples(data) ? fit(model, data, args) : fit(model, data, yOrArgs as Rows, args));
  } catch (error) {
    // A rate that is too large ends in a loss that is no number; before the first step it is a fault of the call.
    if (points.length === 0) throw error;
    ended = 'diverged';
  } finally {
    await learner.restore(before);
    await learner.dispose();
    compiled.history = history;
    compiled.stopTraining_ = stopped;
  }
  return { points, suggestion: steepest(points), ended };
}

/**
 * The rate where the loss falls fastest with ln(rate), before it is lowest: of means over as many steps before as after, which
 * do not lag as a moving average does.
 */
export function steepest(points: readonly RatePoint[]): number | undefined {
  const around = Math.max(3, Math.floor(points.length / 20));
  const means = points.map((_, k) => {
    const near = points.slice(Math.max(0, k - around), k + around + 1);
    return near.reduce((sum, { loss }) => sum + loss, 0) / near.length;
  });
  let lowest = 0;
  for (const [k, mean] of means.entries()) if (mean < means[lowest]) lowest = k;
  let best: { readonly rate: number; readonly fall: number } | undefined;
  for (let k = around; k < lowest && k + around < points.length; k++) {
    const fall = means[k - around] - means[k + around];
    if (fall > 0 && (best === undefined || fall > best.fall)) best = { rate: points[k].rate, fall };
  }
  return best?.rate;
}
