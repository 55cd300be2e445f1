import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { decode, encode } from '../../src/fit/checkpoint.ts';
import { fit } from '../../src/fit/fit.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { biased } from '../../src/methods/importance/biased.ts';
import { type ImportanceOptions, importance } from '../../src/methods/importance/importance.ts';
import type { Method } from '../../src/methods/method.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { Random } from '../../src/sampling/random.ts';
import { Shuffle } from '../../src/sampling/shuffle.ts';
import { TinyRun, tinyModel, tinyProvider } from '../conformance/harness.ts';
import { classifier, digits } from '../support/small.ts';
import { zScore } from '../support/statistics.ts';

/** Weights of models that have learned the easy samples, so that few have most of the gradient. */
let learned: { tiny: tf.Tensor[]; small: tf.Tensor[] };

beforeAll(async () => {
  await tf.setBackend('cpu');
  const run = new TinyRun(uniform(), { model: tinyModel({ optimizer: tf.train.adam(0.05) }) });
  await run.steps(300);
  const small = classifier();
  const { x, y } = digits();
  await fit(small, x, y, { engine: 'eager', verbose: 0, epochs: 30, batchSize: 10, seed: 1, method: uniform() });
  learned = { tiny: run.model.getWeights(), small: small.getWeights() };
});

const n = 40;
const b = 8;
const always = { start: 'always', weightPower: 1, presample: 3 } as const;
const fresh = { ...always, scores: 'fresh' } as const;
/** A model that does not move, so that scores and losses are fixed numbers. */
const frozen = () => tinyModel({ optimizer: tf.train.sgd(0) });
/** One that has learned, at a small learning rate. */
const uneven = (rate = 0.01) => {
  const model = tinyModel({ optimizer: tf.train.sgd(rate) });
  model.setWeights(learned.tiny);
  return model;
};
const unevenClassifier = () => {
  const model = classifier(tf.train.sgd(0.01));
  model.setWeights(learned.small);
  return model;
};
const everyone = Int32Array.from({ length: n }, (_, i) => i);

async function scoresOf(kind: 'loss' | 'upper-bound' | 'gradient-norm'): Promise<Float32Array> {
  const model = frozen();
  return new EagerLearner(model).scores(await tinyProvider(model, n).batch(everyone), kind);
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const seen = (reports: readonly StepReport[]) => new Set(reports.flatMap(({ indices }) => Array.from(indices)));

/** The method, told other scores than the model's: those of each sample's place in the presample. */
function told(options: ImportanceOptions, scores: (size: number) => number[]): Method {
  const inner = importance(options);
  return {
    ...inner,
    sampler: (context) => {
      const value = async ({ size }: { size: number }) => Float32Array.from(scores(size));
      return inner.sampler({ ...context, learner: Object.create(context.learner, { scores: { value } }) });
    },
  };
}

interface SamplerState {
  readonly sampler: {
    readonly memory: { values: Float32Array; resisted: Uint8Array; ages: Int32Array; unseen: number };
    readonly measured: {
      readonly step: number;
      readonly meter: { readonly latest: { readonly own: Float64Array; readonly filled: number } };
    };
  };
}
const stateOf = async (run: TinyRun) => (await run.trainer.state()) as unknown as SamplerState;

describe('stored scores', () => {
  it('need no forward pass of their own, nor a first epoch', async () => {
    const run = new TinyRun(importance(always));
    const reports = await run.steps(30);
    expect(new Set(reports.map(({ phase }) => phase))).toEqual(new Set(['importance']));
    expect([reports[29].forward, reports[29].backward]).toEqual([30 * b, 30 * b]);
    // Nothing is known at first, and all are as likely.
    for (const w of reports[0].weights!) expect(w).toBeCloseTo(1, 12);
    expect(Math.max(...reports[3].weights!)).toBeGreaterThan(1.05);
  });

  it('are expected of a sample that has none to be what the first scores of others are on average', async () => {
    const run = new TinyRun(importance(always), { model: frozen(), budget: 1e9 });
    const reports = await run.steps(4);
    const known = seen(reports);
    expect(known.size).toBeLessThan(n);
    const { memory } = (await stateOf(run)).sampler;
    const scores = Array.from((await run.step()).scores!);
    const firsts = scores.filter((score) => !Array.from(known).some((i) => memory.values[i] === score));
    expect(firsts.length).toBeGreaterThan(0);
    const expected = mean(Array.from(known, (i) => memory.values[i]));
    for (const score of firsts) expect(Math.abs(score / expected - 1)).toBeLessThan(0.2);
    expect(new Set(firsts).size).toBe(1);
  });

  it('are those of the pass each sample was last trained in', async () => {
    const upper = await scoresOf('upper-bound');
    const run = new TinyRun(importance(always), { model: frozen() });
    await run.steps(12);
    const { values } = (await stateOf(run)).sampler.memory;
    for (let i = 0; i < n; i++) expect(values[i]).toBeCloseTo(upper[i], 5);
  });

  it('leave every sample within reach, at a weight of at most 1/λ, whatever is stored', async () => {
    const run = new TinyRun(importance({ ...always, mixture: 0.2 }), { model: frozen(), budget: 1e9 });
    await run.steps(n / b);
    const reports: StepReport[] = [];
    for (let k = 0; k < 150; k++) {
      const state = await stateOf(run);
      // Samples whose scores are zero are drawn for the share of the uniform distribution alone.
      state.sampler.memory.values.fill(0);
      state.sampler.memory.values.fill(1, 0, 4);
      await run.trainer.restore(state as never);
      reports.push(await run.step());
    }
    expect(seen(reports).size).toBe(n);
    for (const { weights } of reports) expect(Math.max(...weights!)).toBeLessThanOrEqual(1 / 0.2 + 1e-9);
  });

  it.each(['multinomial', 'systematic', 'without-replacement'] as const)(
    'weights are unbiased however stale they are, and however often samples have resisted: %s',
    async (resample) => {
      const losses = Array.from(await scoresOf('loss'));
      const run = new TinyRun(importance({ ...always, resample }), { model: frozen(), budget: 1e9 });
      await run.steps(n / b);
      const random = new Random(12);
      const estimates: number[] = [];
      const unweighted: number[] = [];
      for (let k = 0; k < 300; k++) {
        const state = await stateOf(run);
        const { memory } = state.sampler;
        const { values, resisted, ages } = memory;
        // The larger the loss, the smaller what is stored: as wrong as can be.
        for (let i = 0; i < n; i++) values[i] = random.uniform() / (0.05 + losses[i]);
        for (let i = 0; i < n; i++) resisted[i] = random.integer(4);
        // As in the first epoch, when some have no score yet.
        for (let i = 0; i < n; i++) ages[i] = random.integer(8) === 0 ? -1 : 0;
        memory.unseen = ages.filter((stamp) => stamp < 0).length;
        await run.trainer.restore(state as never);
        const { indices, weights, loss } = await run.step();
        estimates.push(mean(Array.from(indices, (i, j) => weights![j] * losses[i])));
        unweighted.push(mean(Array.from(indices, (i) => losses[i])));
        expect(loss).toBeCloseTo(estimates.at(-1)!, 5);
      }
      expect(Math.abs(zScore(estimates, mean(losses)))).toBeLessThan(4);
      // Without the weights the same draws would be far off.
      expect(zScore(unweighted, mean(losses))).toBeLessThan(-8);
    },
  );

  it('carry the step they are from: the report says how old those of a presample are', async () => {
    const run = new TinyRun(importance(always), { shuffle: false, budget: 1e9 });
    const reports = await run.steps(25);
    const last = new Map<number, number>();
    const order = new Shuffle(n, new Random(3).fork('method').fork('presamples'));
    for (const { step, indices, staleness } of reports) {
      const presample = Array.from(order.next(3 * b));
      const ages = presample.flatMap((i) => (last.has(i) ? step - last.get(i)! : []));
      expect(staleness).toBeCloseTo(ages.length > 0 ? mean(ages) : 0, 10);
      for (const i of indices) expect(presample).toContain(i);
      for (const i of indices) last.set(i, step);
    }
    expect(reports[24].staleness).toBeGreaterThan(1);
  });

  it('of uniform score are all the same: every weight is 1', async () => {
    const run = new TinyRun(importance({ ...always, score: 'uniform' }));
    for (const { phase, weights } of (await run.steps(20)).slice(n / b)) {
      expect(phase).toBe('importance');
      for (const w of weights!) expect(w).toBeCloseTo(1, 12);
    }
  });

  it('are not for a stream, nor without a share of the uniform distribution: scores are fresh then', async () => {
    const { presample, ...rest } = always;
    for (const run of [
      new TinyRun(importance(always), { stream: true }),
      new TinyRun(importance({ ...rest, presample, mixture: 0 })),
    ]) {
      const [report] = await run.steps(1);
      expect([report.phase, report.forward]).toEqual(['importance', 4 * b]);
    }
    expect(() => new TinyRun(importance({ scores: 'stored' }), { stream: true })).toThrow(/no scores can be stored/);
  });
});

describe('reuse', () => {
  it('draws again from the same presample, and scores it once', async () => {
    const run = new TinyRun(importance({ ...fresh, reuse: 3 }), { shuffle: false });
    const reports = await run.steps(6);
    const forward = reports.map((report, k) => report.forward - (reports[k - 1]?.forward ?? 0));
    expect(forward).toEqual([4 * b, b, b, 4 * b, b, b]);
    for (const from of [0, 3]) {
      const presample = Array.from({ length: 3 * b }, (_, k) => (from * b + k) % n);
      const three = reports.slice(from, from + 3);
      for (const { indices, scores } of three) {
        for (const i of indices) expect(presample).toContain(i);
        expect(scores).toEqual(three[0].scores);
      }
      expect(new Set(three.map(({ indices }) => Array.from(indices).join())).size).toBe(3);
    }
    expect(reports[3].scores).not.toEqual(reports[0].scores);
  });

  it('is unbiased', async () => {
    const losses = Array.from(await scoresOf('loss'));
    const run = new TinyRun(importance({ ...fresh, reuse: 2 }), { model: frozen(), budget: 1e9 });
    const reports = await run.steps(400);
    const pairs = Array.from({ length: 200 }, (_, k) => mean([reports[2 * k].loss, reports[2 * k + 1].loss]));
    expect(Math.abs(zScore(pairs, mean(losses)))).toBeLessThan(4);
  });

  it('of a presample kept from a smaller step is no reason to train on fewer samples', async () => {
    const run = new TinyRun(importance({ ...fresh, presample: 1.5, reuse: 4 }));
    const sizes = [];
    for (const size of [2, 8, 8, 4, 8]) sizes.push((await run.step(size)).size);
    expect(sizes).toEqual([2, 8, 8, 4, 8]);
  });
});

describe('weights', () => {
  it('are cut at weightBound, and the draw stays as it is', async () => {
    const [free, bounded] = [Infinity, 1.1].map((weightBound) => {
      return new TinyRun(importance({ ...fresh, weightBound }), { model: uneven(0) });
    });
    const [a, c] = [await free.steps(10), await bounded.steps(10)];
    expect(Math.max(...a.flatMap(({ weights }) => Array.from(weights!)))).toBeGreaterThan(1.5);
    for (const [k, { indices, weights }] of a.entries()) {
      expect(c[k].indices).toEqual(indices);
      expect(Array.from(c[k].weights!)).toEqual(Array.from(weights!, (w) => Math.min(w, 1.1)));
      // What is reported as the loss stays an estimate of the training loss.
      expect(c[k].loss).toBeCloseTo(a[k].loss, 5);
    }
  });

  it('are raised to weightPower before they are cut', async () => {
    const [one, half] = [{ ...fresh }, { ...fresh, weightPower: 0.5, weightBound: 1.1 }].map(
      (options) => new TinyRun(importance(options), { model: frozen() }),
    );
    const [a, c] = [await one.steps(5), await half.steps(5)];
    for (const [k, { weights }] of a.entries()) {
      for (const [i, w] of weights!.entries()) expect(c[k].weights![i]).toBeCloseTo(Math.min(1.1, Math.sqrt(w)), 12);
    }
  });
});

it.each(['eager', 'compiled'] as const)('how many steps had biased weights is in the balance: %s', async (engine) => {
  const { x, y } = digits();
  for (const [weightPower, share] of [
    [1, 0],
    [0.5, 1],
  ]) {
    let look = 0;
    const { balance } = await fit(unevenClassifier(), x, y, {
      ...{ engine, verbose: 0, epochs: 20, batchSize: 10, seed: 1, now: () => ++look / 1024 },
      method: importance({ scores: 'fresh', presample: 3, rule: { forward: 0.01 }, weightPower }),
    });
    expect(balance.weighed).toBeGreaterThan(0);
    expect(balance.biased).toBe(share * balance.weighed);
  }
});

describe('the guard', () => {
  it('caps scores above the percentile of those seen lately, draws by what is left, and lists the samples', async () => {
    const run = new TinyRun(importance({ ...fresh, guard: 0.8 }), { model: frozen(), budget: 1e9 });
    const upper = await scoresOf('upper-bound');
    const reports = await run.steps(60);
    expect(reports.slice(0, 20).every(({ capped }) => capped === undefined)).toBe(true);
    let listed = 0;
    for (const { capped, scores } of reports.slice(20)) {
      if (!capped) continue;
      listed += capped.length;
      const least = Math.min(...Array.from(capped, (i) => upper[i]));
      const above = Array.from(scores!).filter((s) => s >= least - 1e-6).length;
      // Those listed are the largest of the presample, all of them and no others.
      expect(above).toBe(capped.length);
    }
    // A fifth of the samples, give or take what the latest 64 scores say of 40.
    expect(listed / (40 * 3 * b)).toBeGreaterThan(0.1);
    expect(listed / (40 * 3 * b)).toBeLessThan(0.3);
  });

  it('learns every twentieth step, with fresh scores too', async () => {
    const run = new TinyRun(importance({ ...fresh, guard: 0.8 }));
    await run.steps(19);
    const before = (await run.trainer.state()) as { sampler: { measured: { guard: number } } };
    await run.step();
    const after = (await run.trainer.state()) as { sampler: { measured: { guard: number } } };
    expect([before.sampler.measured.guard, after.sampler.measured.guard < Infinity]).toEqual([Infinity, true]);
    expect((await stateOf(run)).sampler.measured.step).toBe(20);
  });

  it('finds wrong labels: they are what history.capped begins with', async () => {
    const { y, n } = digits();
    const random = new Random(1);
    // Classes well apart, so that nothing but the labels is hard.
    const x = Float32Array.from({ length: n * 8 }, (_, k) => {
      const label = y.data.slice(3 * Math.floor(k / 8)).indexOf(1);
      return 2 * Math.cos((k % 8) * (label + 1)) + 0.5 * random.normal();
    });
    const wrong = [4, 23, 51];
    const data = y.data.slice();
    for (const i of wrong) {
      const label = data.slice(3 * i, 3 * i + 3).indexOf(1);
      data.fill(0, 3 * i, 3 * i + 3)[3 * i + ((label + 1) % 3)] = 1;
    }
    const method = importance({ ...fresh, guard: 0.9 });
    const history = await fit(
      classifier(),
      { data: x, shape: [n, 8], dtype: 'float32' },
      { ...y, data },
      {
        ...{ engine: 'eager', verbose: 0, method, epochs: 20, batchSize: 10, seed: 2 },
      },
    );
    const most = history.capped.slice(0, 6);
    for (const i of wrong) expect(most.map(({ index }) => index)).toContain(i);
    expect(history.explain({ detail: true })).toContain(
      `The guard capped the scores of ${history.capped.length} samples, most often of ${most[0].index} (${most[0].times} times), `,
    );
    for (const [k, { times }] of history.capped.entries()) {
      expect(times).toBeLessThanOrEqual(history.capped[k - 1]?.times ?? Infinity);
    }
  });
});

describe("learningRate: 'gain'", () => {
  const gain = { start: 'always', presample: 3, learningRate: 'gain' } as const;
  const clipped = (value: number) => Math.min(5, Math.max(1, value));

  it('multiplies the rate of importance steps by the realised gain', async () => {
    const run = new TinyRun(importance({ ...gain }), { model: uneven(), budget: 1e9 });
    const reports = await run.steps(40);
    const factors = reports.map(({ learningRate }) => learningRate / 0.01);
    for (const [k, { phase, gain }] of reports.entries()) {
      const known = phase === 'importance' && reports[k - 1]?.phase === 'importance';
      expect(factors[k]).toBeCloseTo(known ? clipped(gain!) : 1, 6);
    }
    expect(Math.max(...factors)).toBeGreaterThan(1.2);
    // Nothing is left of the factor between steps.
    expect(run.learner.learningRate()).toBeCloseTo(0.01, 8);
  });

  it.each([
    // The first sample of each presample is all there is: a gain of B/b = 10.
    [5, 'without-replacement', (size: number) => Array.from({ length: size }, (_, k) => (k === 0 ? 1 : 0))],
    // All are the same, and independent draws repeat some: a gain below 1.
    [1, 'multinomial', (size: number) => Array.from({ length: size }, () => 1)],
  ] as const)('clips it to [1, 5]: %i', async (expected, resample, scores) => {
    const method = told({ ...gain, resample, scores: 'fresh', presample: 10, mixture: 0 }, scores);
    const inner = method.sampler;
    const agreeing: Method = {
      ...method,
      sampler: (context) => {
        const sampler = inner(context);
        return {
          draw: (size) => sampler.draw(size),
          observe: (pick, result) => {
            const own = Float32Array.from(pick.unbiased!, (w) => (expected === 1 ? 1 : w < 0.3 ? 100 : 0));
            return sampler.observe!(pick, { ...result, scores: own });
          },
          state: () => sampler.state(),
          restore: (state) => sampler.restore(state),
        };
      },
    };
    const reports = await new TinyRun(agreeing, { n: 400, budget: 1e9 }).steps(10);
    const { learningRate, gain: realised } = reports[9];
    expect(realised! > 5 || realised! < 1).toBe(true);
    expect(learningRate / 0.1).toBeCloseTo(expected, 5);
  });

  it('is what the update is made with', async () => {
    const run = new TinyRun(importance({ ...gain }), { model: uneven(), budget: 1e9 });
    await run.steps(12);
    const before = run.weights();
    const copy = uneven();
    copy.setWeights(run.model.getWeights());
    const { indices, weights, learningRate } = await run.step();
    expect(learningRate).toBeGreaterThan(0.012);
    const { gradient } = await new EagerLearner(copy).gradient(await run.provider.batch(indices), weights);
    for (const [k, after] of run.weights().entries()) {
      for (const [i, value] of after.entries()) {
        expect(Math.abs(value - before[k][i] + learningRate * gradient[k][i])).toBeLessThan(2e-6);
      }
    }
  });

  it('counts progress in equivalent epochs, composes with a schedule, and ends the run when they are over', async () => {
    const { x, y, n } = digits();
    const progress: number[] = [];
    const reports: StepReport[] = [];
    const epochs = 8;
    const history = await fit(unevenClassifier(), x, y, {
      ...{ engine: 'eager', verbose: 0, epochs, batchSize: 10, seed: 1, method: importance({ ...gain }) },
      schedule: (share) => {
        progress.push(share);
        return 1 - share / 2;
      },
      onStep: (report) => void reports.push(report),
    });
    let done = 0;
    for (const [k, { size, learningRate, phase, gain }] of reports.entries()) {
      expect(progress[k]).toBeCloseTo(Math.min(1, done / (n * epochs)), 6);
      const known = phase === 'importance' && reports[k - 1]?.phase === 'importance';
      const factor = known ? clipped(gain!) : 1;
      expect(learningRate).toBeCloseTo(0.01 * (1 - progress[k] / 2) * factor, 7);
      done += size * factor;
    }
    expect(done).toBeGreaterThanOrEqual(n * epochs * (1 - 1e-9));
    expect(done - 50).toBeLessThan(n * epochs);
    expect(reports.length).toBeLessThan((n / 10) * epochs);
    expect(history.epoch.length).toBeLessThanOrEqual(epochs);
  });

  it.each(['stored', 'fresh'] as const)(
    'looks at exact norms, and takes none of it for the cost of a step: %s',
    async (scores) => {
      const now = ({ forward, backward }: { forward: number; backward: number }) => forward * 1e-3 + backward * 1.5e-3;
      const run = new TinyRun(importance({ ...gain, scores }), { model: frozen(), budget: 1e9, now });
      const reports = await run.steps(1100);
      const all = await run.provider.batch(everyone);
      const norms = await run.learner.scores(all, 'gradient-norm');
      const { gradient } = await run.learner.gradient(all);
      const square = gradient.flatMap((part) => Array.from(part)).reduce((sum, value) => sum + value ** 2, 0);
      // Of the gradients of a model that does not move, the share that is signal is known.
      const signal = square / mean(norms.map((norm) => norm ** 2));
      const noise = (1 - signal) / b;
      expect(reports[0].noiseShare).toBeUndefined();
      const seen = reports.flatMap(({ noiseShare }) => noiseShare ?? []);
      // Three looks at eight samples each.
      expect(new Set(seen).size).toBe(3);
      expect(seen.at(-1)!).toBeGreaterThan((0.5 * noise) / (signal + noise));
      expect(seen.at(-1)!).toBeLessThan((2.2 * noise) / (signal + noise));
      const { costs } = (await run.trainer.state()) as { costs: { steps: number[] } };
      expect(Math.max(...costs.steps)).toBeLessThan(2.6e-3);
    },
  );

  it('looks at them where scoring and training are one pass, too', async () => {
    const { x, y } = digits();
    const reports: StepReport[] = [];
    let look = 0;
    await fit(unevenClassifier(), x, y, {
      ...{ engine: 'compiled', verbose: 0, epochs: 900, batchSize: 10, seed: 1, now: () => ++look * 0.01 },
      method: importance({ ...gain, scores: 'fresh' }),
      onStep: (report) => void reports.push(report),
    });
    expect(reports[0].noiseShare).toBeUndefined();
    expect(reports.at(-1)!.noiseShare).toBeGreaterThan(0);
    expect(reports.at(-1)!.noiseShare).toBeLessThan(1);
  });

  it('composes with a callback that sets the rate, which finds it as it left it', async () => {
    const { x, y } = digits();
    const reports: StepReport[] = [];
    const found: number[] = [];
    const model = unevenClassifier();
    const optimizer = model.optimizer as tf.SGDOptimizer & { learningRate: number };
    await fit(model, x, y, {
      ...{ engine: 'eager', verbose: 0, epochs: 6, batchSize: 10, seed: 1, method: importance({ ...gain }) },
      onStep: (report) => void reports.push(report),
      callbacks: {
        onBatchEnd: async () => {
          found.push(optimizer.learningRate);
          optimizer.setLearningRate(0.01 / (1 + found.length / 10));
        },
      },
    });
    for (const [k, { learningRate, phase, gain }] of reports.entries()) {
      const rate = 0.01 / (1 + k / 10);
      expect(found[k]).toBeCloseTo(rate, 8);
      const known = phase === 'importance' && reports[k - 1]?.phase === 'importance';
      expect(learningRate).toBeCloseTo(rate * (known ? clipped(gain!) : 1), 8);
    }
    expect(reports.some(({ learningRate }, k) => learningRate > 0.012 / (1 + k / 10))).toBe(true);
  });
});

it('end: the last part of the run is uniform, and the switch says why', async () => {
  const run = new TinyRun(importance({ ...fresh, end: 0.3 }), { budget: 20 });
  const reports = await run.steps(20);
  expect(reports.map(({ phase }) => phase)).toEqual(reports.map((_, k) => (k < 14 ? 'importance' : 'uniform')));
  expect(reports.flatMap(({ switched, step }) => (switched ? [[step, switched.on, switched.why]] : []))).toEqual([
    [0, true, 'asked for from the start'],
    [14, false, 'the last part of the run is trained uniformly'],
  ]);
  const all = new TinyRun(importance({ ...fresh, end: 1 }));
  expect((await all.steps(3)).every(({ phase }) => phase === 'uniform')).toBe(true);
});

describe('what contradicts itself is refused', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'reuse of stored scores',
      () => importance({ scores: 'stored', reuse: 2 }),
      /^reuse of stored scores: got reuse 2/,
    ],
    [
      'stored scores, λ = 0',
      () => importance({ scores: 'stored', mixture: 0 }),
      /^stored scores without a share of the uniform distribution: got mixture 0/,
    ],
    [
      'a threshold for a ratio that is not known',
      () => importance({ scores: 'fresh', presample: 'measured', start: 2 }),
      /^a given start with a presample that is yet to be measured: got start 2/,
    ],
    [
      'always, with a ratio that is to be measured',
      () => importance({ scores: 'fresh', presample: 'measured', start: 'always' }),
      /^a given start with a presample that is yet to be measured: got start always/,
    ],
    ['stored exact norms', () => importance({ score: 'gradient-norm' }), /^no exact norms can be stored/],
    [
      'the gain of biased weights',
      () => importance({ learningRate: 'gain', weightPower: 0.5 }),
      /^the gain is that of unbiased weights: got learningRate: 'gain' with weightPower 0\.5/,
    ],
    [
      'the gain of weights that are cut',
      () => importance({ learningRate: 'gain', weightBound: 2 }),
      /^the gain is that of unbiased weights.*weightBound 2/,
    ],
    [
      'the gain of weights that are biased from outside',
      () => biased(0.5, importance({ learningRate: 'gain' })),
      /^the gain is that of unbiased weights: got learningRate: 'gain' with weights w\^0\.5/,
    ],
    [
      'scores',
      () => importance({ scores: 'old' as never }),
      /^bad scores of importance: got 'old', expected 'stored' or 'fresh'/,
    ],
    ['reuse', () => importance({ reuse: 0 }), /^bad reuse of importance: got 0/],
    ['half a reuse', () => importance({ reuse: 1.5 }), /^bad reuse of importance: got 1\.5/],
    [
      'weightBound',
      () => importance({ weightBound: 0.5 }),
      /^bad weightBound of importance: got 0\.5, expected a number ≥ 1/,
    ],
    ['weightBound', () => importance({ weightBound: Number.NaN }), /^bad weightBound of importance: got NaN/],
    ['guard', () => importance({ guard: 99 }), /^bad guard of importance: got 99/],
    ['learningRate', () => importance({ learningRate: 'up' as never }), /^bad learningRate of importance: got 'up'/],
    ['end', () => importance({ end: -0.1 }), /^bad end of importance: got -0\.1/],
    ['presample', () => importance({ presample: Infinity }), /^bad presample of importance: got Infinity/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(UnequalError);
    expect(make).toThrow(message);
  });

  it('and what does not is not', () => {
    for (const options of [
      { learningRate: 'gain' },
      { learningRate: 'gain', reuse: 2 },
      { learningRate: 'gain', weightPower: 1, guard: 0.9 },
      { scores: 'fresh', presample: 'measured' },
      { mixture: 0 },
      { score: 'gradient-norm', scores: 'fresh' },
    ] as const) {
      expect(() => importance(options)).not.toThrow();
    }
    expect(() => biased(1, importance({ learningRate: 'gain' }))).not.toThrow();
  });
});

describe('scores while training', () => {
  it.each(['multinomial', 'systematic', 'without-replacement'] as const)(
    'all equal, or all zero: weights of 1, %s',
    async (resample) => {
      for (const value of [0, 0.3]) {
        const run = new TinyRun(told({ ...fresh, resample }, (size) => new Array(size).fill(value)));
        for (const { weights, ess } of await run.steps(10)) {
          for (const w of weights!) expect(w).toBeCloseTo(1, 12);
          expect(ess).toBeCloseTo(1, 12);
        }
      }
    },
  );

  it('constant: nothing to gain, so that it never starts', async () => {
    const model = frozen();
    model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
    for (const scores of ['fresh', 'stored'] as const) {
      const run = new TinyRun(importance({ scores }), { model, budget: 1e9 });
      const reports = await run.steps(120);
      expect(reports.flatMap(({ switched }) => switched ?? [])).toEqual([]);
      const { worth, cost } = reports[119];
      expect(worth).toBeCloseTo(1, 6);
      expect(cost).toBeGreaterThanOrEqual(1);
    }
  });

  it('one-hot: the one is in every batch, the others are in reach, and nothing is infinite', async () => {
    const oneHot = (size: number) => Array.from({ length: size }, (_, k) => (k === 2 ? 1 : 0));
    for (const mixture of [0, 0.1]) {
      const run = new TinyRun(told({ ...fresh, mixture }, oneHot), { shuffle: false, budget: 1e9 });
      for (const [k, { indices, weights, loss }] of (await run.steps(30)).entries()) {
        expect(Array.from(indices)).toContain((k * 3 * b + 2) % n);
        expect(weights!.every((w) => w > 0 && w < Infinity)).toBe(true);
        expect(Number.isFinite(loss)).toBe(true);
      }
    }
  });

  it.each([Number.NaN, Infinity, -1])(
    '%d: an error that names the sample, and the model stays as it was',
    async (bad) => {
      const scores = (size: number) => Array.from({ length: size }, (_, k) => (k === 5 ? bad : 1));
      const run = new TinyRun(told(fresh, scores), { shuffle: false });
      const before = run.weights();
      const step = run.step();
      await expect(step).rejects.toThrow(UnequalError);
      await expect(step).rejects.toThrow(new RegExp(`scores that are no importance: got ${bad} for sample 5`));
      expect(run.weights()).toEqual(before);
    },
  );

  it('NaN from the training pass: named as well, and not stored', async () => {
    const inner = importance(always);
    let step = 0;
    const method: Method = {
      ...inner,
      sampler: (context) => {
        const sampler = inner.sampler(context);
        return {
          draw: (size) => sampler.draw(size),
          observe: (pick, result) => {
            const scores = result.scores!.slice();
            if (++step === 8) scores[3] = Number.NaN;
            return sampler.observe!(pick, { ...result, scores });
          },
          state: () => sampler.state(),
          restore: (state) => sampler.restore(state),
        };
      },
    };
    const run = new TinyRun(method);
    await run.steps(7);
    await expect(run.step()).rejects.toThrow(/got NaN for sample \d+/);
    expect((await stateOf(run)).sampler.memory.values.every(Number.isFinite)).toBe(true);
  });
});

it('the meter takes in exact norms only where they are the score', async () => {
  const norms = Array.from(await scoresOf('gradient-norm'));
  const run = new TinyRun(importance({ scores: 'fresh', score: 'gradient-norm' }), { model: frozen(), budget: 1e9 });
  await run.steps(40);
  const { own, filled } = (await stateOf(run)).sampler.measured.meter.latest;
  expect(filled).toBeGreaterThan(20);
  for (const value of own.subarray(0, filled)) {
    expect(Math.min(...norms.map((norm) => Math.abs(norm - value)))).toBeLessThan(1e-5);
  }
});

describe('a run that is resumed is bit for bit what it would have been', () => {
  const kinds: { [name: string]: ImportanceOptions } = {
    stored: { ...always },
    'stored, measured': {},
    'stored, biased and guarded': { start: 1.01, guard: 0.8, weightBound: 2 },
    fresh: { ...fresh, guard: 0.8 },
    'fresh, measured': { scores: 'fresh' },
    reuse: { ...fresh, reuse: 4 },
    gain: { start: 'always', learningRate: 'gain' },
    'gain, fresh and reused': { start: 'always', presample: 3, learningRate: 'gain', reuse: 3 },
    end: { ...fresh, end: 0.4 },
  };
  const model = () => tinyModel({ dropout: 0.2, optimizer: tf.train.adam(0.01) });
  const told = ({ indices, weights, learningRate, loss, phase, gain, tau, worth, capped }: StepReport) => ({
    ...{ indices, weights, learningRate, loss, phase, gain, tau, worth, capped },
  });

  it.each(Object.entries(kinds).flatMap(([name, options]) => [2, 9, 25].map((k) => [name, k, options] as const)))(
    '%s, after %i steps',
    async (_, k, options) => {
      const whole = new TinyRun(importance(options), { model: model(), budget: 40 });
      await whole.steps(k);
      const file = encode(await whole.trainer.state());
      const rest = await whole.steps(15);
      const resumed = new TinyRun(importance(options), { model: model(), seed: 99, budget: 40 });
      await resumed.trainer.restore(decode(file, 'checkpoint'));
      const again = await resumed.steps(15);
      expect(again.map(told)).toEqual(rest.map(told));
      expect(resumed.weights()).toEqual(whole.weights());
      const [one, two] = [await resumed.trainer.state(), await whole.trainer.state()] as { sampler: object }[];
      expect(one.sampler).toEqual(two.sampler);
    },
  );
});
