import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { constants, words } from '../../../src/decision/index.ts';
import { fit } from '../../../src/fit/fit.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun } from '../../conformance/harness.ts';
import { always, even, fresh, hardTenth, n, putBack, seen, stateOf, told, untilOn } from '../../support/importance.ts';
import { classifier, digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const detailsOf = (run: TinyRun) => run.trainer.explain()!.details;

describe('importance() explains what it measured', () => {
  it('how many samples have no score yet, until all have one', async () => {
    const run = new TinyRun(importance(always), { budget: 1e9 });
    const known = seen(await run.steps(3)).size;
    expect(known).toBeLessThan(n);
    expect(detailsOf(run)).toContain(`${n - known} of ${n} samples have no score yet`);
    await run.steps(40);
    expect(detailsOf(run).join()).not.toContain('no score yet');
  });

  it.each([
    [[7], '1 sample did not get better in 5 draws or more and is drawn less for it: 7'],
    [[7, 3, 30], '3 samples did not get better in 5 draws or more and are drawn less for it: 3, 7, 30'],
    [[6, 5, 4, 3, 2, 1], '6 samples did not get better in 5 draws or more and are drawn less for it: 1, 2, 3, 4, 5, …'],
  ])('which samples did not get better however often they were drawn: %o', async (samples, expected) => {
    const run = new TinyRun(importance(always));
    await run.steps(6);
    const state = await stateOf(run);
    state.sampler.memory.resisted.fill(4);
    for (const i of samples) state.sampler.memory.resisted[i] = 5;
    await putBack(run, state);
    expect(detailsOf(run)).toContain(expected);
  });

  it('what samples seen before lose of what new ones do, and the noise of the steps', async () => {
    const run = new TinyRun(importance(), { model: even(), budget: 1e9 });
    run.trainer.validated(2 * Math.log(3));
    await run.steps(300);
    const { reason } = run.trainer.explain()!;
    expect(reason).toMatchObject({ by: 'policy', on: false, decision: { fitted: expect.closeTo(0.5, 6) } });
    expect(detailsOf(run)).toContain('samples that came again lately lost 0.50 of what new ones do');
    expect(detailsOf(run).join()).toMatch(/τ 1\.00,.*\d+ % of a uniform step is noise/);
  });

  it('nothing of what has not been measured: what a step is worth by scores of a few, and who gets better', async () => {
    const run = new TinyRun(importance(), { model: even(), n: 1000, budget: 1e9 });
    const why = () => words(run.trainer.explain()!.reason);
    await run.steps(20);
    expect(why()).toBe('too little is known yet');
    expect(detailsOf(run).join()).not.toContain('get better');
    await run.steps(400);
    expect(why()).toContain('too little for');
    expect(detailsOf(run).join()).toMatch(/\d+ % of the scores drawn belong to samples/);
  });

  it('how much shorter its steps were, and how many of the scores drawn resist, with the power of the weights', async () => {
    const run = new TinyRun(told({}, { own: hardTenth() }), { model: even(), n: 400, budget: 1e9 });
    await untilOn(run);
    const last = (await run.steps(5))[4];
    const [resisting, power] = [(100 * last.resisted!).toFixed(0), last.weightPower!.toFixed(2)];
    expect(detailsOf(run)).toContain(`${resisting} % of the scores drawn belong to samples that hardly get better`);
    expect(detailsOf(run)).toContain(`weights w^${power}`);
    expect(detailsOf(run).join()).toMatch(/E‖g‖² of the unbiased step realised \d\.\d\d times (smaller|larger)/);
  });

  it('nothing of what only stored scores tell where they are fresh', async () => {
    const run = new TinyRun(importance(fresh));
    await run.steps(100);
    expect(detailsOf(run).join()).not.toMatch(/no score yet|get better|seen before/);
    expect(detailsOf(run)[0]).toMatch(/^τ \d\.\d\d$/);
  });
});

it('history.explain() of a run has the switches, and the details at its end', async () => {
  const { x, y } = digits();
  const history = await fit(classifier(), x, y, {
    ...{ engine: 'eager', verbose: 0, epochs: 20, batchSize: 10, seed: 1, method: importance(always) },
  });
  expect(history.switches).toMatchObject([{ step: 0, on: true, why: 'asked for from the start' }]);
  expect(history.explain()).toMatch(/^On throughout: asked for from the start\./);
  expect(history.explain({ detail: true })).toMatch(/At the end: τ \d\.\d\d; E‖g‖² of the unbiased step realised/);
});

it('a run that is off but for steps that are there to be timed is not said to be on', async () => {
  const { x, y } = digits();
  const model = classifier(tf.train.sgd(0));
  model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
  let look = 0;
  const history = await fit(model, x, y, {
    ...{ engine: 'eager', verbose: 0, epochs: 10, batchSize: 10, seed: 1, now: () => ++look / 1024 },
    method: importance({ scores: 'fresh', costs: 'measured' }),
  });
  expect(history.switches).toEqual([]);
  expect(history.balance.importance.steps).toBeGreaterThan(0);
  expect(history.explain()).toMatch(/^Off throughout, but for \d steps made to measure it: /);
});

it('the record of the options has every one of them, with what it is where it was not given', () => {
  const { name, options } = importance({ name: 'mine', mixture: 0.2, rule: { memorised: 0.4 } });
  expect(name).toBe('mine');
  expect(importance().name).toBe('importance');
  expect(options).toEqual({
    ...{ scores: undefined, presample: undefined, ahead: false, reuse: 1, score: 'upper-bound', mixture: 0.2 },
    ...{ resample: 'without-replacement', weightPower: 'measured', weightBound: Infinity, guard: 1 },
    ...{ learningRate: 'keep', start: 'measured', end: 0, tau: 'paper', tauDecay: 0.9, costs: 'assumed' },
    rule: { ...constants, memorised: 0.4 },
  });
  for (const unbiased of [{ scores: 'fresh' }, { learningRate: 'gain' }] as const) {
    expect(importance(unbiased).options.weightPower).toBe(1);
  }
});

it('says nothing of wrong labels of clean data that is being learned', async () => {
  await tf.setBackend('cpu');
  const x = tf.randomNormal<tf.Rank.R2>([80, 5], 0, 1, 'float32', 1);
  const y = tf.matMul(x, tf.tensor2d([[1], [2], [-1], [0.5], [3]]));
  for (const epochs of [4, 7]) {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [5], kernelInitializer: 'zeros' })],
    });
    model.compile({ optimizer: tf.train.sgd(0.02), loss: 'meanSquaredError' });
    const history = await fit(model, x, y, { epochs, batchSize: 20, verbose: 0, seed: 1 });
    expect(history.explain({ detail: true })).not.toMatch(/wrong labels/);
  }
});
