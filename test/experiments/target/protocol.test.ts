import { expect, test } from 'vitest';
import {
  bestFactor,
  keyOf,
  Runs,
  requestOf,
  type TargetPlan,
  wantedRuns,
} from '../../../src/experiments/target/protocol.ts';
import { resultsOf } from '../../../src/experiments/target/results.ts';
import type { RunRecord, RunRequest } from '../../../src/experiments/target/run-once.ts';
import { workloadNamed, workloads } from '../../../src/experiments/target/workloads/index.ts';

const digits = workloadNamed('mnist');
const plan: TargetPlan = {
  workloads: [digits],
  methods: ['uniform', 'importance'],
  seeds: 3,
  budgets: [0.5, 1],
  times: 2,
  search: true,
};

function made(request: RunRequest, value: number, failed?: string): RunRecord {
  const measured = { loss: 2 * value, value, ece: value / 10 };
  return {
    ...{ ...request, clock: 'counted', steps: 100, picked: request.method === 'uniform' ? 0 : 50 },
    ...{ forward: 1, backward: 1, machineSeconds: 1, failed },
    curve: [{ seconds: request.seconds, step: 100, ...measured }],
    test: { ...measured, value: value + 0.01 },
  };
}

/** Makes whatever is wanted until nothing is. */
function play(asked: TargetPlan, value: (request: RunRequest) => number): Runs {
  const runs = new Runs();
  for (let turn = 0; turn < 1000; turn++) {
    const [next] = wantedRuns(asked, runs);
    if (next === undefined) return runs;
    runs.add(made(next, value(next)));
  }
  throw new Error('no end');
}

test('the rate is searched beyond an end as long as that is best, and then everything is run at it', () => {
  const runs = play(plan, ({ factor, seed }) => Math.abs(Math.log2(factor) - 2) + 0.1 * seed);
  expect(bestFactor(digits, plan, runs)).toBe(4);
  const searched = runs.list.filter(({ budget, seed, method }) => method === 'uniform' && budget === 1 && seed === 1);
  expect(searched.map(({ factor }) => factor)).toEqual([0.5, 1, 2, 4, 8]);
  const rest = runs.list.filter(({ factor }) => factor === 4);
  expect(rest.length).toBe(2 * 2 * 3);
  expect(new Set(rest.map(({ seconds }) => seconds))).toEqual(new Set([20, 40]));
});

test('a rate that diverges is not the best, and a search has an end', () => {
  const runs = play(plan, ({ factor }) => (factor > 1 ? Number.NaN : factor));
  expect(bestFactor(digits, plan, runs)).toBe(1 / 8);
});

test('without a search the rate is the workload’s', () => {
  const runs = play({ ...plan, search: false }, () => 1);
  expect(new Set(runs.list.map(({ factor }) => factor))).toEqual(new Set([1]));
});

test('the target is uniform’s median at T; times, tests and ratios are relative to it', () => {
  const value = ({ method, budget, seed }: RunRequest) =>
    (method === 'uniform' ? 0.1 : 0.09) / budget ** 0.1 + 0.001 * (seed - 2);
  const [{ target, methods }] = resultsOf(plan, play(plan, value));
  expect(target).toBeCloseTo(0.1, 12);
  const [uniform, importance] = methods;
  expect(uniform.time).toBe(1);
  // 0.09 × 2^0.1 = 0.0965
  expect(importance.time).toBe(0.5);
  expect(importance.testAtTarget).toBeCloseTo((0.09 * 2 ** 0.1 + 0.01) / 0.11, 9);
  const pairs = [1, 2, 3].map((seed) => (0.09 + 0.001 * (seed - 2)) / (0.1 + 0.001 * (seed - 2)));
  expect(importance.atT?.loss.mean).toBeCloseTo(pairs.reduce((product, ratio) => product * ratio, 1) ** (1 / 3), 9);
  // The seeds' ratios are 0.899, 0.9 and 0.901: chance moves their mean by about 0.001, times 4.3 of Student's t / √3.
  expect(importance.atT?.loss.low).toBeCloseTo(0.8975, 3);
  expect(importance.atT?.loss.high).toBeCloseTo(0.9025, 3);
  expect(importance.picked).toBe(0.5);
});

test('a run that failed has reached nothing', () => {
  const runs = new Runs();
  const asked = { ...plan, search: false, seeds: 1 };
  for (const request of wantedRuns(asked, runs)) {
    runs.add(made(request, 0.1, request.method === 'importance' ? 'it diverged' : undefined));
  }
  const [{ methods }] = resultsOf(asked, runs);
  expect(methods.find(({ method }) => method === 'importance')).toMatchObject({ time: Infinity, failed: 2 });
});

test('half of the workloads are to design on, and each has a name that a command line takes', () => {
  const design = workloads.filter(({ half }) => half === 'design').length;
  expect(Math.abs(2 * design - workloads.length)).toBeLessThanOrEqual(1);
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
  for (const { name, seconds } of workloads) {
    expect(name).toMatch(/^[\w-]+$/);
    expect(name).not.toMatch(/fashion/);
    expect(seconds).toBeGreaterThanOrEqual(15);
    expect(seconds).toBeLessThanOrEqual(40);
  }
});

test('a run is known by all that it was asked for', () => {
  const one = requestOf(digits, plan, { method: 'uniform', factor: 1, budget: 0.5, seed: 1 });
  const others = [
    { ...one, seed: 2 },
    { ...one, budget: 1 },
    { ...one, factor: 2 },
    { ...one, seconds: 1 },
    { ...one, method: 'importance' },
    { ...one, workload: 'spam' },
  ];
  expect(new Set([one, ...others].map(keyOf)).size).toBe(7);
});
