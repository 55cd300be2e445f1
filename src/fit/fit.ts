import type * as tf from '@tensorflow/tfjs';
import type { Rows, Samples } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { compiledModel } from '../learner/model.ts';
import { checkNumbers } from './check.ts';
import type { History } from './history.ts';
import { isOne } from './inputs.ts';
import { checkArgs, type FitArgs, type FitDatasetArgs, type StreamOf } from './options.ts';
import { arrayProvider, type Provider, part, samplesProvider, toModelBatch, unweighted } from './provider.ts';
import { run } from './run.ts';
import { ShuffledSource, StreamSource } from './source.ts';
import { LossWeights } from './weights.ts';

/**
 * Trains a compiled model on `x` and `y`: `model.fit` with the same arguments, by importance.
 *
 * Callbacks, logs and the `History` are those of `model.fit`. The reported `loss` is weighted, so for an unbiased method
 * it estimates the training loss; metrics are unweighted means over the samples that were *picked*, so a training
 * accuracy is that of the picked samples, lower than over all of them. Validation is over all of its samples.
 *
 * @param x Tensor, host array, list or dictionary, `[N, …]` each; tensors stay the caller's.
 * @param y Targets, likewise.
 * @throws UnequalError before the first step if anything about model, data or arguments is wrong.
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
  const compiled = compiledModel(model);
  const args = (isSamples(data) ? yOrArgs : maybeArgs) ?? ({} as FitArgs);
  checkArgs(args as FitArgs);
  const { classWeight, sampleWeight, validationSplit = 0, shuffle = true } = args as FitArgs;
  const weights = new LossWeights(compiled, classWeight);
  let train: Provider = isSamples(data)
    ? await samplesProvider(compiled, data, sampleWeight, weights)
    : arrayProvider(compiled, data, yOrArgs as Rows, sampleWeight, weights);
  let validation = await validationProvider(model, (args as FitArgs).validationData);
  if (validation === undefined && validationSplit > 0) {
    const at = Math.floor(train.length * (1 - validationSplit));
    if (at === 0) throw fault({ wrong: 'no samples left to train on', got: `validationSplit ${validationSplit}` });
    // As in model.fit, classWeight is for training alone.
    validation = unweighted(part(train, at, train.length));
    train = part(train, 0, at);
  }
  const batchSize = (args as FitArgs).batchSize ?? Math.min(32, train.length);
  if (batchSize > train.length) {
    throw fault({
      wrong: 'the batch is larger than the data',
      got: `batchSize ${batchSize}`,
      expected: `at most the ${train.length} samples there are`,
      mend: 'lower batchSize',
    });
  }
  const steps = Math.ceil(train.length / batchSize);
  return run(model, {
    ...(args as FitArgs),
    batchSize,
    length: train.length,
    validation,
    example: await train.batch(Int32Array.from({ length: batchSize }, (_, i) => i)),
    source: (random) => new ShuffledSource(train, shuffle ? random : null),
    epoch: {
      steps,
      samples: () => train.length,
      begin: async () => {},
      size: async (batch) => (batch < steps ? Math.min(batchSize, train.length - batch * batchSize) : 0),
    },
  });
}

/**
 * Trains on a `tf.data` stream of batches `{ xs, ys }`: `model.fitDataset` with the same arguments, by importance. The
 * stream's batch size is b; a presample is its next B samples, so a pass over it makes fewer steps while importance
 * sampling is on. Methods that look samples up by index cannot be used.
 */
export async function fitDataset(
  model: tf.LayersModel,
  dataset: StreamOf<tf.TensorContainer>,
  args: FitDatasetArgs = {},
): Promise<History> {
  const compiled = compiledModel(model);
  checkArgs(args);
  if (typeof dataset?.iterator !== 'function') {
    throw fault({ wrong: 'not a stream', got: dataset, expected: 'a tf.data.Dataset of { xs, ys }' });
  }
  const { classWeight, batchesPerEpoch, validationBatchSize = 32, validationData, validationBatches } = args;
  const weights = new LossWeights(compiled, classWeight);
  const noWeights = new LossWeights(compiled, undefined);
  const open = async (stream: StreamOf<tf.TensorContainer>, of: LossWeights) => {
    const iterator = await stream.iterator();
    return {
      next: async () => {
        const { value, done } = await iterator.next();
        if (done) return { value: undefined, done: true as const };
        const { xs, ys } = value as { xs: Rows; ys: Rows };
        if (xs === undefined || ys === undefined) {
          throw fault({
            wrong: 'a stream element without xs or ys',
            got: Object.keys(value as object),
            expected: '{ xs, ys }',
          });
        }
        const batch = toModelBatch(compiled, xs, ys, undefined, of);
        for (const rows of [xs, ys]) disposeTensors(rows);
        return { value: batch, done: false as const };
      },
    };
  };
  const stream = new StreamSource(() => open(dataset, weights));
  if (await stream.exhausted()) throw fault({ wrong: 'no samples', got: 'an empty stream', expected: 'at least one' });
  checkNumbers(compiled, stream.waiting);
  const batchSize = stream.waiting.size;
  const validation =
    validationData !== undefined && 'iterator' in validationData
      ? await collect(await open(validationData, noWeights), validationBatches)
      : await validationProvider(model, validationData);
  return run(model, {
    ...args,
    batchSize,
    validation,
    validationBatchSize,
    example: stream.waiting,
    source: () => stream,
    epoch: {
      steps: batchesPerEpoch,
      samples: () => (batchesPerEpoch === undefined ? stream.passLength : batchesPerEpoch * batchSize),
      begin: async (epoch) => {
        // With batchesPerEpoch the epochs are stretches of one pass, as in model.fitDataset.
        if (batchesPerEpoch === undefined && epoch > 0) await stream.rewind();
      },
      size: async (batch) => {
        if (batchesPerEpoch !== undefined && batch >= batchesPerEpoch) return 0;
        return (await stream.exhausted()) ? 0 : batchSize;
      },
    },
  });
}

export function isSamples(data: unknown): data is Samples {
  return typeof (data as Samples)?.batch === 'function' && !isOne(data);
}

async function validationProvider(
  model: tf.LayersModel,
  data: FitArgs['validationData'],
): Promise<Provider | undefined> {
  if (data === undefined || data === null) return undefined;
  const compiled = compiledModel(model);
  const none = new LossWeights(compiled, undefined);
  if (isSamples(data)) return samplesProvider(compiled, data, undefined, none);
  if (!Array.isArray(data) || (data.length !== 2 && data.length !== 3)) {
    throw fault({ wrong: 'bad validationData', got: data, expected: '[x, y], [x, y, sampleWeight] or Samples' });
  }
  const [x, y, weight] = data as [Rows, Rows, ArrayLike<number>?];
  return arrayProvider(compiled, x, y, weight, none);
}

/** A validation stream, read once. */
async function collect(
  iterator: { next(): Promise<IteratorResult<Awaited<ReturnType<Provider['batch']>>>> },
  batches = Infinity,
): Promise<Provider> {
  const { concatBatches, selectRows } = await import('../learner/batch.ts');
  const all = [];
  for (let k = 0; k < batches; k++) {
    const { value, done } = await iterator.next();
    if (done) break;
    all.push(value);
  }
  if (all.length === 0) throw fault({ wrong: 'no samples to validate on', got: 'an empty stream' });
  const joined = concatBatches(all);
  return { length: joined.size, batch: async (indices) => selectRows(joined, indices) };
}

function disposeTensors(rows: Rows): void {
  const list = isOne(rows) ? [rows] : Object.values(rows);
  for (const one of list) (one as Partial<tf.Tensor>).dispose?.();
}
