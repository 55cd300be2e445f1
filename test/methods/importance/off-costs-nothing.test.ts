import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { importance } from '../../../src/methods/importance/importance.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { TinyRun, tinyModel } from '../../conformance/harness.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Seconds of a forward and of a backward pass, of one sample: the clock shows what has been computed. */
const [tf_, tb] = [1e-3, 1.5e-3];
const now = ({ forward, backward }: { forward: number; backward: number }) => forward * tf_ + backward * tb;
const steps = 2500;
const b = 8;

/** All samples are as hard as each other, and stay so: there is nothing to gain. */
function even(): tf.LayersModel {
  const model = tinyModel({ optimizer: tf.train.sgd(0) });
  model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
  return model;
}

describe.each(['stored', 'fresh'] as const)('where it never pays, with %s scores', (scores) => {
  it('a run takes at most 1.01 times the work of a uniform one', async () => {
    const run = new TinyRun(importance({ scores, costs: 'measured' }), { model: even(), budget: 1e9, now });
    const plain = new TinyRun(uniform(), { model: even(), budget: 1e9, now });
    const reports = await run.steps(steps);
    await plain.steps(steps);
    expect(reports.every(({ switched }) => switched === undefined)).toBe(true);
    const ratio = now(run.learner.counters) / now(plain.learner.counters);
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThan(1.01);

    // Forward passes of their own are taken by steps that are there to be timed, of fresh scores alone, and by a look at
    // exact norms now and then.
    const extra = reports.filter(({ forward }, k) => forward - (reports[k - 1]?.forward ?? 0) > b);
    const timing = reports.filter(({ phase }) => phase === 'importance');
    const probes = extra.filter(({ phase }) => phase === 'uniform');
    if (scores === 'stored') expect(timing).toEqual([]);
    else expect(timing.length).toBeGreaterThan(5);
    expect(timing.length).toBeLessThan(0.01 * steps);
    expect(extra.length).toBe(probes.length + timing.length);
    expect(probes.length).toBeLessThan(0.005 * steps);
  });
});

it('and the model is the one that uniform training makes, to the last bit', async () => {
  // Draws from the uniform distribution gain nothing, whatever the scores.
  const [run, plain] = [importance({ mixture: 1 }), uniform()].map(
    (method) => new TinyRun(method, { model: tinyModel({ optimizer: tf.train.sgd(0.05) }), budget: 1e9, now }),
  );
  const reports = await run.steps(400);
  await plain.steps(400);
  expect(reports[399].worth).toBeDefined();
  expect(reports.every(({ phase }) => phase === 'uniform')).toBe(true);
  expect(run.weights()).toEqual(plain.weights());
});

it('a threshold that is never reached costs not one pass', async () => {
  for (const scores of ['stored', 'fresh'] as const) {
    const run = new TinyRun(importance({ scores, presample: 3, start: 1e9 }), { now });
    await run.steps(100);
    expect(run.learner.counters).toEqual({ forward: 100 * b, backward: 100 * b });
  }
});

it('and where it pays, it is used: the same clock, scores that differ, a backward pass that is dear', async () => {
  const dear = ({ forward, backward }: { forward: number; backward: number }) => forward * 1e-4 + backward * 2e-3;
  const model = tinyModel({ optimizer: tf.train.adam(0.05) });
  const learning = new TinyRun(uniform(), { model });
  await learning.steps(300);
  model.compile({ optimizer: tf.train.sgd(1e-4), loss: 'categoricalCrossentropy' });
  const run = new TinyRun(importance({ scores: 'fresh', costs: 'measured' }), { model, budget: 1e9, now: dear });
  const reports = await run.steps(300);
  expect(reports.slice(-50).filter(({ phase }) => phase === 'importance').length).toBe(50);
  const { worth, cost } = reports[299];
  expect(worth).toBeGreaterThan(cost!);
  // B t_f + b (t_f + t_b) against b (t_f + t_b): what was measured is what the clock says.
  expect(cost).toBeCloseTo(1 + (reports[299].presample! * 1e-4) / 2.1e-3, 6);
});

it('samples that are dear to fetch: what two passes are said to cost is what the clock says they do', async () => {
  const fetch = 2e-3;
  let fetched = 0;
  const model = tinyModel({ optimizer: tf.train.sgd(0) });
  const run = new TinyRun(importance({ scores: 'fresh', presample: 3, costs: 'measured' }), {
    ...{ model, budget: 1e9, now: (counters) => now(counters) + fetched * fetch },
  });
  const plain = run.provider.batch;
  run.provider.batch = async (indices) => {
    fetched += indices.length;
    return plain(indices);
  };
  const reports = await run.steps(40);
  expect(reports[39].cost).toBeCloseTo((3 * (fetch + tf_) + tf_ + tb) / (fetch + tf_ + tb), 6);
});
