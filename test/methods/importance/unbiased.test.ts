import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import type { StepReport } from '../../../src/fit/report.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { Random } from '../../../src/sampling/random.ts';
import { TinyRun } from '../../conformance/harness.ts';
import { always, b, exactScores, fresh, frozen, mean, n, putBack, seen, stateOf } from '../../support/importance.ts';
import { zScore } from '../../support/statistics.ts';

beforeAll(() => tf.setBackend('cpu'));

it('every sample stays within reach, at a weight of at most 1/λ, even where its stored score is zero', async () => {
  const run = new TinyRun(importance({ ...always, mixture: 0.2 }), { model: frozen(), budget: 1e9 });
  await run.steps(n / b);
  const reports: StepReport[] = [];
  for (let k = 0; k < 150; k++) {
    const state = await stateOf(run);
    // Samples whose scores are zero are drawn for the share of the uniform distribution alone.
    state.sampler.memory.values.fill(0);
    state.sampler.memory.values.fill(1, 0, 4);
    await putBack(run, state);
    reports.push(await run.step());
  }
  expect(seen(reports).size).toBe(n);
  for (const { weights } of reports) expect(Math.max(...weights!)).toBeLessThanOrEqual(1 / 0.2 + 1e-9);
});

it.each([
  ['multinomial', false],
  ['systematic', false],
  ['without-replacement', false],
  ['without-replacement', true],
] as const)(
  'weights 1/(B p) make the mean loss that of all samples, however wrong the stored scores: %s, drawn a step early: %s',
  async (resample, ahead) => {
    const { losses } = exactScores(frozen());
    const run = new TinyRun(importance({ ...always, resample, ahead }), { model: frozen(), budget: 1e9 });
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
      await putBack(run, state);
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

it('steps that draw again from the same presample make the mean loss that of all samples, too', async () => {
  const { losses } = exactScores(frozen());
  const run = new TinyRun(importance({ ...fresh, reuse: 2 }), { model: frozen(), budget: 1e9 });
  const reports = await run.steps(400);
  const pairs = Array.from({ length: 200 }, (_, k) => mean([reports[2 * k].loss, reports[2 * k + 1].loss]));
  expect(Math.abs(zScore(pairs, mean(losses)))).toBeLessThan(4);
});
