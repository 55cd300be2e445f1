import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { decayed } from '../../src/methods/decayed.ts';
import { approximate } from '../../src/methods/importance/approximate.ts';
import { biased } from '../../src/methods/importance/biased.ts';
import { constantTime } from '../../src/methods/importance/constant-time.ts';
import { constantVariance } from '../../src/methods/importance/constant-variance.ts';
import { gradientNorm } from '../../src/methods/importance/gradient-norm.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { smoothed } from '../../src/methods/importance/smoothed.ts';
import { semiHardMining } from '../../src/methods/mining/hard-mining.ts';
import { hardestPairs } from '../../src/methods/mining/hardest-pairs.ts';
import { methodNamed, registry } from '../../src/methods/registry.ts';
import { stepDecay } from '../../src/methods/schedule.ts';
import { infoBatch } from '../../src/methods/selection/info-batch.ts';
import { onlineBatchSelection } from '../../src/methods/selection/online-batch-selection.ts';
import { prioritized } from '../../src/methods/selection/prioritized.ts';
import { randomSubset } from '../../src/methods/selection/random-subset.ts';
import { rhoLoss } from '../../src/methods/selection/rho-loss.ts';
import { selectiveBackprop } from '../../src/methods/selection/selective-backprop.ts';
import { storedScores } from '../../src/methods/selection/stored-scores.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { cases, TinyRun, tinyModel, tinyProvider } from '../conformance/harness.ts';
import { moments } from '../support/statistics.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 40;
const frozen = () => tinyModel({ optimizer: tf.train.sgd(0) });

async function lossesOf(model: tf.LayersModel): Promise<Float32Array> {
  return new EagerLearner(model).scores(
    await tinyProvider(model, n).batch(Int32Array.from({ length: n }, (_, i) => i)),
    'loss',
  );
}

describe('the registry', () => {
  it('makes each method under its own name, and each name once', () => {
    for (const { name, of, method } of cases) if (name === of) expect(method().name).toBe(name);
    expect(new Set(registry.map(({ name }) => name)).size).toBe(registry.length);
  });

  it('needs nothing where it says nothing', () => {
    for (const { make, needs, name } of registry) {
      if (needs === undefined) expect(make().name).toBe(name);
    }
  });

  it('names the nearest where there is none', () => {
    expect(() => methodNamed('infobach')).toThrow(/did you mean 'infoBatch'/);
    expect(() => methodNamed('unifrom')).toThrow(UnequalError);
  });

  it('says of every method what there is to say', () => {
    for (const entry of registry) {
      for (const text of [entry.paper, entry.cost, entry.use, entry.avoid]) expect(text.length).toBeGreaterThan(3);
    }
  });
});

describe('bad options are refused by the factory', () => {
  const bad: [string, () => unknown][] = [
    ['s_e < 1', () => onlineBatchSelection({ pressure: 0.5 })],
    ['s_eend < 1', () => onlineBatchSelection({ pressure: [100, 0] })],
    ['recompute', () => onlineBatchSelection({ recompute: -1 })],
    ['ratio', () => onlineBatchSelection({ ratio: 1.5 })],
    ['α < 0', () => prioritized({ alpha: -0.1 })],
    ['β > 1', () => prioritized({ beta: 1.1 })],
    ['ε', () => prioritized({ epsilon: 0 })],
    ['variant', () => prioritized({ variant: 'both' as 'rank' })],
    ['sort', () => prioritized({ sort: 0 })],
    ['over', () => gradientNorm({ over: 'batch' as 'data' })],
    ['λ = 0 for stored scores', () => storedScores({ mixture: 0 })],
    ['score', () => storedScores({ score: 'uniform' as 'loss' })],
    ['k > 1', () => biased(1.5)],
    ['k is not finite', () => biased(-Infinity)],
    ['smoothing', () => smoothed({} as { additive: number })],
    ['additive', () => smoothed({ additive: -1 })],
    ['power', () => smoothed({ power: 2 })],
    ['adaptive', () => smoothed({ adaptive: -1 })],
    ['presample', () => approximate({ presample: 0.5 })],
    ['warmup', () => approximate({ warmup: 0 })],
    ['resample', () => approximate({ resample: 'none' as 'systematic' })],
    ['threshold', () => constantTime({ threshold: 0.5 })],
    ['least', () => constantTime({ least: 0 })],
    ['backwardTime', () => constantVariance({ backwardTime: 0 })],
    ['extraSamples', () => constantVariance({ extraSamples: 0.7 })],
    ['β of the percentile', () => selectiveBackprop({ beta: -1 })],
    ['history', () => selectiveBackprop({ history: 0 })],
    ['no irreducible losses', () => rhoLoss({} as { irreducible: number[] })],
    ['irreducible losses', () => rhoLoss({ irreducible: [0, Number.NaN] })],
    ['r = 1', () => infoBatch({ ratio: 1 })],
    ['δ', () => infoBatch({ delta: 2 })],
    ['share', () => randomSubset({ share: 0 })],
    ['margin', () => semiHardMining({ margin: 0 })],
    ['ratio of pairs', () => hardestPairs({ ratio: 0.5 })],
  ];
  it.each(bad)('%s', (_, make) => {
    expect(make).toThrow(UnequalError);
  });

  it('a threshold that τ always exceeds: what is expected of it', () => {
    expect(() => constantTime({ threshold: 0.5 })).toThrow(
      'bad threshold of constantTime: got 0.5, expected a number ≥ 1',
    );
  });

  it('a presample larger than the data, in numbers that can be read', () => {
    expect(() => new TinyRun(constantTime(), { n: 10 })).toThrow(
      'got B = 1.7 × 8 = 14, expected at most the 10 samples',
    );
  });

  it('irreducible losses of other data, before the first step', () => {
    expect(() => new TinyRun(rhoLoss({ irreducible: [1, 2, 3], presample: 2 }))).toThrow(/other data/);
  });
});

describe('decayed', () => {
  it('multiplies the learning rate with its schedule, beside one of the run', async () => {
    const run = new TinyRun(decayed(uniform(), stepDecay([0.5], 10)), { budget: 4 });
    const rates = (await run.steps(5)).map(({ learningRate }) => learningRate);
    for (const [k, rate] of [0.1, 0.1, 0.01, 0.01, 0.01].entries()) expect(rates[k]).toBeCloseTo(rate, 10);
    const twice = decayed(
      decayed(uniform(), () => 0.5),
      () => 0.1,
    );
    expect(twice.schedule!(0)).toBeCloseTo(0.05, 12);
  });

  it('trains as the method it wraps but for the rate', async () => {
    const [a, b] = [uniform(), decayed(uniform(), () => 1)].map((method) => new TinyRun(method));
    await a.steps(7);
    await b.steps(7);
    expect(b.weights()).toEqual(a.weights());
  });
});

describe('biased', () => {
  it('raises the weights of the method to k, and leaves what it draws alone', async () => {
    const inner = () => importance({ scores: 'fresh', weightPower: 1, start: 'always' });
    const [plain, half] = [inner(), biased(0.5, inner())].map((method) => new TinyRun(method, { model: frozen() }));
    const [a, b] = [await plain.steps(5), await half.steps(5)];
    for (const [k, { indices, weights }] of a.entries()) {
      expect(b[k].indices).toEqual(indices);
      for (const [i, w] of weights!.entries()) expect(b[k].weights![i]).toBeCloseTo(Math.sqrt(w), 12);
    }
  });
});

describe('smoothed', () => {
  it('draws by smoothed scores', async () => {
    const scores = async (smoothing?: Parameters<typeof smoothed>[0]) => {
      const inner = importance({ scores: 'fresh', weightPower: 1, start: 'always', score: 'loss' });
      const run = new TinyRun(smoothing ? smoothed(smoothing, inner) : inner, { model: frozen() });
      return (await run.steps(2)).map(({ scores }) => Array.from(scores!));
    };
    const plain = await scores();
    const additive = await scores({ additive: 2 });
    const power = await scores({ power: 0.5 });
    const adaptive = await scores({ adaptive: 0.5, decay: 0.9 });
    let mean = 1;
    for (const [k, s] of plain.entries()) {
      mean = 0.9 * mean + 0.1 * moments(s).mean;
      for (const [i, l] of s.entries()) {
        expect(additive[k][i]).toBeCloseTo(l + 2, 5);
        expect(power[k][i]).toBeCloseTo(Math.sqrt(l), 5);
        expect(adaptive[k][i]).toBeCloseTo(l + 0.5 * mean, 5);
      }
    }
  });
});

describe('constant time', () => {
  it('B t_f + a (t_f + t_b) is what a uniform step takes, to less than a sample', async () => {
    const run = new TinyRun(constantTime({ threshold: 1.001, backwardTime: 2 }), {
      n: 200,
      batchSize: 60,
      budget: 1e9,
    });
    let before = { forward: 0, backward: 0 };
    const importanceSteps: number[] = [];
    for (const { forward, backward, phase, size } of await run.steps(40)) {
      const B = forward - before.forward - size;
      before = { forward, backward };
      if (phase !== 'importance') continue;
      expect(B).toBeGreaterThanOrEqual(60);
      expect(size).toBeLessThan(60);
      expect(Math.abs(B + 3 * size - 3 * 60)).toBeLessThan(3);
      importanceSteps.push(size);
    }
    expect(importanceSteps.length).toBeGreaterThan(5);
  });
});

describe('constant variance', () => {
  it('scores b, trains on b/τ and a few more', async () => {
    const run = new TinyRun(constantVariance({ backwardTime: 50, extraSamples: 0.1 }), {
      n: 200,
      batchSize: 40,
      budget: 1e9,
    });
    const reports = await run.steps(60);
    const picked = reports.filter(({ phase }) => phase === 'importance');
    expect(picked.length).toBeGreaterThan(5);
    for (const { step, size } of picked) {
      const tau = reports[step - 1].phase === 'importance' ? (reports[step - 1].tau as number) : undefined;
      if (tau !== undefined) expect(size).toBe(Math.min(40, Math.ceil((1 / tau + 0.1) * 40)));
    }
  });
});

describe('stored scores', () => {
  it('over the data: norms of all samples before the first step and every epoch, counted and shown', async () => {
    const run = new TinyRun(gradientNorm({ over: 'data', recompute: 2 }));
    const reports = await run.steps(11);
    expect(reports.flatMap(({ pass, step }) => (pass ? [[step, pass.samples]] : []))).toEqual([
      [0, n],
      [10, n],
    ]);
    expect(reports.map(({ staleness }) => staleness)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    expect(reports[9].backward).toBe(n + 10 * 8);
  });

  it('sweeps the data first, then takes scores from the training pass without an extra one', async () => {
    const run = new TinyRun(storedScores());
    const reports = await run.steps(20);
    expect(new Set(reports.slice(0, 5).flatMap(({ indices }) => Array.from(indices))).size).toBe(n);
    expect(reports.slice(5).every(({ phase, weights }) => phase === 'importance' && weights)).toBe(true);
    expect([reports[19].forward, reports[19].backward]).toEqual([160, 160]);
    // λ bounds the weights.
    for (const { weights } of reports.slice(5)) expect(Math.max(...weights!)).toBeLessThanOrEqual(1 / 0.1 + 1e-9);
  });
});

describe('selective backprop', () => {
  it('goes backward with the probability CDF(loss)^β', async () => {
    const model = frozen();
    const losses = await lossesOf(model);
    const run = new TinyRun(selectiveBackprop({ beta: 2, history: 400 }), { model, budget: 1e9, seed: 2 });
    await run.steps(40);
    const before = await run.steps(1);
    const reports = await run.steps(250);
    const counts = new Array<number>(n).fill(0);
    for (const { indices } of reports) for (const i of indices) counts[i]++;
    // Every sample is seen once an epoch, so that the recent losses are those of all samples, ten times.
    const chance = Array.from(losses, (l) => (losses.filter((other) => other <= l).length / n) ** 2);
    const seen = (reports.at(-1)!.forward - reports.at(-1)!.backward - before[0].forward + before[0].backward) / n;
    for (let i = 0; i < n; i++) {
      const spread = Math.sqrt(seen * chance[i] * (1 - chance[i])) + 1;
      expect(Math.abs(counts[i] - seen * chance[i])).toBeLessThan(5 * spread);
    }
    expect(reports.every(({ size, weights }) => size === 8 && weights === undefined)).toBe(true);
  });
});

describe('rho-loss', () => {
  it('trains on the candidates with the largest reducible loss', async () => {
    const model = frozen();
    const losses = await lossesOf(model);
    const irreducible = Float32Array.from({ length: n }, (_, i) => (i % 3) * 0.5);
    const run = new TinyRun(rhoLoss({ irreducible, presample: 5 }), { model, shuffle: false });
    const [{ indices }] = await run.steps(1);
    const best = Array.from({ length: n }, (_, i) => i)
      .sort((a, b) => losses[b] - irreducible[b] - (losses[a] - irreducible[a]))
      .slice(0, 8);
    expect(Array.from(indices).sort()).toEqual(best.sort());
  });

  it('a model scores each sample once', async () => {
    const other = tinyModel();
    const reference = await lossesOf(other);
    const run = new TinyRun(rhoLoss({ irreducible: other, presample: 2 }), { model: frozen(), shuffle: false });
    const passes = (await run.steps(8)).map(({ pass }) => pass?.samples ?? 0);
    expect(passes).toEqual([16, 16, 8, 0, 0, 0, 0, 0]);
    const { sampler } = (await run.trainer.state()) as { sampler: { irreducible: Float32Array } };
    for (let i = 0; i < n; i++) expect(sampler.irreducible[i]).toBeCloseTo(reference[i], 6);
  });
});

describe('infoBatch', () => {
  it('leaves out nothing in the first epoch and in the last part of the run', async () => {
    const run = new TinyRun(infoBatch({ ratio: 0.5, delta: 0.5 }), { budget: 30 });
    const reports = await run.steps(30);
    expect(new Set(reports.slice(0, 5).flatMap(({ indices }) => Array.from(indices))).size).toBe(n);
    const weights = (from: number, to: number) =>
      new Set(reports.slice(from, to).flatMap(({ weights }) => Array.from(weights!)));
    expect(weights(0, 5)).toEqual(new Set([1]));
    expect(weights(5, 15)).toEqual(new Set([1, 2]));
    expect(weights(15, 30)).toEqual(new Set([1]));
  });
});

describe('random subset', () => {
  it.each([true, false])('rounds of r N samples, replacement %s', async (replacement) => {
    const run = new TinyRun(randomSubset({ share: 0.4, replacement, schedule: () => 1 }));
    const reports = await run.steps(10);
    const rounds = new Map<number, number[]>();
    for (const { indices, round } of reports) {
      rounds.set(round as number, [...(rounds.get(round as number) ?? []), ...indices]);
    }
    expect(rounds.size).toBe(5);
    for (const picked of rounds.values()) expect(picked.length).toBe(16);
    if (replacement) for (const picked of rounds.values()) expect(new Set(picked).size).toBe(16);
    const firstTwo = new Set([...rounds.get(0)!, ...rounds.get(1)!]);
    if (replacement) expect(firstTwo.size).toBeLessThan(32);
    else expect(firstTwo.size).toBe(32);
  });
});
