import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { mnist } from '../../src/data/index.ts';
import { gradientNorms } from '../../src/experiments/gradient-norms.ts';
import { modelBatch, norm, Probe } from '../../src/experiments/probe.ts';
import { EagerLearner } from '../../src/index.ts';
import { mnistCnn, smallCnn, wideResnet } from '../../src/models/index.ts';
import { Random } from '../../src/sampling/index.ts';
import { tryExperiment } from './support.ts';

test('two iterations on eight samples give norms, shares and a report', async () => {
  const { presentation, results, complete } = await tryExperiment(gradientNorms, { budget: 2, samples: 8 });
  expect(complete).toBe(true);
  const { points, norms } = results[0].result as { points: { step: number; mean: number }[]; norms: number[] };
  expect(points.map(({ step }) => step)).toEqual([0, 1, 2]);
  expect(norms).toHaveLength(8);
  expect(norms).toEqual([...norms].sort((a, b) => a - b));
  expect(norms.reduce((sum, norm) => sum + norm / 8, 0)).toBeCloseTo(points[2].mean, 3);
  const [shares] = presentation.tables;
  expect(shares.rows.map(([, , paper]) => paper)).toEqual(['85 %', '90 %', '95 %', '97 %']);
  expect(shares.note).toMatch(/no interval/);
});

test.each([
  ['strides', () => mnistCnn({ seed: 3 })],
  ['pooling', () => smallCnn({ inputShape: [28, 28, 1], seed: 3 })],
  ['normalisation', () => wideResnet({ depth: 10, width: 1, inputShape: [28, 28, 1], seed: 3 })],
] as const)('norms of a batch are those of a backward pass for each sample: %s', async (_, make) => {
  const { train } = await mnist();
  const model: tf.LayersModel = make();
  model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy' });
  const probe = new Probe(model, train, 32, 1);
  await probe.trainTo(20);
  // One more than a chunk.
  const indices = new Random(5).permutation(train.length).subarray(0, 129);
  const norms = await probe.scores(indices, 'gradient-norm');
  for (const k of [0, 1, 64, 127, 128]) {
    const { gradient } = await probe.learner.gradient(await probe.batch([indices[k]]));
    expect(norms[k] / norm(gradient)).toBeCloseTo(1, 4);
  }
  await probe.dispose();
});

test('norms and gradients are those of the eager learner', async () => {
  const { train } = await mnist();
  const model = mnistCnn({ seed: 3 });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
  const probe = new Probe(model, train, 32, 1);
  const indices = [5, 900, 33, 41_000, 7];
  const batch = modelBatch(train.batch(indices));
  const eager = new EagerLearner(model);
  const norms = await probe.scores(indices, 'gradient-norm');
  const exact = await eager.scores(batch, 'gradient-norm');
  for (const [k, norm] of norms.entries()) expect(norm / exact[k]).toBeCloseTo(1, 4);
  const weights = [0.5, 2, 1, 3, 0];
  const whole = await probe.gradient(indices, weights);
  const { gradient } = await eager.gradient(batch, weights);
  const flat = gradient.flatMap((array) => [...array]);
  const scale = Math.max(...flat.map(Math.abs));
  for (const [k, value] of flat.entries()) expect(Math.abs(whole[k] - value) / scale).toBeLessThan(1e-5);
  await probe.dispose();
});
