import * as tf from '@tensorflow/tfjs';
import { fault, withPlace } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { CompiledModel } from '../learner/model.ts';
import { waitFor } from './ask.ts';
import { disposeTensors } from './dispose-tensors.ts';
import { streamElement } from './entry.ts';
import type { StreamOf } from './options.ts';
import { isSamples, toModelBatch } from './provider.ts';
import type { LossWeights } from './weights.ts';

/**
 * The batches of a stream from its beginning, each checked and in the model's order.
 * @param what the stream is called in errors, which name samples by their place in it.
 * @param returned whether a batch that comes with the end, as a generator's return value, is one of them: in `model.fitDataset` it
 *   is, but with batchesPerEpoch.
 * @throws UnequalError if the stream throws, or gives what is no batch.
 */
export async function openStream(
  model: CompiledModel,
  stream: StreamOf<tf.TensorContainer>,
  weights: LossWeights,
  what: string,
  returned = true,
): Promise<AsyncIterator<ModelBatch>> {
  const iterator = await iteratorOf(stream, what);
  let batches = 0;
  let samples = 0;
  let ended = false;
  const next = async (): Promise<IteratorResult<ModelBatch>> => {
    if (ended) return { value: undefined, done: true };
    const where = `batch ${batches} of ${what}`;
    const { value, done } = await nextOf(iterator, where);
    try {
      if (value === null || (done && !returned)) return { value: undefined, done: true };
      ended = done;
      const { xs, ys } = streamElement(model, value);
      const first = samples;
      const batch = toModelBatch(model, xs, ys, undefined, weights, { name: (row) => first + row });
      batches++;
      samples += batch.size;
      return { value: batch, done: false };
    } catch (error) {
      throw withPlace(error, where);
    } finally {
      disposeElement(value);
    }
  };
  return { next };
}

/** What stands beside xs and ys is the user's; what is no batch is of no use to anybody. */
function disposeElement(element: tf.TensorContainer): void {
  const { xs, ys } = (element ?? {}) as { xs?: unknown; ys?: unknown };
  disposeTensors(xs === undefined || ys === undefined ? element : [xs, ys]);
}

/** What a stream gives next, or its end. As in `model.fitDataset`, nothing is passed over. */
async function nextOf(iterator: StreamIterator, where: string): Promise<{ value: tf.TensorContainer; done: boolean }> {
  for (;;) {
    const result: unknown = await waitFor(where, () => iterator.next());
    if (typeof result !== 'object' || result === null) {
      throw fault({ wrong: `${where} is no result`, got: String(result), expected: '{ value, done }' });
    }
    const { value, done } = result as IteratorResult<tf.TensorContainer | undefined>;
    if (done || (value ?? null) !== null) return { value: value ?? null, done: Boolean(done) };
  }
}

/** The iterator of a stream. @throws UnequalError if it has none. */
export async function iteratorOf(stream: StreamOf<tf.TensorContainer>, what: string): Promise<StreamIterator> {
  const iterator = await waitFor(what, () => stream.iterator());
  if (typeof iterator?.next === 'function') return iterator;
  throw fault({ wrong: `${what} has no iterator`, got: iterator ?? String(iterator), expected: '{ next() }' });
}

type StreamIterator = Awaited<ReturnType<StreamOf<tf.TensorContainer>['iterator']>>;

export function isStream(data: unknown): data is StreamOf<tf.TensorContainer> {
  return typeof (data as StreamOf<unknown> | undefined | null)?.iterator === 'function';
}

/** @throws UnequalError that says what to do with the data instead, if it is no stream. */
export function requireStream(data: unknown): asserts data is StreamOf<tf.TensorContainer> {
  if (isStream(data)) return;
  const { next, [Symbol.asyncIterator]: read } = (data ?? {}) as { next?: unknown; [Symbol.asyncIterator]?: unknown };
  const isGenerator = [data, next, read].some((one) => typeof one === 'function');
  throw fault({
    wrong: 'not a stream',
    got: isGenerator ? 'a generator, or something else that can be read once' : (data ?? String(data)),
    expected: 'a tf.data.Dataset of { xs, ys }',
    mend: isGenerator
      ? 'make one: tf.data.generator(function* () { … })'
      : isSamples(data) || data instanceof tf.Tensor
        ? 'call fit, which is for samples of a known length'
        : undefined,
  });
}
