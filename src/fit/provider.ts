import * as tf from '@tensorflow/tfjs';
import type { Rows, Samples } from '../data/samples.ts';
import { fault, type UnequalError } from '../errors.ts';
import { type ModelBatch, selectRows } from '../learner/batch.ts';
import type { CompiledModel } from '../learner/model.ts';
import { askFor, tellOf } from './ask.ts';
import { checkNumbers } from './check.ts';
import { disposeTensors } from './dispose-tensors.ts';
import { refuseNested, refuseStream } from './entry.ts';
import { inputSlots, isOne, type Name, targetSlots, toHost } from './inputs.ts';
import { hostSampleWeight, type LossWeights } from './weights.ts';

/** Gives any batch of the data in the model's order. */
export interface Provider {
  readonly length: number;
  batch(indices: ArrayLike<number>): Promise<ModelBatch>;
  /** Told what is likely to be asked for next; absent where nobody wants to know. */
  soon?(indices: ArrayLike<number>): void;
  /** What a sample is called in errors and explanations; absent where that is its index. */
  place?(index: number): number;
}

/**
 * A provider of x and y in memory. Everything is checked at once: lengths, shapes, finite numbers, labels.
 * @throws UnequalError
 */
export function arrayProvider(
  model: CompiledModel,
  x: Rows,
  y: Rows,
  sampleWeight: ArrayLike<number> | tf.Tensor | undefined,
  lossWeights: LossWeights,
): Provider {
  refuseNested(x, 'input');
  refuseNested(y, 'target');
  const read = () => readArrays(model, x, y, sampleWeight, lossWeights);
  let now = read();
  const { length } = now;
  // What is assigned to a variable in the middle of a run counts from then on, as in model.fit.
  const variables = [...tensorsIn(x), ...tensorsIn(y)].filter((tensor) => tensor instanceof tf.Variable);
  let held = variables.map(({ dataId }) => dataId);
  const current = () => {
    if (variables.some(({ dataId }, k) => dataId !== held[k])) {
      held = variables.map(({ dataId }) => dataId);
      now = read();
    }
    return now;
  };
  const select = (indices: ArrayLike<number>) => {
    const { xs, ys, weights } = current();
    const batch = selectRows({ size: length, xs, ys, lossWeights: weights }, indices);
    if ((sampleWeight ?? undefined) !== undefined) lossWeights.requireSampleLosses(batch.ys);
    return batch;
  };
  select(firstRows(length));
  return { length, batch: async (indices) => select(indices) };
}

const tensorsIn = (rows: Rows): readonly unknown[] =>
  isOne(rows) ? [rows] : Object.values(rows as { [name: string]: unknown });

function readArrays(
  model: CompiledModel,
  x: Rows,
  y: Rows,
  sampleWeight: ArrayLike<number> | tf.Tensor | undefined,
  lossWeights: LossWeights,
) {
  const xs = toHost(x, inputSlots(model), 'input');
  const ys = toHost(y, targetSlots(model), 'target');
  const length = xs[0].shape[0];
  const odd = [...xs, ...ys].find(({ shape }) => shape[0] !== length);
  if (odd)
    throw fault({
      wrong: 'x and y differ in length',
      got: `${length} and ${odd.shape[0]}`,
      expected: 'as many targets as inputs',
    });
  checkLength(length);
  checkNumbers(model, { xs, ys });
  return { length, xs, ys, weights: lossWeights.of(ys, hostSampleWeight(sampleWeight, length)) };
}

/** A provider of samples that are made or read when they are asked for; every batch is checked. */
export async function samplesProvider(
  model: CompiledModel,
  samples: Samples,
  sampleWeight: ArrayLike<number> | tf.Tensor | undefined,
  lossWeights: LossWeights,
): Promise<Provider> {
  const { length } = samples;
  checkLength(length);
  const own = hostSampleWeight(sampleWeight, length);
  let failed: UnequalError | undefined;
  const soon = (indices: ArrayLike<number>): void => {
    tellOf(samples, indices, (error) => {
      failed ??= error;
    });
  };
  const place = typeof samples.place === 'function' ? (index: number) => samples.place!(index) : undefined;
  const provider: Provider = {
    length,
    ...(typeof samples.soon === 'function' && { soon }),
    ...(place && { place }),
    batch: async (indices) => {
      if (failed) throw failed;
      const given = await askFor(samples, indices);
      try {
        if (samples.length !== length) {
          throw fault({
            wrong: 'the number of samples has changed since training began',
            got: samples.length,
            expected: `${length}`,
            mend: 'give each fit or race Samples of a fixed length',
          });
        }
        const size = indices.length;
        const name = (row: number): number => place?.(indices[row]) ?? indices[row];
        const theirs = hostSampleWeight(given.sampleWeight, size, name);
        const weight = own === undefined ? theirs : Float32Array.from(indices, (i, k) => own[i] * (theirs?.[k] ?? 1));
        return toModelBatch(model, given.xs, given.ys, weight, lossWeights, { size, name });
      } finally {
        disposeTensors([given.xs, given.ys]);
      }
    },
  };
  await provider.batch(firstRows(length));
  return provider;
}

/** A few samples to look at before all others. */
const firstRows = (length: number) => Int32Array.from({ length: Math.min(8, length) }, (_, i) => i);

export function isSamples(data: unknown): data is Samples {
  return typeof (data as Samples)?.batch === 'function' && !isOne(data);
}

/** @throws UnequalError */
export function checkSamples(what: string, data: unknown): asserts data is Samples {
  refuseStream(data, what);
  if (isSamples(data)) return;
  throw fault({ wrong: `${what} are no Samples`, got: data ?? String(data), expected: '{ length, batch(indices) }' });
}

/** The samples from `from` up to `to` of a provider. */
export function part(provider: Provider, from: number, to: number): Provider {
  const moved = (indices: ArrayLike<number>) => Int32Array.from(indices, (i) => i + from);
  return {
    length: to - from,
    ...(provider.soon && { soon: (indices) => provider.soon!(moved(indices)) }),
    ...(provider.place && { place: (index) => provider.place!(index + from) }),
    batch: (indices) => provider.batch(moved(indices)),
  };
}

/** Without the user's weights. */
export function unweighted(provider: Provider): Provider {
  return {
    ...provider,
    batch: async (indices) => ({ ...(await provider.batch(indices)), lossWeights: undefined }),
  };
}

/**
 * @param expected its size, where that is known.
 * @param name what a sample is called in errors.
 * @throws UnequalError if it is no batch of the model's.
 */
export function toModelBatch(
  model: CompiledModel,
  xs: Rows,
  ys: Rows,
  sampleWeight: ArrayLike<number> | undefined,
  lossWeights: LossWeights,
  { size: expected, name }: { readonly size?: number; readonly name: Name },
): ModelBatch {
  const inputs = toHost(xs, inputSlots(model), 'input', name);
  const targets = toHost(ys, targetSlots(model), 'target', name);
  const size = inputs[0].shape[0];
  if ([...inputs, ...targets].some(({ shape }) => shape[0] !== (expected ?? size))) {
    throw fault({
      wrong: 'a batch of the wrong size',
      got: [...inputs, ...targets].map(({ shape }) => `[${shape.join(', ')}]`).join(' '),
      expected: `${expected ?? size} samples in each array`,
    });
  }
  if (size === 0) throw fault({ wrong: 'a batch without samples', got: 'arrays of no rows', expected: 'at least one' });
  checkNumbers(model, { xs: inputs, ys: targets }, name);
  const weights = hostSampleWeight(sampleWeight as Float32Array, size, name);
  if (weights) lossWeights.requireSampleLosses(targets);
  return { size, xs: inputs, ys: targets, lossWeights: lossWeights.of(targets, weights) };
}

function checkLength(length: unknown): void {
  if (!((length as number) > 0)) throw fault({ wrong: 'no samples', got: length, expected: 'at least one' });
  if (Number.isSafeInteger(length)) return;
  const got = typeof length === 'string' ? `the text '${length}'` : length;
  throw fault({ wrong: 'no number of samples', got, expected: 'a whole number' });
}
