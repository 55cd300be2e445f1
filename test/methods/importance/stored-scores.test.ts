import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { importance } from '../../../src/methods/importance/importance.ts';
import { Random } from '../../../src/sampling/random.ts';
import { Shuffle } from '../../../src/sampling/shuffle.ts';
import { TinyRun } from '../../conformance/harness.ts';
import { always, b, exactScores, frozen, mean, n, putBack, stateOf, uneven } from '../../support/importance.ts';
import { chiSquareTest } from '../../support/statistics.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('by default a sample is scored by the pass that trains it', () => {
  it('so that importance sampling takes no extra pass, and no first epoch', async () => {
    const run = new TinyRun(importance(always));
    const reports = await run.steps(30);
    expect(new Set(reports.map(({ phase }) => phase))).toEqual(new Set(['importance']));
    expect([reports[29].forward, reports[29].backward]).toEqual([30 * b, 30 * b]);
    // Nothing is known at first, and all are as likely.
    for (const w of reports[0].weights!) expect(w).toBeCloseTo(1, 12);
    expect(Math.max(...reports.slice(3).flatMap(({ weights }) => Array.from(weights!)))).toBeGreaterThan(1.05);
  });

  it('what is stored is ‖p − y‖ of the model that the sample was last trained with', async () => {
    const run = new TinyRun(importance(always));
    const expected = new Map<number, number>();
    for (let k = 0; k < 20; k++) {
      const { upperBounds } = exactScores(run.model);
      for (const i of (await run.step()).indices) expected.set(i, upperBounds[i]);
    }
    const { values, unseen } = (await stateOf(run)).sampler.memory;
    expect(expected.size).toBe(n - unseen);
    expect(unseen).toBeLessThan(n / 4);
    for (const [i, score] of expected) expect(values[i]).toBeCloseTo(score, 5);
  });

  it('the report says how many steps old the scores of a presample are on average', async () => {
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
});

it('a sample that has no score yet counts as the first scores of the others do on average, the later the more', async () => {
  const run = new TinyRun(importance(always), { model: await uneven(0), budget: 1e9 });
  const { upperBounds } = exactScores(run.model);
  const known = new Set<number>();
  let [sum, count] = [0, 0];
  for (const { indices } of await run.steps(4)) {
    const firsts = Array.from(new Set(indices)).filter((i) => !known.has(i));
    if (firsts.length === 0) continue;
    sum = 0.9 * sum + firsts.reduce((all, i) => all + upperBounds[i], 0);
    count = 0.9 * count + firsts.length;
    for (const i of firsts) known.add(i);
  }
  expect(known.size).toBeLessThan(n);
  const scores = Array.from((await run.step()).scores!);
  const others = scores.filter((score) => !Array.from(known).some((i) => Math.abs(score - upperBounds[i]) < 1e-5));
  expect(others.length).toBeGreaterThan(0);
  for (const score of others) expect(score).toBeCloseTo(sum / count, 5);
});

it('samples are drawn by s / (1 + times resisted) with a share λ of the uniform distribution, at the weight 1/(B p)', async () => {
  const mixture = 0.2;
  const options = { ...always, mixture, resample: 'multinomial', presample: n / b } as const;
  const run = new TinyRun(importance(options), { model: frozen(), budget: 1e9 });
  await run.steps(n / b);
  const stored = Float32Array.from({ length: n }, (_, i) => 0.2 + (i % 5) / 4);
  const resisted = Uint8Array.from({ length: n }, (_, i) => [0, 0, 1, 3][i % 4]);
  const drawnBy = Array.from(stored, (score, i) => score / (1 + resisted[i]));
  const p = drawnBy.map((score) => ((1 - mixture) * score) / (n * mean(drawnBy)) + mixture / n);
  const counts = new Array<number>(n).fill(0);
  const steps = 300;
  for (let k = 0; k < steps; k++) {
    const state = await stateOf(run);
    const { memory } = state.sampler;
    memory.values.set(stored);
    memory.resisted.set(resisted);
    memory.ages.fill(0);
    memory.unseen = 0;
    await putBack(run, state);
    const { indices, weights, ess } = await run.step();
    for (const [j, i] of indices.entries()) expect(weights![j]).toBeCloseTo(1 / (n * p[i]), 6);
    expect(ess).toBeCloseTo(1 / (n * p.reduce((sum, share) => sum + share ** 2, 0)), 6);
    for (const i of indices) counts[i]++;
  }
  const expected = p.map((share) => steps * b * share);
  expect(chiSquareTest(counts, expected)).toBeGreaterThan(1e-3);
  // Without the times resisted it would be another distribution: the test can tell.
  const other = Array.from(stored, (score) => (steps * b * score) / (n * mean(stored)));
  expect(chiSquareTest(counts, other)).toBeLessThan(1e-6);
});

it('with a score that is the same for all, every weight is 1', async () => {
  const run = new TinyRun(importance({ ...always, score: 'uniform' }));
  for (const { phase, weights } of (await run.steps(20)).slice(n / b)) {
    expect(phase).toBe('importance');
    for (const w of weights!) expect(w).toBeCloseTo(1, 12);
  }
});
