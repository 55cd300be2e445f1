import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '../../src/fit/provider.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { type ScoreKind, scoreKinds } from '../../src/learner/learner.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import type { Method } from '../../src/methods/method.ts';
import { infoBatch } from '../../src/methods/selection/info-batch.ts';
import { onlineBatchSelection } from '../../src/methods/selection/online-batch-selection.ts';
import { prioritized } from '../../src/methods/selection/prioritized.ts';
import { type ResamplerName, resamplers } from '../../src/sampling/resamplers.ts';
import { tau } from '../../src/sampling/tau.ts';
import { chiSquareTest, zScore } from '../support/statistics.ts';
import { casesWhere, TinyRun, tinyModel, tinyProvider } from './harness.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 40;
/** A model that does not move, so that what a method estimates is one fixed number. */
const frozen = () => tinyModel({ optimizer: tf.train.sgd(0) });

/** Loss of each sample, and its gradient along one direction, both at the frozen model. */
async function truth(): Promise<{ losses: number[]; slopes: number[] }> {
  const model = frozen();
  const learner = new EagerLearner(model);
  const provider: Provider = tinyProvider(model, n);
  const losses: number[] = [];
  const slopes: number[] = [];
  for (let i = 0; i < n; i++) {
    const { loss, gradient } = await learner.gradient(await provider.batch([i]));
    losses.push(loss);
    slopes.push(gradient.flatMap((part) => Array.from(part)).reduce((sum, g, k) => sum + g * Math.sin(k + 1), 0));
  }
  return { losses, slopes };
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** mean(wᵢ valueᵢ) of a step. */
function estimate({ indices, weights }: StepReport, values: number[]): number {
  return mean(Array.from(indices, (i, k) => (weights?.[k] ?? 1) * values[i]));
}

async function checkUnbiased(method: Method, steps: number): Promise<void> {
  const { losses, slopes } = await truth();
  const run = new TinyRun(method, { model: frozen(), budget: 10 * steps, seed: 5 });
  // The first steps are those in which averages of τ settle.
  const reports = (await run.steps(steps + 20)).slice(20);
  for (const values of [losses, slopes]) {
    const estimates = reports.map((report) => estimate(report, values));
    expect(Math.abs(zScore(estimates, mean(values)))).toBeLessThan(4);
  }
  run.dispose();
}

describe('E[mean(w l)] is the mean loss and E[gradient] the full gradient', () => {
  const unbiased = casesWhere(({ biased }) => !biased);
  it.each(unbiased)('$name', async ({ name, method }) => {
    await checkUnbiased(method(), name.startsWith('gradientNorm') ? 40 : 120);
  });

  const combinations = scoreKinds.flatMap((score) =>
    (Object.keys(resamplers) as ResamplerName[]).flatMap((resample) =>
      [0, 0.3].map((mixture) => ({ score, resample, mixture })),
    ),
  );
  it.each(combinations)('importance: $score, $resample, λ = $mixture', async ({ score, resample, mixture }) => {
    const method = importance({ scores: 'fresh', weightPower: 1, score, resample, mixture, start: 'always' });
    await checkUnbiased(method, score === 'gradient-norm' ? 20 : 80);
  });

  it.each(Object.keys(resamplers) as ResamplerName[])('importance: stored scores, %s', async (resample) => {
    await checkUnbiased(importance({ weightPower: 1, presample: 3, resample, start: 'always' }), 120);
  });

  it('fails for weights that are biased', async () => {
    await expect(
      checkUnbiased(importance({ score: 'loss', start: 'always', weightPower: 0, mixture: 0 }), 400),
    ).rejects.toThrow();
  });

  it('infoBatch: over an epoch, Σ w l is the sum of all losses, in fewer steps', async () => {
    const { losses } = await truth();
    const run = new TinyRun(infoBatch({ ratio: 0.5 }), { model: frozen(), budget: 100_000, batchSize: 7 });
    const sums: number[] = [];
    let trained = 0;
    for (let epoch = 0; epoch < 121; epoch++) {
      let sum = 0;
      do {
        const report = await run.step();
        sum += estimate(report, losses) * report.size;
        if (epoch > 0) trained += report.size;
      } while (((await run.trainer.state()) as { sampler: { order: { cursor: number } } }).sampler.order.cursor > 0);
      if (epoch > 0) sums.push(sum);
      else expect(sum).toBeCloseTo(n * mean(losses), 4);
    }
    expect(Math.abs(zScore(sums, n * mean(losses)))).toBeLessThan(4);
    const low = losses.filter((loss) => loss < mean(losses)).length;
    expect(trained / 120 / (n - low / 2)).toBeCloseTo(1, 1);
    // So that an expected step is not the mean, but N/M times it.
    expect(sums.reduce((a, b) => a + b) / trained / mean(losses)).toBeCloseTo(n / (n - low / 2), 1);
  });
});

describe('what samples are drawn', () => {
  /** How often each sample was drawn after its first epoch. */
  async function frequencies(method: Method, steps: number) {
    const run = new TinyRun(method, { model: frozen(), budget: 1e9, seed: 11 });
    const { losses } = await truth();
    await run.steps(n / 8);
    const reports = await run.steps(steps);
    const counts = new Array<number>(n).fill(0);
    for (const { indices } of reports) for (const i of indices) counts[i]++;
    const ranks = losses.map((loss) => 1 + losses.filter((other) => other > loss).length);
    return { counts, losses, ranks, reports, draws: steps * 8 };
  }
  const expected = (p: number[], draws: number) => p.map((one) => (one / p.reduce((a, b) => a + b)) * draws);

  it('prioritized: in proportion to (l + ε)^α, weights (N P)^−β with the largest 1', async () => {
    const { counts, losses, reports, draws } = await frequencies(prioritized({ alpha: 0.6, beta: 0.4 }), 400);
    const priorities = losses.map((loss) => (loss + 1e-6) ** 0.6);
    const total = priorities.reduce((a, b) => a + b);
    expect(chiSquareTest(counts, expected(priorities, draws))).toBeGreaterThan(1e-3);
    expect(chiSquareTest(counts, expected(losses, draws))).toBeLessThan(1e-4);
    for (const { indices, weights } of reports.slice(-20)) {
      const raw = Array.from(indices, (i) => ((n * priorities[i]) / total) ** -0.4);
      const largest = Math.max(...raw);
      expect(Math.max(...weights!)).toBe(1);
      for (const [k, w] of raw.entries()) expect(weights![k]).toBeCloseTo(w / largest, 5);
    }
  });

  it('prioritized: β is annealed to 1', async () => {
    const run = new TinyRun(prioritized({ beta: 0.4 }), { budget: 20 });
    const betas = (await run.steps(21)).map(({ beta }) => beta as number);
    expect(betas[0]).toBe(0.4);
    expect(betas[10]).toBeCloseTo(0.7, 12);
    expect(betas[20]).toBe(1);
  });

  it('prioritized: what was never drawn has the largest priority', async () => {
    // With α = 0 all priorities are equal, and the new samples are as likely as the known ones.
    const run = new TinyRun(prioritized({ alpha: 0 }), { n: 400 });
    const first = new Set<number>();
    let known = 0;
    for (const { indices } of await run.steps(25)) {
      for (const i of indices) {
        if (first.has(i)) known++;
        first.add(i);
      }
    }
    // 200 draws with replacement of 400 repeat 200 − 400 (1 − (1 − 1/400)^200) = 42.5 on average, ± 5.
    expect(known).toBeGreaterThan(25);
    expect(known).toBeLessThan(60);
  });

  it('prioritized by rank: in proportion to 1 / rank^α', async () => {
    const { counts, ranks, draws } = await frequencies(prioritized({ variant: 'rank', alpha: 0.7 }), 400);
    const p = ranks.map((rank) => rank ** -0.7);
    expect(chiSquareTest(counts, expected(p, draws))).toBeGreaterThan(1e-3);
  });

  it.each([5, 100])('online batch selection: p₁ / p_N is s_e = %i', async (pressure) => {
    const { counts, ranks, draws } = await frequencies(onlineBatchSelection({ pressure, recompute: 0 }), 400);
    const p = ranks.map((rank) => Math.exp((-Math.log(pressure) * rank) / n));
    expect(chiSquareTest(counts, expected(p, draws))).toBeGreaterThan(1e-3);
    // Weighted regression of ln(count) on rank: its slope is −ln(s_e) / N, its standard error follows from the counts.
    const at = ranks.map((rank, i) => ({ x: rank, y: Math.log(Math.max(counts[i], 0.5)), w: counts[i] }));
    const sum = (f: (point: (typeof at)[0]) => number) => at.reduce((total, point) => total + f(point), 0);
    const mx = sum(({ x, w }) => w * x) / draws;
    const my = sum(({ y, w }) => w * y) / draws;
    const spread = sum(({ x, w }) => w * (x - mx) ** 2);
    const slope = sum(({ x, y, w }) => w * (x - mx) * (y - my)) / spread;
    expect(Math.abs(-slope * n - Math.log(pressure))).toBeLessThan((4 * n) / Math.sqrt(spread));
  });

  it('online batch selection: the pressure decays, stored losses are refreshed and ranked anew each epoch', async () => {
    const run = new TinyRun(onlineBatchSelection({ pressure: [100, 1], recompute: 2 }), { budget: 20 });
    const reports = await run.steps(21);
    expect(reports.slice(0, 5).every(({ phase }) => phase === 'uniform')).toBe(true);
    expect(new Set(reports.slice(0, 5).flatMap(({ indices }) => Array.from(indices))).size).toBe(n);
    expect(reports[10].pressure).toBeCloseTo(10, 10);
    expect(reports[20].pressure).toBeCloseTo(1, 10);
    // Epochs are 5 steps: a pass at the start of each second one.
    const passes = reports.flatMap(({ pass, step }) => (pass ? [[step, pass.samples]] : []));
    expect(passes).toEqual([
      [10, n],
      [20, n],
    ]);
    expect(reports[10].staleness).toBe(0);
    expect(reports[9].staleness).toBeGreaterThan(0);
    expect(reports[20].forward - reports[20].backward).toBe(2 * n);

    const fresh = new TinyRun(onlineBatchSelection({ pressure: 100, recompute: 0 }), {});
    await fresh.steps(9);
    const orderAt = async () =>
      Array.from(((await fresh.trainer.state()) as { sampler: { order: Int32Array } }).sampler.order);
    const before = await orderAt();
    await fresh.steps(1);
    expect(await orderAt()).toEqual(before);
    const { losses } = ((await fresh.trainer.state()) as { sampler: { losses: Float32Array } }).sampler;
    await fresh.step();
    const sorted = Array.from(losses.keys()).sort((a, b) => losses[b] - losses[a]);
    expect(await orderAt()).toEqual(sorted);
  });
});

describe('τ', () => {
  it('of uniform scores is 1, never less, and the same for c·s', () => {
    for (const form of ['slides', 'paper'] as const) {
      expect(tau(new Float64Array(24).fill(0.3), form)).toBe(1);
      const s = Float64Array.from({ length: 24 }, (_, i) => (i % 5) ** 2);
      expect(tau(s, form)).toBeGreaterThan(1);
      for (const c of [1e-30, 7, 1e30])
        expect(
          tau(
            s.map((x) => c * x),
            form,
          ),
        ).toBeCloseTo(tau(s, form), 12);
    }
  });
});

describe('scoring leaves no trace', () => {
  const kinds: (ScoreKind | 'outputs')[] = [...scoreKinds, 'outputs'];
  it.each(kinds)('%s', async (kind) => {
    const model = tinyModel({ batchNorm: true, dropout: 0.5, optimizer: tf.train.adam(0.01) });
    const learner = new EagerLearner(model);
    const provider = tinyProvider(model, n);
    await learner.step(await provider.batch([0, 1, 2, 3]), undefined, { seed: 1 });
    const before = await learner.state();
    const random = Math.random;
    let drawn = 0;
    Math.random = () => {
      drawn++;
      return random();
    };
    try {
      const batch = await provider.batch([4, 5, 6, 7, 8]);
      if (kind === 'outputs') await learner.outputs(batch);
      else await learner.scores(batch, kind);
    } finally {
      Math.random = random;
    }
    expect(await learner.state()).toEqual(before);
    expect(drawn).toBe(0);
  });
});
