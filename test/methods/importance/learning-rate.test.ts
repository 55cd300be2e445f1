import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { fit } from '../../../src/fit/fit.ts';
import type { StepReport } from '../../../src/fit/report.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun } from '../../conformance/harness.ts';
import { b, exactGradients, told, uneven, unevenClassifier } from '../../support/importance.ts';
import { digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const gain = { start: 'always', presample: 3, learningRate: 'gain' } as const;
const clipped = (value: number) => Math.min(5, Math.max(1, value));
/** What each step's rate is multiplied by: the gain of the importance steps before it, where there were any. */
const factorsOf = (reports: readonly StepReport[]) =>
  reports.map(({ phase, gain }, k) =>
    phase === 'importance' && reports[k - 1]?.phase === 'importance' ? clipped(gain!) : 1,
  );

it("learningRate: 'gain' multiplies the rate of importance steps by the realised gain", async () => {
  const run = new TinyRun(importance(gain), { model: await uneven(), budget: 1e9 });
  const reports = await run.steps(40);
  const factors = factorsOf(reports);
  for (const [k, { learningRate }] of reports.entries()) expect(learningRate / 0.01).toBeCloseTo(factors[k], 6);
  expect(Math.max(...factors)).toBeGreaterThan(1.2);
  // Nothing is left of the factor between steps.
  expect(run.learner.learningRate()).toBeCloseTo(0.01, 8);
});

it.each([
  // The first sample of each presample is all there is: a gain of B/b = 10.
  [5, 'above', 'without-replacement', (size: number) => Array.from({ length: size }, (_, k) => (k === 0 ? 1 : 0))],
  // All are the same, and independent draws repeat some: a gain below 1.
  [1, 'below', 'multinomial', (size: number) => Array.from({ length: size }, () => 1)],
] as const)('the rate is multiplied by %i where the gain is %s that', async (expected, _, resample, pool) => {
  const method = told(
    { ...gain, resample, scores: 'fresh', presample: 10, mixture: 0 },
    {
      pool,
      own: ({ unbiased }) => Float32Array.from(unbiased!, (w) => (expected === 1 ? 1 : w < 0.3 ? 100 : 0)),
    },
  );
  const reports = await new TinyRun(method, { n: 400, budget: 1e9 }).steps(10);
  const { learningRate, gain: realised } = reports[9];
  expect(expected === 5 ? realised! > 5 : realised! < 1).toBe(true);
  expect(learningRate / 0.1).toBeCloseTo(expected, 5);
});

it('the update is made with the rate that the report names', async () => {
  const run = new TinyRun(importance(gain), { model: await uneven(), budget: 1e9 });
  await run.steps(12);
  const before = run.weights().flat();
  const gradients = await exactGradients(run.model);
  const { indices, weights, learningRate } = await run.step();
  expect(learningRate).toBeGreaterThan(0.012);
  for (const [k, after] of run.weights().flat().entries()) {
    const step = Array.from(indices).reduce((sum, i, j) => sum + (weights![j] * gradients[i][k]) / b, 0);
    expect(Math.abs(after - before[k] + learningRate * step)).toBeLessThan(2e-6);
  }
});

it('progress is counted in equivalent epochs: a schedule goes by them, and the run ends when they are over', async () => {
  const { x, y, n } = digits();
  const progress: number[] = [];
  const reports: StepReport[] = [];
  const epochs = 8;
  const history = await fit(await unevenClassifier(), x, y, {
    ...{ engine: 'eager', verbose: 0, epochs, batchSize: 10, seed: 1, method: importance(gain) },
    schedule: (share) => {
      progress.push(share);
      return 1 - share / 2;
    },
    onStep: (report) => void reports.push(report),
  });
  const factors = factorsOf(reports);
  let done = 0;
  for (const [k, { size, learningRate }] of reports.entries()) {
    expect(progress[k]).toBeCloseTo(Math.min(1, done / (n * epochs)), 6);
    expect(learningRate).toBeCloseTo(0.01 * (1 - progress[k] / 2) * factors[k], 7);
    done += size * factors[k];
  }
  expect(done).toBeGreaterThanOrEqual(n * epochs * (1 - 1e-9));
  expect(done - 50).toBeLessThan(n * epochs);
  expect(reports.length).toBeLessThan((n / 10) * epochs);
  expect(history.epoch.length).toBeLessThanOrEqual(epochs);
});

it('a callback that sets the rate finds it as it left it, and its own rate is what is multiplied', async () => {
  const { x, y } = digits();
  const reports: StepReport[] = [];
  const found: number[] = [];
  const model = await unevenClassifier();
  const optimizer = model.optimizer as tf.SGDOptimizer & { learningRate: number };
  await fit(model, x, y, {
    ...{ engine: 'eager', verbose: 0, epochs: 6, batchSize: 10, seed: 1, method: importance(gain) },
    onStep: (report) => void reports.push(report),
    callbacks: {
      onBatchEnd: async () => {
        found.push(optimizer.learningRate);
        optimizer.setLearningRate(0.01 / (1 + found.length / 10));
      },
    },
  });
  const factors = factorsOf(reports);
  for (const [k, { learningRate }] of reports.entries()) {
    const rate = 0.01 / (1 + k / 10);
    expect(found[k]).toBeCloseTo(rate, 8);
    expect(learningRate).toBeCloseTo(rate * factors[k], 8);
  }
  expect(reports.some(({ learningRate }, k) => learningRate > 0.012 / (1 + k / 10))).toBe(true);
});
