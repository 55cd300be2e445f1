import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeChunk } from '../../src/cluster/chunk.ts';
import { distributed } from '../../src/cluster/distributed-importance.ts';
import { MemoryStore } from '../../src/cluster/memory-store.ts';
import { ScoringWorker } from '../../src/cluster/scoring-worker.ts';
import type { Batch, Samples } from '../../src/data/samples.ts';
import { decode, encode } from '../../src/fit/codec.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { Random } from '../../src/sampling/random.ts';
import { zScore } from '../support/statistics.ts';
import { TinyRun, tinyModel, tinyProvider } from './harness.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 40;
const options = { range: 16, publishEvery: 1, enough: 0.4, start: 1.001, staleAfter: 1_000_000 };

/** The same samples as the master has. */
function samples(): Samples {
  const provider = tinyProvider(tinyModel(), n);
  const batch = async (indices: ArrayLike<number>): Promise<Batch> => {
    const { xs, ys } = await provider.batch(indices);
    return { xs: xs[0], ys: ys[0] };
  };
  return { length: n, batch };
}

const method = (store: MemoryStore, more: object = {}) =>
  distributed({ ...options, ...more } as object, async () => ({ store, close: async () => {} }));

/** Steps until `count` by importance have been made, with a worker that works while `works`. */
async function importanceSteps(run: TinyRun, worker: ScoringWorker, count: number, works: () => boolean) {
  const reports: StepReport[] = [];
  for (let k = 0; reports.length < count && k < 20 * count; k++) {
    const report = await run.step();
    if (report.phase === 'importance') reports.push(report);
    if (works()) await worker.turn();
    // What the master looks for comes at most every few milliseconds.
    if (k % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return reports;
}

describe('the estimate by scores of workers', () => {
  it.each([
    // Training refreshes no exact norm: what was given stays.
    ['of all samples', { score: 'gradient-norm' }, 1],
    ['of a part of them, for the others are not known', { score: 'gradient-norm' }, 0.3],
    ['by the loss, which training refreshes', { score: 'loss' }, 1],
    ['with a small smoothing', { score: 'gradient-norm', smoothing: 0.05 }, 1],
  ])('is unbiased with stale scores %s', async (_, more, part) => {
    const store = new MemoryStore();
    const frozen = () => tinyModel({ optimizer: tf.train.sgd(0) });
    const learner = new EagerLearner(frozen());
    const provider = tinyProvider(frozen(), n);
    const truth: number[] = [];
    for (let i = 0; i < n; i++) {
      const { gradient } = await learner.gradient(await provider.batch([i]));
      truth.push(gradient.flatMap((g) => Array.from(g)).reduce((sum, g, k) => sum + g * Math.sin(k + 1), 0));
    }
    const run = new TinyRun(method(store, { ...more, publishEvery: 1_000_000 }), {
      model: frozen(),
      budget: 1e9,
      n,
      seed: 5,
    });
    // Scores by weights of long ago: those of another network of the same shape.
    const old = new Random(9);
    const given = new Float32Array(n);
    const fresh = part === 1;
    for (let k = 0; k < 30; k++) {
      await run.step();
      await new Promise((resolve) => setTimeout(resolve, 10));
      const [lease] = (await store.lease('a', 1)).leases;
      if (!lease || (!fresh && lease.range === 2)) continue;
      const { nonce } = (await store.meta())!;
      const scores = Float32Array.from({ length: lease.range === 2 ? 8 : 16 }, () => old.uniform() ** 4);
      given.set(scores, 16 * lease.range);
      await store.commit(nonce, [{ lease, chunk: encodeChunk({ nonce, range: lease.range, version: 0, scores }) }]);
    }
    const reports: StepReport[] = [];
    for (let k = 0; k < 400; k++) reports.push(await run.step());
    expect(reports.every(({ phase }) => phase === 'importance')).toBe(true);
    expect(reports.some(({ staleness }) => staleness! > 100)).toBe(true);
    expect(reports[0].fresh).toBeCloseTo(fresh ? 1 : 0.8, 10);
    const estimates = (values: ArrayLike<number>, weighted: boolean) =>
      reports.map(({ indices, weights }) => {
        const terms = Array.from(indices, (i, k) => (weighted ? weights![k] : 1) * values[i]);
        return terms.reduce((a, b) => a + b) / terms.length;
      });
    for (const values of [truth, given]) {
      const mean = Array.from(values).reduce((a, b) => a + b) / n;
      expect(Math.abs(zScore(estimates(values, true), mean))).toBeLessThan(4);
    }
    // The same draws without their weights are biased: the test can tell.
    if (more.score !== 'loss')
      expect(Math.abs(zScore(estimates(given, false), given.reduce((a, b) => a + b) / n))).toBeGreaterThan(4);
    await run.trainer.close();
    run.dispose();
  });
});

describe('a master and a worker', { retry: 2 }, () => {
  it('score with the parameters that were published, and draw by these scores', async () => {
    const store = new MemoryStore();
    const run = new TinyRun(method(store), { budget: 1e9, n });
    const worker = new ScoringWorker(store, tinyModel(), samples(), { engine: 'eager' });
    const reports = await importanceSteps(run, worker, 20, () => true);
    expect(reports.length).toBe(20);
    expect(reports.at(-1)!.fresh).toBe(1);
    for (const { weights, indices } of reports) {
      expect(weights!.every((w) => w > 0 && w <= 3 + 1e-9)).toBe(true);
      expect(indices.every((i) => i >= 0 && i < n)).toBe(true);
    }
    await run.trainer.close();
    expect(await worker.turn()).toBe('ended');
    run.dispose();
  });

  it('counts stale scores as unknown and is uniform again when the workers are gone', async () => {
    const store = new MemoryStore();
    const run = new TinyRun(method(store, { staleAfter: 60 }), { budget: 1e9, n });
    const worker = new ScoringWorker(store, tinyModel(), samples(), { engine: 'eager' });
    await importanceSteps(run, worker, 10, () => true);
    const later = await run.steps(140);
    expect(later.at(-1)!.phase).toBe('uniform');
    expect(later.at(-1)!.fresh).toBe(0);
    expect(later.flatMap(({ switched }) => (switched ? [switched.on] : []))).toEqual([false]);
    await run.trainer.close();
    run.dispose();
  });

  it('keeps its scores in a checkpoint, and goes on with them under another session', async () => {
    const store = new MemoryStore();
    const first = new TinyRun(method(store), { budget: 1e9, n });
    const worker = new ScoringWorker(store, tinyModel(), samples(), { engine: 'eager' });
    await importanceSteps(first, worker, 10, () => true);
    // What the master looks for comes when it comes.
    for (let k = 0; k < 400 && !(((await first.step()).fresh as number) >= 0.8); k++) {
      await worker.turn();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const { nonce } = (await store.meta())!;
    const saved = encode(await first.trainer.state());
    // The master is killed: it says nothing any more.
    const second = new TinyRun(method(store), { budget: 1e9, n, seed: 77 });
    await second.trainer.restore(decode(saved, 'checkpoint'));
    const report = await second.step();
    // As many as the first had: none are scored anew in one step.
    expect(report.phase).toBe('importance');
    expect(report.fresh).toBeGreaterThanOrEqual(0.4);
    expect((await store.meta())!.nonce).not.toBe(nonce);
    await expect(
      (async () => {
        for (let k = 0; k < 50; k++) {
          await first.step();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })(),
    ).rejects.toThrow(/another process has taken this run over/);
    await importanceSteps(second, worker, 10, () => true);
    expect(second.weights().flat().every(Number.isFinite)).toBe(true);
  });

  it('refuses a worker of another model, of other data, of other weights', async () => {
    const store = new MemoryStore();
    const run = new TinyRun(method(store), { budget: 1e9, n });
    await run.step();
    await run.step();
    const refused = async (model: tf.LayersModel, data: Samples) =>
      new ScoringWorker(store, model, data, { engine: 'eager' }).work().then(
        () => 'worked',
        (error: Error) => error.message,
      );
    const other = samples();
    expect(await refused(tinyModel({ batchNorm: true }), other)).toMatch(/another model: got weights/);
    expect(await refused(tinyModel({ loss: 'meanSquaredError' }), other)).toMatch(/another model: got a score of/);
    const shifted: Samples = {
      length: n,
      batch: async (indices) => other.batch(Array.from(indices, (i) => (i + 1) % n)),
    };
    expect(await refused(tinyModel(), shifted)).toMatch(/another data set: got data/);
    expect(await refused(tinyModel(), { ...other, length: 39 })).toMatch(/another data set: got samples 39/);
    await run.trainer.close();
  });

  it('trains on when the store loses everything, and gets its scores again', async () => {
    const store = new MemoryStore();
    const run = new TinyRun(method(store, { staleAfter: 400 }), { budget: 1e9, n });
    const worker = new ScoringWorker(store, tinyModel(), samples(), { engine: 'eager' });
    await importanceSteps(run, worker, 10, () => true);
    store.forget();
    const before = run.trainer.step;
    const reports = await importanceSteps(run, worker, 450, () => true);
    expect(reports.length).toBe(450);
    expect(run.trainer.step - before).toBeGreaterThanOrEqual(450);
    expect(reports.at(-1)!.staleness).toBeLessThan(400);
    await run.trainer.close();
  });
});
