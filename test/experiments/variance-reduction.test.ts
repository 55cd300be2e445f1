import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { mnist } from '../../src/data/index.ts';
import { Probe } from '../../src/experiments/probe.ts';
import { measure, varianceReduction } from '../../src/experiments/variance-reduction.ts';
import { mnistCnn } from '../../src/models/index.ts';
import { Random } from '../../src/sampling/index.ts';

test('drawing by the exact norm is best, and what is drawn scatters about what is expected', async () => {
  const { train } = await mnist();
  const model = mnistCnn({ seed: 3 });
  model.compile({ optimizer: tf.train.momentum(0.02, 0.9), loss: 'categoricalCrossentropy' });
  const probe = new Probe(model, train, 32, 1);
  await probe.trainTo(60);
  const random = new Random(4);
  const U = random.permutation(train.length).subarray(0, 96);
  const point = await measure(probe, U, random);
  await probe.dispose();

  const { measured, expected, correlation, squaredError } = point;
  // The distribution of the exact norms has the least variance of all.
  expect(expected['gradient norm']).toBeLessThan(0.95);
  expect(expected['gradient norm']).toBeLessThanOrEqual(expected['upper bound']);
  expect(expected['upper bound']).toBeLessThan(expected.loss);
  expect(correlation['gradient norm']).toBeCloseTo(1, 9);
  expect(correlation['upper bound']).toBeGreaterThan(0.9);
  expect(squaredError['gradient norm']).toBe(0);
  expect(squaredError['upper bound']).toBeLessThan(squaredError.loss);
  // Ten draws of 96 scatter by some per cent about what is expected.
  for (const score of ['loss', 'gradient norm', 'upper bound'] as const) {
    expect(measured[score] / expected[score]).toBeGreaterThan(0.75);
    expect(measured[score] / expected[score]).toBeLessThan(1.35);
  }

  const settings = { scale: 'small', budget: 60, seeds: [1] } as const;
  const [part] = varianceReduction.parts(settings);
  const result = { set: 'cifar-100', parameters: 26_826, points: [{ step: 60, ...point }] };
  const { summary, tables, setting } = varianceReduction.present([{ part, result }], settings);
  expect(tables[0].rows.map(([name]) => name)).toEqual([
    '60',
    ...['3k', '12k', '24k', '36k', '48k'].map((at) => `paper, ${at}`),
  ]);
  expect(summary[0]).toMatch(/^CIFAR-100: the upper bound is .* worse than both at 1 of 1 points/);
  expect(setting.join(' ')).toMatch(/stands in for downsampled ImageNet/);
});
