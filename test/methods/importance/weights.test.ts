import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../../src/fit/fit.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun, tinyModel } from '../../conformance/harness.ts';
import { always, b, exactGradients, fresh, frozen, uneven, unevenClassifier } from '../../support/importance.ts';
import { digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

describe.each([
  ['stored', always],
  ['fresh', fresh],
] as const)('weights of %s scores', (_, options) => {
  it('are cut at weightBound, and the draw and the reported loss stay as they are', async () => {
    const runs = [Infinity, 1.1].map(async (weightBound) => {
      return new TinyRun(importance({ ...options, weightBound }), { model: await uneven(0) });
    });
    const [free, bounded] = await Promise.all(runs);
    const [a, c] = [await free.steps(10), await bounded.steps(10)];
    expect(Math.max(...a.flatMap(({ weights }) => Array.from(weights!)))).toBeGreaterThan(1.5);
    for (const [k, { indices, weights }] of a.entries()) {
      expect(c[k].indices).toEqual(indices);
      // Scores are divided by what the gradient was weighed with, and so are the same but for rounding.
      for (const [i, w] of weights!.entries()) expect(c[k].weights![i]).toBeCloseTo(Math.min(1.1, w), 6);
      // What is reported as the loss stays an estimate of the training loss.
      expect(c[k].loss).toBeCloseTo(a[k].loss, 5);
    }
  });

  it('are raised to weightPower before they are cut', async () => {
    const [one, half] = [{ ...options }, { ...options, weightPower: 0.5, weightBound: 1.1 }].map(
      (options) => new TinyRun(importance(options), { model: frozen() }),
    );
    const [a, c] = [await one.steps(8), await half.steps(8)];
    expect(a.some(({ weights }) => weights!.some((w) => w > 1.21))).toBe(true);
    for (const [k, { indices, weights }] of a.entries()) {
      expect(c[k].indices).toEqual(indices);
      for (const [i, w] of weights!.entries()) expect(c[k].weights![i]).toBeCloseTo(Math.min(1.1, Math.sqrt(w)), 6);
    }
  });

  it('are what the update is made with: θ falls by the learning rate times the mean of w times each gradient', async () => {
    const run = new TinyRun(importance({ ...options, weightPower: 0.5 }), {
      model: tinyModel({ optimizer: tf.train.sgd(0.1) }),
    });
    await run.steps(6);
    const gradients = await exactGradients(run.model);
    const before = run.weights().flat();
    const { indices, weights } = await run.step();
    expect(weights!.some((w) => Math.abs(w - 1) > 0.05)).toBe(true);
    for (const [k, after] of run.weights().flat().entries()) {
      const step = Array.from(indices).reduce((sum, i, j) => sum + (weights![j] * gradients[i][k]) / b, 0);
      expect(Math.abs(after - before[k] + 0.1 * step)).toBeLessThan(2e-6);
    }
  });
});

describe('by default the power k of the weights is measured', () => {
  it('and is 0, weights of 1, while the samples drawn learn: hard ones are drawn more often, and count in full', async () => {
    const model = tinyModel({ optimizer: tf.train.adam(0.02) });
    const method = importance({ rule: { learns: 0.4, resists: 0.9, discount: 1 } });
    const reports = await new TinyRun(method, { model, n: 400, budget: 1e9 }).steps(140);
    const leaning = reports.filter(({ phase, resistance }) => phase === 'importance' && resistance! <= 0.4);
    expect(leaning.length).toBeGreaterThan(20);
    for (const { weights, weightPower, ess } of leaning) {
      expect(weightPower).toBe(0);
      expect(Array.from(weights!)).toEqual(new Array(b).fill(1));
      expect(ess).toBeLessThan(0.99);
    }
  });

  it('and follows the share of scores that resist where nothing learns; 1, unbiased, while nothing is known', async () => {
    const rule = { learns: 0.8, resists: 1 };
    const reportsOf = async (weightPower: 'measured' | 1) => {
      const method = importance({ start: 'always', weightPower, rule });
      return new TinyRun(method, { model: frozen(), budget: 1e9 }).steps(200);
    };
    const [own, unbiased] = [await reportsOf('measured'), await reportsOf(1)];
    const powers = new Set<number>();
    for (const [k, { indices, weights, weightPower, resistance = 1 }] of own.entries()) {
      expect(weightPower).toBeCloseTo(Math.max(0, (resistance - 0.8) / (1 - 0.8)), 12);
      powers.add(weightPower!);
      // Nothing moves, so that both draw the same: what differs is the power alone.
      expect(unbiased[k].indices).toEqual(indices);
      for (const [j, w] of weights!.entries()) {
        expect(w).toBeCloseTo(unbiased[k].weights![j] ** weightPower!, 6);
      }
    }
    expect(own[0].weightPower).toBe(1);
    expect(powers.size).toBeGreaterThan(5);
  });

  it('and is 1 with fresh scores, which cannot tell what resists', async () => {
    const options = { start: 'always', scores: 'fresh' } as const;
    const [own, unbiased] = [importance({ ...options, weightPower: 'measured' }), importance(options)];
    const reports = await new TinyRun(own, { model: frozen() }).steps(5);
    expect(await new TinyRun(unbiased, { model: frozen() }).steps(5)).toEqual(reports);
    expect(reports.map(({ weightPower }) => weightPower)).toEqual([1, 1, 1, 1, 1]);
  });
});

it.each(['eager', 'compiled'] as const)('a run counts how many of its steps had biased weights: %s', async (engine) => {
  const { x, y } = digits();
  for (const [weightPower, share] of [
    [1, 0],
    [0.5, 1],
  ]) {
    let look = 0;
    const { balance } = await fit(await unevenClassifier(), x, y, {
      ...{ engine, verbose: 0, epochs: 20, batchSize: 10, seed: 1, now: () => ++look / 1024 },
      method: importance({ scores: 'fresh', presample: 3, weightPower, rule: { forward: 0, hysteresis: 0 } }),
    });
    expect(balance.weighed).toBeGreaterThan(0);
    expect(balance.biased).toBe(share * balance.weighed);
  }
});
