import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import type { StepReport } from '../../src/fit/report.ts';
import type { Method } from '../../src/methods/method.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { katyusha } from '../../src/methods/variance-reduced/katyusha.ts';
import { saga } from '../../src/methods/variance-reduced/saga.ts';
import { scsg } from '../../src/methods/variance-reduced/scsg.ts';
import { svrg } from '../../src/methods/variance-reduced/svrg.ts';
import { fullGradient, type Logistic, logisticModel, objective, optimum, zerosAndOnes } from '../support/logistic.ts';

beforeAll(() => tf.setBackend('cpu'));

interface Run {
  /** Gap to the optimum after each step, and passes over the data that had been paid by then. */
  readonly gaps: number[];
  readonly passes: number[];
  readonly reports: StepReport[];
  readonly model: tf.LayersModel;
  /** The parameters after each step. */
  readonly w: Float32Array[];
}

/** Trains logistic regression until it has paid for `passes` passes over the data. */
async function train(
  problem: Logistic,
  method: Method,
  optimizer: tf.Optimizer,
  { passes, batchSize, until = 0 }: { passes: number; batchSize: number; until?: number },
): Promise<Run> {
  const best = optimum(problem).value;
  const model = logisticModel(problem, optimizer);
  const run: Run = { gaps: [], passes: [], reports: [], model, w: [] };
  await fit(model, ...data(problem), {
    ...{ method, batchSize, epochs: 10_000, engine: 'eager', seed: 1, verbose: 0 },
    onStep: (report) => {
      const w = model.getWeights()[0].dataSync().slice() as Float32Array;
      run.w.push(w);
      run.gaps.push(objective(problem, w) - best);
      run.passes.push(report.backward / problem.n);
      run.reports.push(report);
      if (run.passes.at(-1)! >= passes || run.gaps.at(-1)! < until) model.stopTraining = true;
    },
  } satisfies FitArgs);
  return run;
}

function data({ x, y, n, d }: Logistic) {
  return [
    { data: x, shape: [n, d], dtype: 'float32' as const },
    { data: y, shape: [n, 1], dtype: 'float32' as const },
  ] as const;
}

const lastEpoch = (values: number[], steps: number) =>
  values.slice(-steps).reduce((sum, value) => sum + value, 0) / steps;

describe('on L2-regularised logistic regression (zeros and ones of MNIST)', () => {
  const lambda = 0.02;
  const budget = { passes: 20, batchSize: 4 };
  let problem: Logistic;
  beforeAll(async () => {
    problem = await zerosAndOnes(200, lambda);
  });

  it.each([0.3, 0.1])('SGD at %d/L stalls above 1e-4', async (rate) => {
    const { gaps } = await train(problem, uniform(), tf.train.sgd(rate / problem.L), budget);
    expect(lastEpoch(gaps, 50)).toBeGreaterThan(1e-4);
  });

  it.each<[Method, number]>([
    [svrg({ inner: 2 }), 0.5],
    [saga(), 1 / 3],
    [scsg({ anchor: 'all' }), 0.5],
    [katyusha({ sigma: 2 * lambda }), 0.5],
  ])('$name falls linearly below 1e-8 for the same price', async (method, rate) => {
    const { gaps, passes } = await train(problem, method, tf.train.sgd(rate / problem.L), budget);
    const at = (share: number) => gaps[passes.findIndex((pass) => pass >= share * budget.passes - 1)];
    expect(gaps.at(-1)).toBeLessThan(1e-8);
    // Linear convergence: each quarter of the budget gains an order of magnitude at least.
    for (const quarter of [0.5, 0.75]) expect(at(quarter)).toBeLessThan(at(quarter - 0.25) / 10);
  });
});

describe('at high condition number', () => {
  it('Katyusha needs fewer gradients than SVRG', async () => {
    const problem = await zerosAndOnes(200, 1e-4);
    const method = katyusha({ sigma: 2e-4 });
    const fast = await train(problem, method, tf.train.sgd(1 / problem.L), { passes: 400, batchSize: 20, until: 1e-4 });
    expect(fast.gaps.at(-1)).toBeLessThan(1e-4);
    const passes = fast.passes.at(-1)!;
    const slow = await train(problem, svrg({ inner: 2 }), tf.train.sgd(1 / problem.L), { passes, batchSize: 20 });
    expect(slow.gaps.at(-1)).toBeGreaterThan(5e-4);
  });
});

/** Mean gradient over the samples `I`, in float64. */
function gradientOf(problem: Logistic, I: ArrayLike<number>, w: ArrayLike<number>): Float64Array {
  const { d, lambda } = problem;
  const pick = (from: Float32Array, width: number) =>
    Float32Array.from({ length: I.length * width }, (_, k) => from[I[Math.floor(k / width)] * width + (k % width)]);
  return fullGradient({ n: I.length, d, lambda, x: pick(problem.x, d), y: pick(problem.y, 1), L: 0 }, w);
}

/** The methods as their papers write them, in float64, on the minibatches that the library picked. */
type Oracle = (problem: Logistic, batches: ArrayLike<number>[], rate: number) => Float64Array[];

const combine = (f: (...values: number[]) => number, ...vectors: Float64Array[]) =>
  vectors[0].map((_, k) => f(...vectors.map((vector) => vector[k])));

const svrgOracle =
  (m: number, momentum = 0): Oracle =>
  (problem, batches, rate) => {
    let w: Float64Array = new Float64Array(problem.d);
    let velocity = w;
    let [snapshot, mu] = [w, w];
    return batches.map((I, t) => {
      if (t % m === 0) [snapshot, mu] = [w, fullGradient(problem, w)];
      const v = combine((a, b, c) => a - b + c, gradientOf(problem, I, w), gradientOf(problem, I, snapshot), mu);
      velocity = combine((u, v) => momentum * u + v, velocity, v);
      w = combine((w, u) => w - rate * u, w, velocity);
      return w;
    });
  };

const sagaOracle: Oracle = (problem, batches, rate) => {
  let w: Float64Array = new Float64Array(problem.d);
  // Blocks never picked keep the gradient of the start, so the mean over samples needs no list of blocks.
  const perSample = Array.from({ length: problem.n }, (_, i) => gradientOf(problem, [i], w));
  const mean = (I: ArrayLike<number>) =>
    combine((...values) => values.reduce((a, b) => a + b) / values.length, ...Array.from(I, (i) => perSample[i]));
  const all = Array.from({ length: problem.n }, (_, i) => i);
  return batches.map((I) => {
    const g = gradientOf(problem, I, w);
    const v = combine((a, b, c) => a - b + c, g, mean(I), mean(all));
    for (const i of Array.from(I)) perSample[i] = g;
    w = combine((w, v) => w - rate * v, w, v);
    return w;
  });
};

const katyushaOracle =
  (m: number, sigma: number, tau1Of: (s: number, rate: number) => number): Oracle =>
  (problem, batches, rate) => {
    let y: Float64Array = new Float64Array(problem.d);
    let [z, snapshot, mu] = [y, y, y];
    let ys: Float64Array[] = [];
    let tau1 = 0;
    return batches.map((I, t) => {
      if (t % m === 0) {
        const theta = 1 + (rate / tau1) * sigma;
        const total = ys.reduce((sum, _, j) => sum + theta ** j, 0);
        if (t > 0) snapshot = combine((...all) => all.reduce((sum, v, j) => sum + theta ** j * v, 0) / total, ...ys);
        tau1 = tau1Of(t / m, rate);
        mu = fullGradient(problem, snapshot);
        ys = [];
      }
      const x = combine((z, s, y) => tau1 * z + s / 2 + (1 - tau1 - 1 / 2) * y, z, snapshot, y);
      const v = combine((a, b, c) => c + a - b, gradientOf(problem, I, x), gradientOf(problem, I, snapshot), mu);
      z = combine((z, v) => z - (rate / tau1) * v, z, v);
      y = combine((x, v) => x - rate * v, x, v);
      ys.push(y);
      return y;
    });
  };

describe('step by step', () => {
  const lambda = 0.05;
  const [n, b, rate] = [43, 10, 0.7];
  it.each<[string, Method, tf.Optimizer, Oracle]>([
    ['svrg', svrg({ inner: 2, warmStart: 0 }), tf.train.sgd(rate), svrgOracle(9)],
    ['svrg through momentum', svrg({ inner: 1, warmStart: 0 }), tf.train.momentum(rate, 0.5), svrgOracle(4, 0.5)],
    ['saga', saga(), tf.train.sgd(rate), sagaOracle],
    [
      'katyusha',
      katyusha({ sigma: 2 * lambda }),
      tf.train.momentum(rate, 0.9),
      katyushaOracle(9, 2 * lambda, (_, rate) => Math.min(Math.sqrt(9 * 2 * lambda * rate), 1 / 2)),
    ],
    [
      'katyusha for a small sigma',
      katyusha({ sigma: 0.01 }),
      tf.train.sgd(rate),
      katyushaOracle(9, 0.01, (_, rate) => Math.sqrt(9 * 0.01 * rate)),
    ],
    ['katyusha without sigma', katyusha(), tf.train.sgd(rate), katyushaOracle(9, 0, (s) => 2 / (s + 4))],
    ['katyusha with tau1', katyusha({ tau1: 0.3 }), tf.train.sgd(rate), katyushaOracle(9, 0, () => 0.3)],
  ])('%s is what its paper says', async (_, method, optimizer, oracle) => {
    const problem = await zerosAndOnes(n, lambda);
    const { reports, w } = await train(problem, method, optimizer, { passes: 22, batchSize: b });
    const wanted = oracle(
      problem,
      reports.map(({ indices }) => indices),
      rate,
    );
    expect(reports.length).toBeGreaterThan(27);
    for (const [t, exact] of wanted.entries()) {
      for (let k = 0; k < exact.length; k++) expect(Math.abs(w[t][k] - exact[k])).toBeLessThan(1e-5);
    }
  });

  it.each([svrg({ warmStart: 0 }), scsg({ anchor: 'all' }), saga()])(
    '$name starts with the full gradient',
    async (method) => {
      const problem = await zerosAndOnes(n, lambda);
      // From a start other than 0, so that the regulariser has a gradient; rate 1: the step is the gradient.
      const model = logisticModel(problem, tf.train.sgd(1));
      const start = Float32Array.from({ length: problem.d }, (_, k) => Math.sin(k));
      model.setWeights([tf.tensor(start, [problem.d, 1])]);
      const onStep = () => {
        model.stopTraining = true;
      };
      await fit(model, ...data(problem), { method, batchSize: b, engine: 'eager', seed: 3, verbose: 0, onStep });
      const gradient = fullGradient(problem, start);
      const after = model.getWeights()[0].dataSync();
      for (let k = 0; k < problem.d; k++) expect(Math.abs(start[k] - after[k] - gradient[k])).toBeLessThan(1e-6);
    },
  );

  it('svrg hands its gradient to Adam', async () => {
    const problem = await zerosAndOnes(n, lambda);
    const adam = tf.train.adam(0.01);
    const { w, reports } = await train(problem, svrg({ warmStart: 0, inner: 2 }), adam, { passes: 60, batchSize: b });
    // Adam's first step is −rate · v/|v|, whatever v is but tiny.
    const mu = fullGradient(problem, new Float64Array(problem.d));
    for (let k = 0; k < problem.d; k++) {
      if (Math.abs(mu[k]) > 1e-4) expect(w[0][k]).toBeCloseTo(-0.01 * Math.sign(mu[k]), 4);
    }
    expect((adam as unknown as { iterations: number }).iterations).toBe(reports.length);
  });

  it('scsg draws as many samples for its anchor as it says, and geometric stages with mean B/b', async () => {
    const problem = await zerosAndOnes(n, lambda);
    const { reports } = await train(problem, scsg({ anchor: 2, growth: 0 }), tf.train.sgd(rate), {
      passes: 220,
      batchSize: b,
    });
    const passes = reports.map(({ pass }) => (pass as { samples: number }).samples);
    expect(new Set(passes)).toEqual(new Set([0, 20]));
    // Stages of no step leave no trace: what is left has mean 2 + 1. 5 standard errors of a geometric with mean 2.
    const stages = passes.filter((samples) => samples > 0).length;
    expect(Math.abs(reports.length / stages - 3)).toBeLessThan((5 * Math.sqrt(6)) / Math.sqrt(stages));
  });

  it('the anchors of scsg grow as j^1.5 up to all samples', async () => {
    const problem = await zerosAndOnes(200, lambda);
    const { reports } = await train(problem, scsg(), tf.train.sgd(rate), { passes: 20, batchSize: 4 });
    for (const { stage, pass } of reports as unknown as { stage: number; pass: { samples: number } }[]) {
      if (pass.samples > 0) expect(pass.samples).toBe(Math.min(200, Math.round(4 * stage ** 1.5)));
    }
  });
});
