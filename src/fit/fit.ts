import type * as tf from '@tensorflow/tfjs';
import type { Rows, Samples } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { type CompiledModel, trainableModel } from '../learner/model.ts';
import { onlyComputes } from '../methods/schedule.ts';
import { checkedOptions } from '../options.ts';
import { many } from '../plural.ts';
import { refuseStream } from './entry.ts';
import type { History } from './history.ts';
import { fitChecks, ofStreams, ofStreamsElsewhere, streamChecks } from './option-table.ts';
import type { FitArgs, FitDatasetArgs, StreamOf } from './options.ts';
import { arrayProvider, isSamples, type Provider, part, samplesProvider, unweighted } from './provider.ts';
import { run } from './run.ts';
import type { RunOptions } from './run-options.ts';
import { runTogether } from './run-together.ts';
import { ShuffledSource } from './source.ts';
import { isStream, iteratorOf, openStream, requireStream } from './stream.ts';
import { StreamSource } from './stream-source.ts';
import { validationProvider } from './validation-data.ts';
import { ValidationStream } from './validation-stream.ts';
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
export function fit(model: tf.LayersModel, x: Rows, y: Rows, args?: FitArgs): Promise<History>;
/** Trains on any `Samples`: files, an augmented set, anything that gives a batch by its indices. */
export function fit(model: tf.LayersModel, samples: Samples, args?: FitArgs): Promise<History>;
export async function fit(
  model: tf.LayersModel,
  data: Rows | Samples,
  yOrArgs?: Rows | FitArgs,
  maybeArgs?: FitArgs,
): Promise<History> {
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
    source: (random) => new ShuffledSource(train, shuffle ? random : null),
    epoch: {
      steps,
      samples: () => train.length,
      begin: async () => {},
      size: async (batch) => (batch < steps ? Math.min(batchSize, train.length - batch * batchSize) : 0),
      isWhole: (batch) => batch >= steps,
    },
    params: { initialEpoch: args.initialEpoch ?? 0, samples: train.length, steps: null, batchSize: asked },
  };
  return args.cluster ? runTogether(model, options, args.cluster) : run(model, options);
}

/**
 * Trains on a `tf.data` stream of batches `{ xs, ys }`: `model.fitDataset` with the same arguments, by importance. The
 * size of the stream's next batch is b; a presample is its next B samples, so a pass over N samples, which is an epoch, makes
 * N/b uniform steps but N/B by importance. Batches may have other lengths in open axes (`null` in the model's input shape); a
 * presample ends before the first batch of another shape. What is left at the end of a pass counts as the
 * part of a step that it is. In the `loss` of an epoch each sample of the pass counts once, trained on or estimated. Methods that
 * look samples up by index cannot be used.
 *
 * As in `model.fitDataset` the stream is opened after `onTrainBegin` and first read after `onEpochBegin`, so that callbacks may
 * make it ready. A validation stream is read anew at each validation, and not before. With several outputs `val_loss` is the
 * sum of their losses, as `loss` is; in `model.fitDataset` it is that of the first output alone, and the names after it are off
 * by as many.
 *
 * @throws UnequalError before the first step if anything about model, stream or arguments is wrong.
 *
 * @example
 * ```ts
 * const dataset = tf.data.zip({ xs: tf.data.array([[1], [2]]), ys: tf.data.array([[2], [4]]) }).batch(2);
 * await fitDataset(model, dataset, { epochs: 3 });
 * ```
 */
export async function fitDataset(
  model: tf.LayersModel,
  dataset: StreamOf<tf.TensorContainer>,
  given: FitDatasetArgs = {},
): Promise<History> {
  const compiled = startable(model);
  requireStream(dataset);
  checkStreamArgs(given ?? {});
  const args = checkedOptions('fitDataset', given, streamChecks, ofStreamsElsewhere);
  const { classWeight, validationBatchSize = 32, validationData, batchesPerEpoch, validationBatches } = args;
  const weights = new LossWeights(compiled, classWeight);
  const noWeights = new LossWeights(compiled, undefined);
  const stream = new StreamSource(() =>
    openStream(compiled, dataset, weights, 'the stream', batchesPerEpoch === undefined),
  );
  let batchSize: number | undefined;
  const validation = isStream(validationData)
    ? new ValidationStream(
        () => openStream(compiled, validationData, noWeights, 'the validation stream'),
        validationBatches,
      )
    : await validationProvider(compiled, validationData);
  const { size } = dataset as { size?: number };
  const batches = Number.isFinite(size) ? size : undefined;
  return run(model, {
    ...args,
    validation,
    validationBatchSize,
    source: () => stream,
    runsCode: true,
    opening: {
      open: async () => {
        // model.fitDataset opens the stream before its first epoch and again in it: a seeded shuffle counts how often it was opened.
        if (batchesPerEpoch === undefined) await iteratorOf(dataset, 'the stream');
        else await stream.rewind();
      },
      first: async () => {
        if (batchesPerEpoch === undefined) await stream.rewind();
        batchSize = await stream.nextSize();
        if (batchSize === 0) throw fault({ wrong: 'no samples', got: 'an empty stream', expected: 'at least one' });
        return stream.waiting;
      },
    },
    epoch: {
      steps: batchesPerEpoch,
      samples: () => (batchesPerEpoch === undefined ? stream.passLength : batchSize && batchesPerEpoch * batchSize),
      pass: () => ({ given: stream.givenBatches, of: stream.passBatches ?? batches }),
      begin: async (epoch) => {
        // With batchesPerEpoch the epochs are stretches of one pass, as in model.fitDataset.
        if (batchesPerEpoch === undefined && epoch > (args.initialEpoch ?? 0)) await stream.rewind();
      },
      size: async (batch) => {
        if (batchesPerEpoch === undefined) return stream.nextSize();
        if (batch >= batchesPerEpoch) return 0;
        const next = await stream.nextSize();
        if (next === 0) warnOfEnd(args, batch, stream.batchesAtOnce);
        return next;
      },
      isWhole: (batch) => {
        // Where presamples have used up what would have been enough, the last epoch that trained is validated all the same.
        const isLast = stream.isOver && (batchesPerEpoch === undefined || (batch > 0 && stream.batchesAtOnce > 1));
        return isLast || (batchesPerEpoch !== undefined && batch >= batchesPerEpoch);
      },
    },
    params: {
      initialEpoch: null,
      samples: null,
      steps: batchesPerEpoch ?? batches ?? null,
      batchSize: null,
    },
  });
}

/** @throws UnequalError for arguments that mean nothing on a stream. */
function checkStreamArgs(args: FitDatasetArgs): void {
  if (((args as FitArgs).validationSplit ?? undefined) !== undefined) {
    throw fault({
      wrong: 'validationSplit on a stream, whose length is not known',
      got: (args as FitArgs).validationSplit,
      expected: 'validationData',
      mend: 'train on dataset.skip(k) and give dataset.take(k), or other data, as validationData',
    });
  }
  const mends = {
    sampleWeight: 'use classWeight, or fit(model, samples) with a sampleWeight in each batch',
    batchSize: 'call dataset.batch(size)',
    shuffle: 'call dataset.shuffle(size)',
  };
  for (const [name, mend] of Object.entries(mends)) {
    if (((args as Record<string, unknown>)[name] ?? undefined) === undefined) continue;
    throw fault({ wrong: `${name} means nothing on a stream, whose samples have no index`, mend });
  }
}

/** @param atOnce batches that the method takes for a step. */
function warnOfEnd({ batchesPerEpoch, epochs }: FitDatasetArgs, batch: number, atOnce: number): void {
  const needed = epochs === undefined ? '' : ` (${many(batchesPerEpoch! * epochs, 'batch', 'batches')})`;
  const times = Number(atOnce.toPrecision(3));
  const more =
    atOnce > 1
      ? `; the method takes up to ${times} batches for a step here, so that ${times} times as many may be needed`
      : '';
  console.warn(
    `unequal: You provided \`batchesPerEpoch\` as ${batchesPerEpoch}, but your dataset iterator ran out of data after ${many(batch, 'batch', 'batches')}; the epoch ends here. Make sure that the dataset has at least batchesPerEpoch * epochs batches${needed}, for instance with repeat()${more}`,
  );
}

/** A model that can be trained. What told the last run to stop is forgotten now: compiling may take seconds, and a stop in them counts. */
function startable(model: tf.LayersModel): CompiledModel {
  const compiled = trainableModel(model);
  if (!compiled.isTraining) compiled.stopTraining_ = false;
  return compiled;
}
