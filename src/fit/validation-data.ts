import * as tf from '@tensorflow/tfjs';
import type { Rows } from '../data/samples.ts';
import { fault, withPlace } from '../errors.ts';
import type { CompiledModel } from '../learner/model.ts';
import type { FitArgs } from './options.ts';
import { arrayProvider, isSamples, type Provider, samplesProvider } from './provider.ts';
import { isStream } from './stream.ts';
import { LossWeights } from './weights.ts';

/** What is validated on, where it is no stream. @throws UnequalError, which says that it is about this data. */
export async function validationProvider(
  model: CompiledModel,
  data: FitArgs['validationData'],
): Promise<Provider | undefined> {
  if (data === undefined || data === null) return undefined;
  if (isStream(data)) {
    throw fault({
      wrong: 'the validation data is a stream',
      expected: '[x, y], [x, y, sampleWeight] or Samples',
      mend: 'use fitDataset, which validates on streams too',
    });
  }
  const none = new LossWeights(model, undefined);
  return named(async () => {
    if (isSamples(data)) {
      const provider = await samplesProvider(model, data, undefined, none);
      return { length: provider.length, batch: (indices) => named(() => provider.batch(indices)) };
    }
    const [x, y, weight] = data as unknown as [Rows, Rows, (ArrayLike<number> | readonly tf.Tensor[])?];
    // A list of one is how TensorFlow.js types it.
    const one = Array.isArray(weight) && weight.length === 1 && weight[0] instanceof tf.Tensor ? weight[0] : weight;
    return arrayProvider(model, x, y, one as ArrayLike<number>, none);
  });
}

async function named<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw withPlace(error, 'the validation data');
  }
}
