import type * as tf from '@tensorflow/tfjs';
import type { Rows, Samples } from '../data/samples.ts';
import { fault, UnequalError } from '../errors.ts';
import { makeLearner } from '../fit/engine.ts';
import { refuseStream } from '../fit/entry.ts';
import { fitChecks, part } from '../fit/option-table.ts';
import type { EngineArgs, FitArgs } from '../fit/options.ts';
import { arrayProvider, isSamples, type Provider, samplesProvider } from '../fit/provider.ts';
import type { StepReport } from '../fit/report.ts';
import { validationProvider } from '../fit/validation-data.ts';
import { LossWeights } from '../fit/weights.ts';
import type { Learner } from '../learner/learner.ts';
import { type CompiledModel, trainableModel } from '../learner/model.ts';
import { untouched } from '../learner/untouched.ts';
import { requireOwnWeights } from '../optimizers/with-averages.ts';
import type { Checks } from '../options.ts';
import { checkedOptions } from '../options.ts';
import type { Advice } from './advice.ts';
import { heldBack } from './held-back.ts';
import { measure } from './measure.ts';

export interface AdviseArgs
  extends Pick<FitArgs, 'batchSize' | 'seed' | 'signal' | 'validationData' | 'classWeight' | 'sampleWeight' | 'now'>,
    EngineArgs {
  /** About how long it may take. Default 60. */
  readonly seconds?: number;
  /** Called after every step. @param share of the time of this candidate that has passed, 0 to 1. */
  readonly onStep?: (candidate: string, report: StepReport, share: number) => void;
}

/** The methods that are tried, uniform sampling first. */
export { candidateNames } from './measure.ts';

/**
 * Finds out whether importance sampling pays for this model, at the weights it has, on these samples and this machine,
 * and says how much, with which settings, and why not where it does not.
 *
 * Trains copies of the model's state by uniform sampling, by `importance()` and by importance sampling with fresh scores
 * and unbiased weights, in interleaved slices of equal seconds, at the learning rate of its optimizer; compares the
 * loss of validation samples, by averages of the weights where the optimizer keeps such; and looks at scores, gradient noise and times. The model is exactly as it was afterwards,
 * also where this throws.
 *
 * @param samples any `Samples`, or x and y as in `fit`. A `tf.data` stream has no samples that could be looked at twice.
 * @param args.validationData what is judged by, as in `fit`: 2,000 of these samples at most, chosen at random. Without it a
 * fifth of the samples is held back, 2,000 at most, and nothing trains on them.
 * @param args.signal ends it early, with what can be said by then.
 * @throws UnequalError if anything about model, samples or arguments is wrong, or uniform training itself fails.
 *
 * @example
 * ```ts
 * const advice = await advise(model, x, y, { seconds: 30 });
 * console.log(advice.pays, advice.code);
 * await fit(model, x, y, { method: advice.method });
 * ```
 */
export function advise(model: tf.LayersModel, samples: Samples, args?: AdviseArgs): Promise<Advice>;
export function advise(model: tf.LayersModel, x: Rows, y: Rows, args?: AdviseArgs): Promise<Advice>;
export async function advise(
  model: tf.LayersModel,
  data: Rows | Samples,
  yOrArgs?: Rows | AdviseArgs,
  maybeArgs?: AdviseArgs,
): Promise<Advice> {
  const compiled = trainableModel(model);
  refuseStream(data, 'advise');
  const args = checked((isSamples(data) ? yOrArgs : maybeArgs) ?? {});
  refuseStream(args.validationData, 'validationData of advise');
  const all = await providerOf(compiled, data, yOrArgs as Rows, args);
  const given = await validationProvider(compiled, args.validationData);
  const { train, validation } = given ? { train: all, validation: given } : heldBack(all, args.seed ?? 1);
  // As in fit, a batch larger than the data is all of the data.
  const batchSize = Math.min(args.batchSize ?? 32, train.length);
  if (compiled.isTraining) {
    throw fault({ wrong: 'the model is being trained already', mend: 'wait for the fit to end' });
  }
  requireOwnWeights(model);
  compiled.isTraining = true;
  try {
    return await untouched(model, async () => {
      const example = await train.batch(Int32Array.from({ length: batchSize }, (_, i) => i));
      const learner = await makeLearner(model, args, example);
      try {
        const metricNames = compiled.getDedupedMetricsNames().slice(1);
        const parts = { model, train, validation, heldBack: given === undefined };
        const advice = await measure({ ...args, ...parts, learner, batchSize, metricNames, ...scoreFor(learner) });
        return isSamples(data) ? advice : { ...advice, code: advice.code.replace('samples', 'x, y') };
      } finally {
        await learner.dispose();
      }
    });
  } finally {
    compiled.isTraining = false;
  }
}

/** Samples are scored by the upper bound where the model has one, otherwise by their loss. */
function scoreFor(learner: Learner): { score: 'upper-bound' | 'loss'; byLoss?: string } {
  try {
    learner.requireScore('upper-bound');
    return { score: 'upper-bound' };
  } catch (error) {
    if (!(error instanceof UnequalError)) throw error;
    return { score: 'loss', byLoss: error.message };
  }
}

async function providerOf(model: CompiledModel, data: Rows | Samples, y: Rows, args: AdviseArgs): Promise<Provider> {
  const weights = new LossWeights(model, args.classWeight);
  return isSamples(data)
    ? samplesProvider(model, data, args.sampleWeight, weights)
    : arrayProvider(model, data, y, args.sampleWeight, weights);
}

export const adviseChecks: Checks<AdviseArgs> = part(fitChecks, [
  ...([
    'seconds',
    'batchSize',
    'seed',
    'signal',
    'validationData',
    'engine',
    'providers',
    'runtime',
    'classWeight',
    'sampleWeight',
    'now',
    'onStep',
  ] as const),
]);

function checked(given: unknown): AdviseArgs {
  const args = checkedOptions('advise', given, adviseChecks);
  if (args.seconds === Infinity) throw fault({ wrong: 'no end', got: 'seconds: ∞', expected: 'a number of seconds' });
  return args;
}
