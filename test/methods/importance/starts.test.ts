import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { importance } from '../../../src/methods/importance/importance.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { TinyRun, tinyModel } from '../../conformance/harness.ts';
import { always, even, fresh, hardTenth, n, seen, told, turns, untilOn } from '../../support/importance.ts';

beforeAll(() => tf.setBackend('cpu'));

/** A model that learns the easy of 400 samples in their first hundred steps, and then leaves the hard ones to train on. */
const samples = 400;
const learning = () => tinyModel({ optimizer: tf.train.adam(0.02) });

describe("start: 'measured', the default", () => {
  it.each([
    ['stored', told({}, { own: hardTenth() })],
    ['fresh', importance({ scores: 'fresh', rule: { forward: 0.02 } })],
  ] as const)(
    'starts once a step is worth 1.05 times what it costs, and until then the model is that of uniform training to the last bit: %s',
    async (scores, method) => {
      const run = new TinyRun(method, { model: learning(), n: samples, budget: 1e9 });
      const plain = new TinyRun(uniform(), { model: learning(), n: samples, budget: 1e9 });
      let report = await run.step();
      while (report.phase === 'uniform' && report.step < 300) {
        expect((await plain.step()).indices).toEqual(report.indices);
        expect(run.weights()).toEqual(plain.weights());
        // What it is off for is told as soon as something is decided.
        expect(report.against === undefined).toBe(report.worth === undefined);
        if (scores === 'fresh' && report.worth !== undefined)
          expect(report.worth).toBeLessThanOrEqual(1.05 * report.cost!);
        report = await run.step();
      }
      expect(report).toMatchObject({ phase: 'importance', switched: { on: true }, against: undefined });
      expect(report.step).toBeGreaterThan(20);
      expect(report.worth).toBeGreaterThan(1.05 * report.cost!);
      await plain.step();
      expect(run.weights()).not.toEqual(plain.weights());
    },
  );

  it('may start in the first epoch, before every sample has been seen', async () => {
    const run = new TinyRun(told({}, { own: hardTenth() }), { model: learning(), n: 2400, budget: 1e9 });
    const reports = await untilOn(run);
    expect(reports.length).toBeLessThan(2400 / 8);
    expect(seen(reports).size).toBeLessThan(2400);
  });

  it('never starts where all samples are as hard as each other, for then there is nothing to gain', async () => {
    for (const scores of ['fresh', 'stored'] as const) {
      const run = new TinyRun(importance({ scores }), { model: even(), budget: 1e9 });
      const reports = await run.steps(120);
      expect(turns(reports)).toEqual([]);
      const { worth, cost } = reports[119];
      expect(worth).toBeCloseTo(1, 6);
      expect(cost).toBeGreaterThanOrEqual(1);
    }
  });

  it.each(['stored', 'fresh'] as const)(
    'goes by no clock: a machine a thousand times slower makes the same run: %s',
    async (scores) => {
      const runOf = (now: (counters: { forward: number; backward: number }) => number) =>
        new TinyRun(importance({ scores }), { model: learning(), n: samples, budget: 1e9, now });
      const quick = runOf(({ forward, backward }) => 1e-6 * forward + 2e-6 * backward);
      const slow = runOf(({ forward, backward }) => 1 * forward + 1e-3 * backward);
      const withoutTime = ({ seconds, ...rest }: Awaited<ReturnType<TinyRun['step']>>) => rest;
      expect((await slow.steps(80)).map(withoutTime)).toEqual((await quick.steps(80)).map(withoutTime));
      expect(slow.weights()).toEqual(quick.weights());
    },
  );
});

it("start: 'always' is on from the first step", async () => {
  const reports = await new TinyRun(importance(always)).steps(3);
  expect(reports.map(({ phase }) => phase)).toEqual(['importance', 'importance', 'importance']);
  expect(turns(reports)).toEqual([{ step: 0, on: true, why: 'asked for from the start' }]);
});

it('start: 1.6 is on at every step at which τ is above 1.6, and off at every other', async () => {
  const run = new TinyRun(importance({ start: 1.6, tauDecay: 0.5 }), { model: learning(), budget: 1e9 });
  const reports = await run.steps(120);
  for (const { phase, tau, threshold, against } of reports) {
    expect([phase, threshold, against]).toEqual([tau! > 1.6 ? 'importance' : 'uniform', 1.6, undefined]);
  }
  expect(new Set(turns(reports).map(({ on }) => on))).toEqual(new Set([true, false]));
  for (const { on, why } of turns(reports)) expect(why).toMatch(on ? /exceeds 1\.60/ : /is below 1\.60/);
});

it('end: 0.3 trains the last 30 % of the run uniformly, and the switch says why', async () => {
  const run = new TinyRun(importance({ ...fresh, end: 0.3 }), { budget: 20 });
  const reports = await run.steps(20);
  expect(reports.map(({ phase }) => phase)).toEqual(reports.map((_, k) => (k < 14 ? 'importance' : 'uniform')));
  expect(turns(reports)).toEqual([
    { step: 0, on: true, why: 'asked for from the start' },
    { step: 14, on: false, why: 'the last part of the run is trained uniformly' },
  ]);
  const all = new TinyRun(importance({ ...fresh, end: 1 }), { n });
  expect((await all.steps(3)).every(({ phase }) => phase === 'uniform')).toBe(true);
});
