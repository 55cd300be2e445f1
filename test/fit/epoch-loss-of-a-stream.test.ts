import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitDatasetArgs } from '../../src/fit/options.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { lossSampling } from '../../src/methods/importance/loss-sampling.ts';
import type { Method } from '../../src/methods/method.ts';
import { rhoLoss } from '../../src/methods/selection/rho-loss.ts';
import { selectiveBackprop } from '../../src/methods/selection/selective-backprop.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

/** At rate 0 it stays at 0, so that the loss of a sample is its target squared. */
function still(): tf.LayersModel {
  const kernelInitializer = 'zeros';
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer })] });
  model.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError', metrics: ['mse'] });
  return model;
}

// The last five, which are left at the end of a pass by presamples of 24, lose four times what the others do.
const targets = Array.from({ length: 29 }, (_, i) => (i < 24 ? 1 : 2) + 0.1 * Math.sin(i));
const exact = targets.reduce((sum, y) => sum + y ** 2, 0) / targets.length;
const stream = (size: number) => tf.data.array(targets.map((y, i) => ({ xs: [i], ys: [y] }))).batch(size);

async function trained(size: number, method: Method, args: FitDatasetArgs = {}) {
  const { history } = await fitDataset(still(), stream(size), {
    ...{ engine: 'eager', verbose: 0, method, seed: 1, ...args },
  });
  return history as { [name: string]: number[] };
}

describe("an epoch's loss on a stream is the mean over the samples of the pass", () => {
  it.each<[string, () => Method]>([
    ['uniform', uniform],
    ['rhoLoss', () => rhoLoss({ irreducible: still(), presample: 3 })],
    ['selectiveBackprop', selectiveBackprop],
  ])('with %s exactly', async (_, method) => {
    const { loss } = await trained(8, method(), { epochs: 2 });
    for (const one of loss) expect(one).toBeCloseTo(exact, 5);
  });

  it.each<[string, number, () => Method]>([
    ['importance', 8, () => importance({ start: 'always', presample: 3 })],
    ['importance, and uniform steps at the end', 4, () => importance({ start: 'always', presample: 3, end: 0.6 })],
    ['lossSampling', 8, () => lossSampling({ start: 'always', presample: 3 })],
  ])('with %s in the mean of many runs', async (_, size, method) => {
    const losses: number[] = [];
    for (let seed = 0; seed < 60; seed++) losses.push(...(await trained(size, method(), { seed })).loss);
    const mean = losses.reduce((sum, one) => sum + one, 0) / losses.length;
    // Their spread is 0.15 at most. Where the rest counted as a whole step, the mean was 2.2.
    expect(Math.abs(mean - exact)).toBeLessThan(0.05);
  });
});

it('metrics are means over the samples picked', async () => {
  const reports: StepReport[] = [];
  const onStep = (report: StepReport) => void reports.push(report);
  const { mse } = await trained(8, importance({ start: 'always', presample: 3 }), { onStep });
  expect(reports.map(({ size, standsFor }) => [size, standsFor])).toEqual([
    [8, 24],
    [5, 5],
  ]);
  const picked = reports.flatMap(({ losses }) => Array.from(losses));
  expect(mse[0]).toBeCloseTo(picked.reduce((sum, one) => sum + one, 0) / picked.length, 5);
});
