import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { decode, encode } from '../../src/fit/checkpoint.ts';
import { fit } from '../../src/fit/fit.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { registry } from '../../src/methods/registry.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { cases, casesWhere, type Loss, TinyRun, tinyData, tinyModel } from './harness.ts';

beforeAll(() => tf.setBackend('cpu'));

const model = (loss?: Loss) => tinyModel({ loss, dropout: 0.2, optimizer: tf.train.adam(0.01) });

const refusal = /scores that are no importance: got -.* in proportion to a negative loss: take/;
/** Methods that only compare losses. */
const compares = /^(selectiveBackprop|rhoLoss$|onlineBatchSelection|infoBatch|hardestPairs|hardMining)/;

describe.each(cases)('$name', ({ name, method, loss }) => {
  it('gives the same result for the same seed, bit for bit', async () => {
    const runs = [];
    for (let k = 0; k < 2; k++) {
      const run = new TinyRun(method(), { model: model(loss) });
      const reports = await run.steps(14);
      runs.push({ weights: run.weights(), picks: reports.map(({ indices }) => Array.from(indices)) });
      run.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  });

  it.each([3, 11])('continues from a checkpoint after %i steps as if it had not stopped', async (k) => {
    const whole = new TinyRun(method(), { model: model(loss) });
    await whole.steps(k);
    const file = encode(await whole.trainer.state());
    const rest = await whole.steps(6);

    const resumed = new TinyRun(method(), { model: model(loss), seed: 99 });
    await resumed.trainer.restore(decode(file, 'checkpoint'));
    const again = await resumed.steps(6);
    expect(again.map(({ indices }) => Array.from(indices))).toEqual(rest.map(({ indices }) => Array.from(indices)));
    expect(again.map(({ weights }) => weights && Array.from(weights))).toEqual(
      rest.map(({ weights }) => weights && Array.from(weights)),
    );
    expect(resumed.weights()).toEqual(whole.weights());
    whole.dispose();
    resumed.dispose();
  });

  it('trains the same where the run is to be longer, or says that it does not', async () => {
    const [short, long] = await Promise.all(
      [20, 40].map(async (budget) => {
        const run = new TinyRun(method(), { model: model(loss), budget });
        await run.steps(20);
        const weights = run.weights();
        run.dispose();
        return JSON.stringify(weights);
      }),
    );
    const { byBudget, schedule } = method();
    if (schedule === undefined) expect(short !== long).toBe(byBudget ?? false);
  });

  it('leaves no tensors behind', async () => {
    // The simplest and the most used run for a thousand steps; what leaks shows in a few.
    const [early, late] = name === 'uniform' || name === 'importance' ? [10, 1000] : [15, 45];
    const run = new TinyRun(method(), { model: tinyModel({ loss }) });
    await run.steps(early);
    const before = tf.memory().numTensors;
    await run.steps(late - early);
    expect(tf.memory().numTensors).toBe(before);
    run.dispose();
  });

  it('picks the same where a constant is taken off every loss, or trains as well, or says that it cannot', async () => {
    const { Reduction, losses } = tf;
    const entropy = (y: tf.Tensor, z: tf.Tensor) => losses.softmaxCrossEntropy(y, z, undefined, 0, Reduction.NONE);
    const own = typeof loss === 'function' ? loss : entropy;
    const picks = [];
    for (const constant of [0, 4]) {
      const run = new TinyRun(method(), { model: tinyModel({ loss: (y, z) => own(y, z).sub(constant) }) });
      const steps = run.steps(30).then((reports) => reports.map(({ indices }) => Array.from(indices)));
      picks.push(await steps.catch((error) => error));
      run.dispose();
    }
    if (picks[1] instanceof Error) expect(picks[1].message).toMatch(refusal);
    else if (compares.test(name)) expect(picks[1]).toEqual(picks[0]);
  });

  it('says in every step which samples it trained on, and with finite weights', async () => {
    const run = new TinyRun(method(), { model: tinyModel({ loss }) });
    for (const report of await run.steps(14)) {
      expect(report.indices.length).toBe(report.size);
      expect(report.losses.length).toBe(report.size);
      expect(['importance', 'uniform']).toContain(report.phase);
      if (report.weights) expect(report.weights.every((w) => w > 0 && w < Infinity)).toBe(true);
      if (report.ess !== undefined) expect(report.ess > 0 && report.ess <= 1 + 1e-12).toBe(true);
      if (report.staleness !== undefined) expect(report.staleness).toBeGreaterThanOrEqual(0);
    }
    run.dispose();
  });
});

describe('streams', () => {
  it.each(casesWhere(({ streams }) => !streams))('$name is refused before the first step', ({ method }) => {
    expect(() => new TinyRun(method(), { stream: true })).toThrow(UnequalError);
  });

  const onStreams = casesWhere(({ streams }) => streams).filter(
    ({ name }) => !['rhoLoss', 'gradientNorm, over the data'].includes(name),
  );
  it.each(onStreams)('$name trains', async ({ method, loss }) => {
    const run = new TinyRun(method(), { stream: true, model: tinyModel({ loss }) });
    const reports = await run.steps(12);
    expect(reports.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    run.dispose();
  });

  it.each(['rhoLoss', 'gradientNorm, over the data'])('%s is refused: it looks samples up', (name) => {
    const { method } = cases.find((one) => one.name === name)!;
    expect(() => new TinyRun(method(), { stream: true })).toThrow(/stream/);
  });
});

describe('what is kept per sample', () => {
  it.each(cases.filter(({ name }) => name !== 'rhoLoss'))('$name: at most what the registry says', async (one) => {
    const bytes = async (n: number) => {
      const run = new TinyRun(one.method(), { n, model: tinyModel({ loss: one.loss }) });
      await run.steps(2);
      const { sampler } = (await run.trainer.state()) as { sampler: object };
      run.dispose();
      return arrayBytes(sampler);
    };
    const perSample = ((await bytes(600)) - (await bytes(200))) / 400;
    const promised = registry.find(({ name }) => name === one.of)!.bytesPerSample;
    // What waits for the next batch differs from run to run by less than a tenth of a byte.
    expect(perSample).toBeLessThan(promised + 0.5);
    if (one.of !== 'saga') expect(promised).toBeLessThanOrEqual(16);
  });
});

function arrayBytes(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + arrayBytes(part), 0);
}

describe('uniform', () => {
  const optimizers = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.05, 0.9),
    adam: () => tf.train.adam(0.01),
  };
  it.each(Object.entries(optimizers))('trains as model.fit does, with %s', async (_, optimizer) => {
    const { x, y } = tinyData(40);
    const [ours, theirs] = [0, 1].map(() => tinyModel({ optimizer: optimizer(), batchNorm: true }));
    const args = { batchSize: 12, epochs: 3, shuffle: false, verbose: 0 as const };
    const history = await fit(ours, x, y, { ...args, method: uniform(), engine: 'eager' });
    const expected = await theirs.fit(x, y, args);
    for (const [k, weight] of ours.getWeights().entries()) {
      const [a, b] = [weight.dataSync(), theirs.getWeights()[k].dataSync()];
      for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(1e-5 * (1 + Math.abs(b[i])));
    }
    for (const [epoch, loss] of expected.history.loss.entries()) {
      expect(history.history.loss[epoch]).toBeCloseTo(loss as number, 5);
    }
  });
});

describe('counting passes', () => {
  it('a uniform step of importance takes no extra forward pass', async () => {
    const run = new TinyRun(importance({ start: 1e9 }));
    const [report] = (await run.steps(9)).slice(-1);
    expect([report.forward, report.backward]).toEqual([72, 72]);
  });

  it('τ is not told before it is known', async () => {
    for (const start of ['measured', 1e9] as const) {
      const reports = await new TinyRun(importance({ start })).steps(70);
      expect(reports[0].tau).toBeUndefined();
      expect(reports.at(-1)!.tau).toBeGreaterThanOrEqual(1);
      for (const { tau } of reports) if (tau !== undefined) expect(tau).toBeGreaterThanOrEqual(1);
    }
  });

  it('an importance step takes one of B and one of b', async () => {
    const run = new TinyRun(importance({ scores: 'fresh', start: 'always', presample: 3 }));
    const [report] = (await run.steps(4)).slice(-1);
    expect([report.forward, report.backward]).toEqual([4 * 8 * (3 + 1), 4 * 8]);
  });
});
