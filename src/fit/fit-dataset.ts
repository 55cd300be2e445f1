import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { checkedOptions } from '../options.ts';
import type { History } from './history.ts';
import { ofStreamsElsewhere, streamChecks } from './option-table.ts';
import type { FitArgs, FitDatasetArgs, StreamOf } from './options.ts';
import { run } from './run.ts';
import { startable } from './startable.ts';
import { isStream, iteratorOf, openStream, requireStream } from './stream.ts';
import { passes, stretches } from './stream-epoch.ts';
import { StreamSource } from './stream-source.ts';
import { validationProvider } from './validation-data.ts';
import { ValidationStream } from './validation-stream.ts';
import { LossWeights } from './weights.ts';

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
      ...(batchesPerEpoch === undefined ? passes(stream, args) : stretches(stream, args, () => batchSize)),
      pass: () => ({ given: stream.givenBatches, of: stream.passBatches ?? batches }),
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
