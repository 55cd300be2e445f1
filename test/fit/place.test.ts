import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import type { Samples } from '../../src/data/samples.ts';
import { subset } from '../../src/data/subset.ts';
import { fit } from '../../src/fit/fit.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Sample i is called 1000 + i, wherever it comes in a subset. */
const samples = (x: number[], y: number[]): Samples => {
  const of = (data: number[]) => ({
    data: Float32Array.from(data),
    shape: [data.length, 1],
    dtype: 'float32' as const,
  });
  return { ...arraySamples(of(x), of(y)), place: (index) => 1000 + index };
};
const model = (loss: string | ((y: tf.Tensor) => tf.Tensor) = 'meanSquaredError') => {
  const made = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  made.compile({ optimizer: tf.train.sgd(0.1), loss });
  return made;
};
const numbers = Array.from({ length: 20 }, (_, i) => i / 20);
const args = { batchSize: 4, epochs: 2, seed: 1, verbose: 0, engine: 'eager' } as const;
const backwards = numbers.map((_, i) => 19 - i);

it('samples that say what they are called are called so in errors of the data', async () => {
  const x = numbers.with(7, Number.NaN);
  const run = fit(model(), subset(samples(x, numbers), backwards), { ...args, method: uniform() });
  await expect(run).rejects.toThrow(/NaN or infinity in the samples 1007,/);
});

it('and in errors of a step', async () => {
  const made = model();
  made.compile({ optimizer: tf.train.sgd(1e30), loss: 'meanSquaredError' });
  const run = fit(made, samples(numbers, numbers), { ...args, method: uniform(), shuffle: false });
  await expect(run).rejects.toThrow(/; samples 10\d\d, 10\d\d, 10\d\d, 10\d\d$/);
});

it('and in errors of scores, which methods know by index', async () => {
  const y = numbers.with(3, -5);
  const loss = (truth: tf.Tensor, said?: tf.Tensor) => tf.add(tf.mul(said!, 0), truth);
  const method = importance({ scores: 'fresh', score: 'loss', start: 'always', presample: 5 });
  const run = fit(model(loss), subset(samples(numbers, y), backwards), { ...args, method });
  await expect(run).rejects.toThrow(/scores that are no importance: got -5 for sample 1003,/);
});

it('while onStep and the history go on to count them', async () => {
  const seen = new Set<number>();
  const onStep = ({ indices }: { indices: Int32Array }) => indices.forEach((index) => void seen.add(index));
  const history = await fit(model(), samples(numbers, numbers), { ...args, onStep });
  expect([...seen].toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i));
  expect(history.samples.at(3)?.index).toBe(3);
});
