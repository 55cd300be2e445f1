import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../../src/errors.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun } from '../../conformance/harness.ts';
import { always, b, fresh, n, stateOf, told } from '../../support/importance.ts';

beforeAll(() => tf.setBackend('cpu'));

it.each(['multinomial', 'systematic', 'without-replacement'] as const)(
  'scores that are all the same, or all zero, make every weight 1: %s',
  async (resample) => {
    for (const value of [0, 0.3]) {
      const pool = (size: number) => new Array(size).fill(value);
      const run = new TinyRun(told({ ...fresh, resample }, { pool }));
      for (const { weights, ess } of await run.steps(10)) {
        for (const w of weights!) expect(w).toBeCloseTo(1, 12);
        expect(ess).toBeCloseTo(1, 12);
      }
    }
  },
);

it('a sample that alone has a score is in every batch, the others stay in reach, and nothing is infinite', async () => {
  const pool = (size: number) => Array.from({ length: size }, (_, k) => (k === 2 ? 1 : 0));
  for (const mixture of [0, 0.1]) {
    const run = new TinyRun(told({ ...fresh, mixture }, { pool }), { shuffle: false, budget: 1e9 });
    for (const [k, { indices, weights, loss }] of (await run.steps(30)).entries()) {
      expect(Array.from(indices)).toContain((k * 3 * b + 2) % n);
      expect(weights!.every((w) => w > 0 && w < Infinity)).toBe(true);
      expect(Number.isFinite(loss)).toBe(true);
    }
  }
});

describe('a score that is NaN, infinite or negative', () => {
  it.each([Number.NaN, Infinity, -1])('%d in a presample is an error that names it and its sample', async (bad) => {
    const pool = (size: number) => Array.from({ length: size }, (_, k) => (k === 5 ? bad : 1));
    const run = new TinyRun(told(fresh, { pool }), { shuffle: false });
    const before = run.weights();
    const step = run.step();
    await expect(step).rejects.toThrow(UnequalError);
    await expect(step).rejects.toThrow(new RegExp(`scores that are no importance: got ${bad} for sample 5`));
    // The model stays as it was.
    expect(run.weights()).toEqual(before);
  });

  it.each([
    ['stored', always],
    ['fresh', fresh],
    ['stored, of a uniform step', { start: 1e9 }],
    ['fresh, of a uniform step', { start: 1e9, scores: 'fresh' }],
  ] as const)('from the training pass is named as well, and not stored: %s', async (_, options) => {
    let step = 0;
    const own = (_: unknown, scores: Float32Array) => (++step === 8 ? scores.slice().fill(Number.NaN, 3, 4) : scores);
    const run = new TinyRun(told(options, { own }));
    const reports = await run.steps(7);
    expect(reports.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    await expect(run.step()).rejects.toThrow(/got NaN for sample \d+/);
    const { memory, measured } = (await stateOf(run)).sampler;
    expect((memory?.values ?? []).every(Number.isFinite)).toBe(true);
    expect(measured.meter.latest.own.every(Number.isFinite)).toBe(true);
  });
});

it('the score is the upper bound, and the loss of a model that has none', async () => {
  // What comes out of a recurrence has been through its activation: nothing bounds the gradient there.
  const model = tf.sequential({
    layers: [
      tf.layers.reshape({ targetShape: [2, 2], inputShape: [4] }),
      tf.layers.lstm({ units: 3, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
  const run = new TinyRun(importance({ start: 'always' }), { model });
  for (const { indices, losses } of await run.steps(5)) {
    const { values } = (await stateOf(run)).sampler.memory;
    for (const [j, i] of indices.entries()) expect(values[i]).toBeCloseTo(losses[j], 6);
  }
  expect(() => new TinyRun(importance({ score: 'upper-bound' }), { model })).toThrow(
    /upper-bound score cannot be found/,
  );
});
