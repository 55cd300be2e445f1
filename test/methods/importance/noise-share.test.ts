import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { fit } from '../../../src/fit/fit.ts';
import type { StepReport } from '../../../src/fit/report.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun } from '../../conformance/harness.ts';
import { b, exactGradients, frozen, mean, unevenClassifier } from '../../support/importance.ts';
import { digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const gain = { start: 'always', presample: 3, learningRate: 'gain' } as const;

it.each(['stored', 'fresh'] as const)(
  'exact norms of a few steps tell how much of a step is noise, and none of their time counts as that of a step: %s',
  async (scores) => {
    const now = ({ forward, backward }: { forward: number; backward: number }) => forward * 1e-3 + backward * 1.5e-3;
    const run = new TinyRun(importance({ ...gain, scores }), { model: frozen(), budget: 1e9, now });
    const reports = await run.steps(1100);
    // Of the gradients of a model that does not move, the share that is signal is known.
    const gradients = await exactGradients(run.model);
    const square = gradients[0].reduce((sum, _, k) => sum + mean(gradients.map((one) => one[k])) ** 2, 0);
    const signal = square / mean(gradients.map((one) => one.reduce((sum, value) => sum + value ** 2, 0)));
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

it('they are looked at where scoring and training are one pass, too', async () => {
  const { x, y } = digits();
  const reports: StepReport[] = [];
  let look = 0;
  await fit(await unevenClassifier(), x, y, {
    ...{ engine: 'compiled', verbose: 0, epochs: 900, batchSize: 10, seed: 1, now: () => ++look * 0.01 },
    method: importance({ ...gain, scores: 'fresh' }),
    onStep: (report) => void reports.push(report),
  });
  expect(reports[0].noiseShare).toBeUndefined();
  expect(reports.at(-1)!.noiseShare).toBeGreaterThan(0);
  expect(reports.at(-1)!.noiseShare).toBeLessThan(1);
});

it('nothing is looked at where nothing depends on it', async () => {
  const run = new TinyRun(importance({ start: 'always' }), { model: frozen(), budget: 1e9 });
  const reports = await run.steps(300);
  expect(reports[299].noiseShare).toBeUndefined();
  expect(run.learner.counters).toEqual({ forward: 300 * b, backward: 300 * b });
});
