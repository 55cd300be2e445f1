import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { biased } from '../../src/methods/importance/biased.ts';
import { constantTime } from '../../src/methods/importance/constant-time.ts';
import { gradientNorm } from '../../src/methods/importance/gradient-norm.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { paper2018 } from '../../src/methods/importance/paper2018.ts';
import type { Method } from '../../src/methods/method.ts';
import { rhoLoss } from '../../src/methods/selection/rho-loss.ts';
import { unevenClassifier } from '../support/importance.ts';
import { classifier, digits } from '../support/small.ts';
import { moments, zScore } from '../support/statistics.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 52;
const { x, y } = digits(n);
const on = { start: 'always', scores: 'fresh' } as const;

const rows = Array.from({ length: n }, (_, i) => ({
  xs: x.data.slice(i * 8, i * 8 + 8),
  ys: y.data.slice(i * 3, i * 3 + 3),
}));

/** The steps of so many passes over a stream in batches of 8, the last of which has 4, by a model that does not move. */
async function steps(
  method: Method,
  epochs: number,
  engine: 'eager' | 'compiled' = 'eager',
  model = classifier(),
): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  await fitDataset(model, tf.data.array(rows).batch(8), {
    ...{ method, epochs, engine, seed: 1, verbose: 0, schedule: () => 0 },
    onStep: (report) => void reports.push(report),
  });
  return reports;
}

/** What the samples from `from` to `to` count in each pass, by how much each would if all of them counted alike. */
function counted(reports: readonly StepReport[], from: number, to: number): number[] {
  const passes: number[] = [];
  for (const { indices, weights, size } of reports) {
    for (const [k, i] of indices.entries()) {
      const [pass, sample] = [Math.floor(i / n), i % n];
      passes[pass] ??= 0;
      if (sample >= from && sample < to) passes[pass] += (weights?.[k] ?? 1) / size / (to - from);
    }
  }
  return passes;
}

describe('what is left at the end of a pass over a stream', () => {
  it.each<[string, number, () => Method]>([
    ['presamples of 3b', 24, () => importance(on)],
    ['presamples of 2.25b, which leave two', 18, () => importance({ ...on, presample: 2.25 })],
    ['presamples that are used twice', 12, () => importance({ ...on, reuse: 2 })],
    ['multinomial draws', 24, () => importance({ ...on, resample: 'multinomial' })],
    ['paper2018', 40, () => paper2018({ threshold: 0.05 })],
    ['exact norms', 24, () => gradientNorm({ start: 'always', presample: 3 })],
  ])('counts as the part of a step that it is: %s', async (_, B, method) => {
    const reports = (await steps(method(), 50)).filter(({ phase }) => phase === 'importance');
    for (const [from, to] of [
      [0, 48],
      [48, n],
      [n - 2, n],
    ]) {
      // The first pass may begin uniformly; of the last presample of all there is no second use.
      const passes = counted(reports, from, to).slice(1, -1);
      expect(Math.abs(zScore(passes, 1 / B)), `samples ${from} to ${to}`).toBeLessThan(4);
    }
  });

  it('does so in compiled steps', async () => {
    const reports = await steps(importance(on), 3, 'compiled');
    expect(reports.map(({ size }) => size)).toEqual([8, 8, 4, 8, 8, 4, 8, 8, 4]);
    for (const { weights, size } of reports) if (size === 4) for (const w of weights!) expect(w).toBeCloseTo(4 / 24, 6);
  });

  it('where the number of samples trained on follows τ', async () => {
    const method = constantTime({ threshold: 1, tau: 'slides', ratio: 1 });
    const reports = await steps(method, 60, 'eager', await unevenClassifier());
    expect(reports.filter(({ scores }) => (scores?.length ?? 0) > 8).length).toBeGreaterThan(60);
    const [rest, end] = [
      [0, 48],
      [48, n],
    ].map(([from, to]) => moments(counted(reports, from, to)).mean);
    // How large a presample is varies from step to step, and so does what a sample counts.
    expect(end / rest).toBeGreaterThan(0.7);
    expect(end / rest).toBeLessThan(1.4);
  });

  it('with weights to any power', async () => {
    const [end] = (await steps(biased(0, importance(on)), 1)).slice(-1);
    expect(Array.from(end.weights!)).toEqual(new Array(4).fill(4 / 24));
  });

  it('and is a whole one before samples of another shape', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv1d({ filters: 3, kernelSize: 2, inputShape: [null as unknown as number, 2] }),
        tf.layers.globalAveragePooling1d(),
        tf.layers.softmax(),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const batches = [5, 3, 4].map((length) => ({
      xs: tf.ones([8, length, 2]),
      ys: tf.oneHot([0, 1, 2, 0, 1, 2, 0, 1], 3),
    }));
    const weights: number[] = [];
    await fitDataset(model, tf.data.array(batches), {
      ...{ method: importance(on), epochs: 2, seed: 1, verbose: 0, schedule: () => 0 },
      onStep: (report) => void weights.push(...report.weights!.subarray(0, 1)),
    });
    // The last of a pass is followed by none.
    expect(weights).toEqual([1, 1, 8 / 24, 1, 1, 8 / 24]);
  });

  it('and of its candidates rhoLoss takes as few as of others', async () => {
    const reports = await steps(rhoLoss({ irreducible: classifier(), presample: 3 }), 2);
    expect(reports.map(({ size, weights }) => [size, weights?.[0]])).toEqual(
      [1, 2].flatMap(() => [
        [8, undefined],
        [8, undefined],
        [1, 4 / 24],
      ]),
    );
  });

  it('has its own mean loss reported', async () => {
    const model = classifier();
    const all = tf.metrics.categoricalCrossentropy(
      tf.tensor(y.data, [n, 3]),
      model.predict(tf.tensor(x.data, [n, 8])) as tf.Tensor,
    );
    const expected = tf.mean(tf.slice(all, 48)).dataSync()[0];
    for (const method of [importance(on), rhoLoss({ irreducible: classifier(), presample: 3 })]) {
      expect((await steps(method, 1)).at(-1)!.loss).toBeCloseTo(expected, 5);
    }
  });
});
