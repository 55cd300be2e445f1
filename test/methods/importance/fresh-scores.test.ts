import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitDataset } from '../../../src/fit/fit-dataset.ts';
import type { FitDatasetArgs } from '../../../src/fit/options.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import type { Pick } from '../../../src/methods/method.ts';
import { Random } from '../../../src/sampling/random.ts';
import { Shuffle } from '../../../src/sampling/shuffle.ts';
import { TinyRun } from '../../conformance/harness.ts';
import {
  always,
  b,
  exactGradients,
  exactScores,
  fresh,
  frozen,
  n,
  seen,
  stateOf,
  told,
  uneven,
} from '../../support/importance.ts';
import { classifier, digits, values } from '../../support/small.ts';
import { chiSquareTest } from '../../support/statistics.ts';

beforeAll(() => tf.setBackend('cpu'));

describe("scores: 'fresh' is Algorithm 1 of the paper", () => {
  it('scores the next B samples of the order by ‖p − y‖ of the model as it is, and draws b of them', async () => {
    const run = new TinyRun(importance(fresh));
    const order = new Shuffle(n, new Random(3).fork('order'));
    for (let k = 0; k < 12; k++) {
      const { upperBounds } = exactScores(run.model);
      const { indices, scores, phase } = await run.step();
      const presample = order.next(3 * b);
      expect([phase, indices.length, scores!.length]).toEqual(['importance', b, 3 * b]);
      for (const [row, i] of presample.entries()) expect(scores![row]).toBeCloseTo(upperBounds[i], 5);
      for (const i of indices) expect(presample).toContain(i);
    }
  });

  it('draws in proportion to the scores, with a share λ of the uniform distribution, at the weight 1/(B p)', async () => {
    const [mixture, steps] = [0.3, 400];
    const options = { ...fresh, mixture, presample: n / b, resample: 'multinomial' } as const;
    const run = new TinyRun(importance(options), { model: await uneven(0), budget: 1e9 });
    const { upperBounds } = exactScores(run.model);
    const sum = upperBounds.reduce((a, c) => a + c);
    const p = upperBounds.map((score) => ((1 - mixture) * score) / sum + mixture / n);
    const counts = new Array<number>(n).fill(0);
    for (const { indices, weights, ess } of await run.steps(steps)) {
      for (const [j, i] of indices.entries()) expect(weights![j] * n * p[i]).toBeCloseTo(1, 4);
      expect(ess).toBeCloseTo(1 / (n * p.reduce((total, share) => total + share ** 2, 0)), 6);
      for (const i of indices) counts[i]++;
    }
    expect(
      chiSquareTest(
        counts,
        p.map((share) => steps * b * share),
      ),
    ).toBeGreaterThan(1e-3);
    // Without the mixture it would be another distribution: the test can tell.
    expect(
      chiSquareTest(
        counts,
        upperBounds.map((score) => (steps * b * score) / sum),
      ),
    ).toBeLessThan(1e-6);
  });
});

describe('scores are fresh without being asked for', () => {
  it('on a stream, whose next B samples are the presample', async () => {
    const run = new TinyRun(importance(always), { stream: true });
    const reports = await run.steps(5);
    expect(reports.map(({ phase, forward }) => [phase, forward])).toEqual(
      [1, 2, 3, 4, 5].map((k) => ['importance', 4 * b * k]),
    );
    // Their places in the stream.
    for (const [k, { indices }] of reports.entries()) {
      for (const i of indices) expect(Math.floor(i / (3 * b))).toBe(k);
    }
  });

  it('without a share of the uniform distribution, and where presamples are used more than once', async () => {
    for (const more of [{ mixture: 0 }, { reuse: 2 }]) {
      const [report] = await new TinyRun(importance({ ...always, ...more })).steps(1);
      expect([report.phase, report.forward]).toEqual(['importance', 4 * b]);
    }
  });

  it('but stored ones that are asked for on a stream are refused before the first step', () => {
    expect(() => new TinyRun(importance({ scores: 'stored' }), { stream: true })).toThrow(/no scores can be stored/);
  });
});

it('of exact norms only those that were scored are remembered: a uniform step tells none', async () => {
  const norms = (await exactGradients(frozen())).map((gradient) => Math.hypot(...gradient));
  const run = new TinyRun(importance({ scores: 'fresh', score: 'gradient-norm' }), { model: frozen(), budget: 1e9 });
  const reports = await run.steps(40);
  expect(new Set(reports.map(({ phase }) => phase))).toContain('uniform');
  const { own, filled } = (await stateOf(run)).sampler.measured.meter.latest;
  expect(filled).toBeGreaterThan(20);
  for (const value of own.subarray(0, filled)) {
    expect(Math.min(...norms.map((norm) => Math.abs(norm - value)))).toBeLessThan(1e-5);
  }
});

describe('a presample that is used more than once', () => {
  it('is drawn from again, and scored once', async () => {
    const run = new TinyRun(importance({ ...fresh, reuse: 3 }), { shuffle: false });
    const reports = await run.steps(6);
    const forward = reports.map((report, k) => report.forward - (reports[k - 1]?.forward ?? 0));
    expect(forward).toEqual([4 * b, b, b, 4 * b, b, b]);
    for (const from of [0, 3]) {
      const presample = Array.from({ length: 3 * b }, (_, k) => (from * b + k) % n);
      const three = reports.slice(from, from + 3);
      for (const i of seen(three)) expect(presample).toContain(i);
      for (const { scores } of three) expect(scores).toEqual(three[0].scores);
      expect(new Set(three.map(({ indices }) => Array.from(indices).join())).size).toBe(3);
    }
    expect(reports[3].scores).not.toEqual(reports[0].scores);
  });

  it('and was kept from a smaller step is no reason to train on fewer samples', async () => {
    const run = new TinyRun(importance({ ...fresh, presample: 1.5, reuse: 4 }));
    const sizes = [];
    for (const size of [2, 8, 8, 4, 8]) sizes.push((await run.step(size)).size);
    expect(sizes).toEqual([2, 8, 8, 4, 8]);
  });

  it('is let go of at a uniform step, which makes its scores out of date', async () => {
    let scored = 0;
    // Presamples are all alike, so that τ falls to 1; uniform steps tell that samples differ, so that it rises.
    const pool = (size: number) => {
      scored++;
      return new Array<number>(size).fill(1);
    };
    const own = ({ indices }: Pick) => Float32Array.from(indices, (_, k) => (k === 0 ? 1 : 0.01));
    const options = { scores: 'fresh', presample: 3, reuse: 4, start: 1.2, tauDecay: 0 } as const;
    const reports = await new TinyRun(told(options, { pool, own }), { budget: 1e9 }).steps(10);
    const kinds = ['uniform', 'importance'];
    expect(reports.map(({ phase }) => phase)).toEqual(reports.map((_, k) => kinds[k % 2]));
    expect(scored).toBe(5);
  });

  it('is in the saved state by its indices and scores, and by its samples on a stream, which cannot give them again', async () => {
    const kept = async (stream: boolean) => {
      const run = new TinyRun(importance({ ...fresh, reuse: 3 }), { stream, shuffle: false });
      const [{ scores }] = await run.steps(1);
      return { reused: (await stateOf(run)).sampler.reused, scores };
    };
    const { reused, scores } = await kept(false);
    const indices = Int32Array.from({ length: 3 * b }, (_, i) => i);
    expect(reused).toEqual({ indices, scores, left: 2 });
    expect((await kept(true)).reused).toMatchObject({ indices, scores, left: 2, batch: { size: 3 * b } });
  });

  it.each([0, 1, 2, 3, 4])('is used up by a run on a stream that is resumed after step %i', async (last) => {
    const folder = mkdtempSync(join(tmpdir(), 'reused-'));
    const path = join(folder, 'checkpoint');
    const { x, y } = digits();
    const rows = Array.from({ length: 60 }, (_, i) => ({
      xs: x.data.slice(8 * i, 8 * i + 8),
      ys: y.data.slice(3 * i, 3 * i + 3),
    }));
    const run = async (args: FitDatasetArgs, stop = Number.POSITIVE_INFINITY) => {
      const [steps, model, controller] = [[] as string[], classifier(), new AbortController()];
      await fitDataset(model, tf.data.array(rows).batch(8), {
        ...{ method: importance({ ...fresh, reuse: 3 }), epochs: 2, classWeight: { 0: 1, 1: 2, 2: 3 } },
        ...{ seed: 1, engine: 'eager', verbose: 0, signal: controller.signal, ...args },
        onStep: ({ step, indices, weights, scores }) => {
          steps.push([indices, weights!, scores!].join(';'));
          if (step === stop) controller.abort();
        },
      });
      return { steps, weights: values(model) };
    };
    try {
      const whole = await run({});
      const first = await run({ checkpoint: { path } }, last);
      const rest = await run({ resume: path });
      expect([...first.steps, ...rest.steps]).toEqual(whole.steps);
      expect(rest.weights).toEqual(whole.weights);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
