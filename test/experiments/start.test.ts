import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { mnist } from '../../src/data/index.ts';
import { modelBatch, Probe } from '../../src/experiments/probe.ts';
import { start } from '../../src/experiments/start.ts';
import { varianceGain } from '../../src/experiments/variance-gain.ts';
import { mnistCnn } from '../../src/models/index.ts';
import { distribution, multinomial, Random } from '../../src/sampling/index.ts';
import { tryExperiment } from './support.ts';

test('the gain is that of minibatches really drawn both ways', async () => {
  const { train } = await mnist();
  const model = mnistCnn({ seed: 3 });
  model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy' });
  const probe = new Probe(model, train, 64, 1);
  await probe.trainTo(150);
  const random = new Random(2);
  const U = random.permutation(train.length).subarray(0, 384);
  const gain = await varianceGain(probe.learner, async (indices) => modelBatch(train.batch(indices)), U, {
    batchSize: 64,
    presample: 3,
  });

  const mean = await probe.gradient(U);
  const distance = async (rows: ArrayLike<number>, weights?: ArrayLike<number>) =>
    (await probe.gradient(rows, weights)).reduce((sum, value, j) => sum + (value - mean[j]) ** 2, 0);
  let [uniform, importance] = [0, 0];
  const scores = await probe.scores(U, 'upper-bound');
  const from = (n: number) => Int32Array.from({ length: n }, () => random.integer(U.length));
  for (let k = 0; k < 40; k++) {
    uniform += await distance(from(64).map((row) => U[row]));
    const pool = from(192);
    const p = distribution(
      Float64Array.from(pool, (row) => scores[row]),
      { mixture: 0.1 },
    );
    const { rows, weights } = multinomial(p, 64, random);
    importance += await distance(
      rows.map((row) => U[pool[row]]),
      weights,
    );
  }
  await probe.dispose();
  expect(gain).toBeGreaterThan(1);
  // 40 draws of each know their variances to some 20 %.
  expect(uniform / importance / gain).toBeGreaterThan(0.65);
  expect(uniform / importance / gain).toBeLessThan(1.5);
});

test('a short run says what the switch did and what it should have done', async () => {
  const { presentation, results, complete } = await tryExperiment(start, { budget: 40, samples: 16 });
  expect(complete).toBe(true);
  const { points } = results[0].result as {
    points: { step: number; gain: number; cost: number; tau: number | null }[];
  };
  expect(points.length).toBeGreaterThan(10);
  for (const { gain, cost, tau } of points) {
    expect(gain).toBeGreaterThan(0);
    expect(cost).toBeGreaterThan(1);
    // Not known in the first steps.
    if (tau !== null) expect(tau).toBeGreaterThanOrEqual(1);
  }
  expect(presentation.tables[0].rows).toHaveLength(Math.floor(points.length / 2));
  expect(presentation.summary[0]).toMatch(/agrees with hindsight at \d+ of \d+ points/);
});
