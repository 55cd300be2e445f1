import type * as tf from '@tensorflow/tfjs';
import type { Rows, Samples } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { onlyComputes } from '../methods/schedule.ts';
import { checkedOptions } from '../options.ts';
import { refuseStream } from './entry.ts';
import type { SampledHistory } from './history.ts';
import { fitChecks, ofStreams } from './option-table.ts';
import type { FitArgs } from './options.ts';
import { arrayProvider, isSamples, type Provider, part, samplesProvider, unweighted } from './provider.ts';
import { run } from './run.ts';
import type { RunOptions } from './run-options.ts';
import { runTogether } from './run-together.ts';
import { ShuffledSource } from './source.ts';
import { startable } from './startable.ts';
import { validationProvider } from './validation-data.ts';
import { LossWeights } from './weights.ts';

/**
 * Trains a compiled model on `x` and `y`: `model.fit` with the same arguments, by importance.
 *
 * Callbacks, logs and the `History` are those of `model.fit`. The reported `loss` is weighted, so for an unbiased method
 * it estimates the training loss; metrics are unweighted means over the samples that were *picked*, so a training
 * accuracy is that of the picked samples, lower than over all of them. Validation is over all of its samples; with several
 * outputs `val_loss` is the sum of their losses, as `loss` is, where `model.fit` gives that of the first alone.
 *
 * @param x Tensor, host array, list or dictionary, `[N, …]` each; tensors stay the caller's.
 * @param y Targets, likewise.
 * @throws UnequalError before the first step if anything about model, data or arguments is wrong.
 *
 * @example
 * ```ts
 * const history = await fit(model, x, y, { batchSize: 128, epochs: 10, validationSplit: 0.1 });
 * console.log(history.explain());
 * ```
 */
export function fit(model: tf.LayersModel, x: Rows, y: Rows, args?: FitArgs): Promise<SampledHistory>;
/** Trains on any `Samples`: files, an augmented set, anything that gives a batch by its indices. */
export function fit(model: tf.LayersModel, samples: Samples, args?: FitArgs): Promise<SampledHistory>;
export async function fit(
  model: tf.LayersModel,
  data: Rows | Samples,
  yOrArgs?: Rows | FitArgs,
  maybeArgs?: FitArgs,
): Promise<SampledHistory> {
  const compiled = startable(model);
  refuseStream(data);
  const args = checkedOptions('fit', isSamples(data) ? yOrArgs : maybeArgs, fitChecks, ofStreams);
  const { classWeight, sampleWeight, validationSplit = 0, shuffle = true } = args;
  const weights = new LossWeights(compiled, classWeight);
  let train: Provider = isSamples(data)
    ? await samplesProvider(compiled, data, sampleWeight, weights)
    : arrayProvider(compiled, data, yOrArgs as Rows, sampleWeight, weights);
  let validation = await validationProvider(compiled, args.validationData);
  if (validation === undefined && validationSplit > 0) {
    const at = Math.floor(train.length * (1 - validationSplit));
    if (at === 0) throw fault({ wrong: 'no samples left to train on', got: `validationSplit ${validationSplit}` });
    // As in model.fit, classWeight is for training alone.
    validation = unweighted(part(train, at, train.length));
    train = part(train, 0, at);
  }
  // As in model.fit, a batch larger than the data is all of the data.
  const asked = args.batchSize ?? 32;
  const batchSize = Math.min(asked, train.length);
  if (model.stateful && train.length % batchSize > 0) {
    throw fault({
      wrong: 'a stateful layer takes batches of one size',
      got: `${train.length} samples in batches of ${batchSize}, which leaves ${train.length % batchSize}`,
      expected: 'a number of samples that the batch size divides',
    });
  }
  const steps = Math.ceil(train.length / batchSize);
  const options: RunOptions = {
    ...args,
    batchSize,
    validationBatchSize: asked,
    length: train.length,
    runsCode: (isSamples(data) && !data.pure) || (args.schedule !== undefined && !onlyComputes(args.schedule)),
    validation,
    example: await train.batch(Int32Array.from({ length: batchSize }, (_, i) => i)),
    source: (by) => new ShuffledSource(train, shuffle ? by : null),
    epoch: {
      steps,
      samples: () => train.length,
      begin: async () => {},
      size: async (batch) => (batch < steps ? Math.min(batchSize, train.length - batch * batchSize) : 0),
      isWhole: (batch) => batch >= steps,
    },
    params: { initialEpoch: args.initialEpoch ?? 0, samples: train.length, steps: null, batchSize: asked },
  };
  const history = await (args.cluster ? runTogether(model, options, args.cluster) : run(model, options));
  // A run of a known length keeps its samples.
  return history as SampledHistory;
}
