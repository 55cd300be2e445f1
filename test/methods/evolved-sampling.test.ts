import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { EagerLearner } from '../../src/learner/eager.ts';
import { evolvedSampling } from '../../src/methods/selection/evolved-sampling.ts';
import { inclusionProbabilities } from '../../src/sampling/without-replacement.ts';
import { TinyRun, tinyModel, tinyProvider } from '../conformance/harness.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 40;
const frozen = () => tinyModel({ optimizer: tf.train.sgd(0) });
/** All samples are candidates at every step. */
const all = { presample: 5, anneal: 0 };

async function lossesOf(model: tf.LayersModel): Promise<Float32Array> {
  const everything = await tinyProvider(model, n).batch(Int32Array.from({ length: n }, (_, i) => i));
  return new EagerLearner(model).scores(everything, 'loss');
}

it('draws in proportion to the loss now where the losses so far do not count', async () => {
  const model = frozen();
  const losses = await lossesOf(model);
  const expected = inclusionProbabilities(
    losses.map((loss) => loss / losses.reduce((a, b) => a + b)),
    8,
  );
  const run = new TinyRun(evolvedSampling({ ...all, beta1: 0 }), { model, seed: 2, budget: 1e9 });
  const steps = 400;
  const counts = new Array<number>(n).fill(0);
  for (const { indices, weights } of await run.steps(steps)) {
    expect(weights).toBeUndefined();
    expect(new Set(indices).size).toBe(8);
    for (const i of indices) counts[i]++;
  }
  for (let i = 0; i < n; i++) {
    const spread = Math.sqrt(steps * expected[i] * (1 - expected[i])) + 1;
    expect(Math.abs(counts[i] - steps * expected[i])).toBeLessThan(4.5 * spread);
  }
});

it('counts what a sample has lost so far, and by how much it got worse', async () => {
  const [beta1, beta2] = [0.2, 0.9];
  const model = tinyModel({ optimizer: tf.train.sgd(0.5) });
  const run = new TinyRun(evolvedSampling({ ...all, beta1, beta2 }), { model, shuffle: false });
  // s by its definition, and w by the other way to write it: the average, and a part of the difference.
  let s = new Array<number>(n).fill(1 / n);
  for (let step = 0; step < 6; step++) {
    const losses = await lossesOf(model);
    const before = s;
    s = before.map((value, i) => beta2 * value + (1 - beta2) * losses[i]);
    const w = s.map((value, i) => value + (beta2 - beta1) * (losses[i] - before[i]));
    const { scores } = await run.step();
    for (let i = 0; i < n; i++) expect((scores as ArrayLike<number>)[i]).toBeCloseTo(w[i], 5);
  }
});

it('trains uniformly at both ends, without a pass to score, and counts these losses too', async () => {
  const options = { budget: 20, shuffle: false };
  const run = new TinyRun(evolvedSampling({ presample: 2, anneal: 0.25 }), { ...options, model: frozen() });
  const reports = await run.steps(20);
  const phases = reports.map(({ phase }) => phase);
  expect(phases.slice(0, 5)).toEqual(new Array(5).fill('uniform'));
  expect(phases.slice(5, 15)).toEqual(new Array(10).fill('importance'));
  expect(phases.slice(15)).toEqual(new Array(5).fill('uniform'));
  expect(reports[4].forward).toBe(5 * 8);
  expect(reports[14].forward).toBe(5 * 8 + 10 * (16 + 8));
  // Its first five steps are an epoch: each sample has been seen once.
  const other = new TinyRun(evolvedSampling({ presample: 2, anneal: 0.25 }), { ...options, model: frozen() });
  await other.steps(5);
  const { sampler } = (await other.trainer.state()) as { sampler: { averages: Float32Array } };
  const losses = await lossesOf(other.model);
  for (let i = 0; i < n; i++) expect(sampler.averages[i]).toBeCloseTo(0.9 / n + 0.1 * losses[i], 5);
});

it.each([{ presample: 0.5 }, { beta1: -0.1 }, { beta2: 1.5 }, { anneal: 0.5 }, { anneal: -0.1 }])(
  'refuses %o',
  (options) => {
    expect(() => evolvedSampling(options)).toThrow(/bad (presample|beta1|beta2|anneal) of evolvedSampling/);
  },
);
