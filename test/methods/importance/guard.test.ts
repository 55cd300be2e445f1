import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../../src/fit/fit.ts';
import type { StepReport } from '../../../src/fit/report.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { Random } from '../../../src/sampling/random.ts';
import { TinyRun } from '../../conformance/harness.ts';
import { always, b, exactScores, fresh, frozen, putBack, stateOf } from '../../support/importance.ts';
import { classifier, digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

describe.each([
  ['stored', always],
  ['fresh', fresh],
] as const)('guard: 0.8, with %s scores', (_, options) => {
  it('caps the scores above the 80th percentile of those seen lately, and lists their samples', async () => {
    const run = new TinyRun(importance({ ...options, guard: 0.8 }), { model: frozen(), budget: 1e9 });
    const { upperBounds } = exactScores(frozen());
    const reports: StepReport[] = [];
    for (let k = 0; k < 60; k++) {
      const state = await stateOf(run);
      // Samples of a model that does not move resist, and those that do are drawn less as it is.
      state.sampler.memory?.resisted.fill(0);
      await putBack(run, state);
      reports.push(await run.step());
    }
    expect(reports.slice(0, 20).every(({ capped }) => capped === undefined)).toBe(true);
    let listed = 0;
    for (const { capped, scores } of reports.slice(20)) {
      if (!capped) continue;
      listed += capped.length;
      const least = Math.min(...Array.from(capped, (i) => upperBounds[i]));
      const above = Array.from(scores!).filter((s) => s >= least - 1e-6).length;
      // Those listed are the largest of the presample, all of them and no others.
      expect(above).toBe(capped.length);
    }
    // A fifth of the samples, give or take what the latest 64 scores say of 40.
    expect(listed / (40 * 3 * b)).toBeGreaterThan(0.1);
    expect(listed / (40 * 3 * b)).toBeLessThan(0.3);
  });

  it('learns its percentile at every twentieth step', async () => {
    const run = new TinyRun(importance({ ...options, guard: 0.8 }));
    await run.steps(19);
    const before = (await stateOf(run)).sampler.measured;
    await run.step();
    const after = (await stateOf(run)).sampler.measured;
    expect([before.guard, after.guard < Infinity, after.step]).toEqual([Infinity, true, 20]);
  });
});

it('the guard finds wrong labels: they are what history.capped begins with', async () => {
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
  const history = await fit(
    classifier(),
    { data: x, shape: [n, 8], dtype: 'float32' },
    { ...y, data },
    {
      ...{ engine: 'eager', verbose: 0, epochs: 20, batchSize: 10, seed: 2 },
      method: importance({ ...fresh, guard: 0.9 }),
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
