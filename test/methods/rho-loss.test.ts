import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import { fit } from '../../src/fit/fit.ts';
import { irreducibleLosses } from '../../src/fit/irreducible-losses.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { rhoLoss } from '../../src/methods/selection/rho-loss.ts';
import { classifier, digits } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 30;
const { x, y } = digits(n);

/** −ln p of each sample by a model's predictions. */
function lossesOf(model: tf.LayersModel): Float32Array {
  const predicted = (model.predict(tf.tensor(x.data, [n, 8])) as tf.Tensor).dataSync();
  return Float32Array.from({ length: n }, (_, i) => {
    const label = [0, 1, 2].find((c) => y.data[3 * i + c] === 1)!;
    return -Math.log(predicted[3 * i + label]);
  });
}

/** A model of other weights. */
function another(): tf.LayersModel {
  const model = classifier();
  model.setWeights(model.getWeights().map((weight) => tf.add(tf.mul(weight, -1), 0.1)));
  return model;
}

async function run(method: ReturnType<typeof rhoLoss>, args: FitArgs): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  const onStep = (report: StepReport) => void reports.push(report);
  const fixed = { engine: 'eager', verbose: 0, seed: 2, schedule: () => 0, batchSize: 6, onStep } as const;
  await fit(classifier(), x, y, { method, ...fixed, ...args });
  return reports;
}

describe('the reducible loss', () => {
  const labels = Array.from({ length: n }, (_, i) => [0, 1, 2].find((c) => y.data[3 * i + c] === 1)!);
  const sampleWeight = Float32Array.from({ length: n }, (_, i) => [0, 1, 5][i % 3]);

  it.each<[string, FitArgs, (i: number) => number]>([
    ['classes', { classWeight: { 0: 10, 1: 1, 2: 1 } }, (i) => (labels[i] === 0 ? 10 : 1)],
    ['samples', { sampleWeight }, (i) => sampleWeight[i]],
    ['both', { classWeight: { 0: 10, 1: 1, 2: 1 }, sampleWeight }, (i) => (labels[i] ? 1 : 10) * sampleWeight[i]],
  ])('is w (l − irreducible loss) of losses and of a model, with weights of %s', async (_, args, weight) => {
    const [own, other] = [lossesOf(classifier()), lossesOf(another())];
    const best = Array.from({ length: n }, (_, i) => weight(i) * (own[i] - other[i]))
      .sort((a, b) => b - a)
      .slice(0, 6);
    for (const irreducible of [other, another()]) {
      const [{ indices }] = await run(rhoLoss({ irreducible, presample: 5 }), { ...args, epochs: 1 });
      const taken = Array.from(indices, (i) => weight(i) * (own[i] - other[i])).sort((a, b) => b - a);
      for (const [k, value] of taken.entries()) expect(value).toBeCloseTo(best[k], 4);
    }
  });

  it('is refused where outputs weigh a sample differently and there is one loss for them together', async () => {
    const input = tf.input({ shape: [8] });
    const heads = ['one', 'two'].map((name) => tf.layers.dense({ units: 3, activation: 'softmax', name }).apply(input));
    const model = tf.model({ inputs: input, outputs: heads as tf.SymbolicTensor[] });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const args = {
      method: rhoLoss({ irreducible: new Float32Array(n), presample: 2 }),
      batchSize: 6,
      verbose: 0,
    } as const;
    const before = model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const weights = { one: { 0: 2, 1: 1, 2: 1 }, two: { 0: 1, 1: 1, 2: 1 } };
    await expect(fit(model, x, [y, y], { ...args, classWeight: weights })).rejects.toThrow(
      /weights differ.*give rhoLoss a model/,
    );
    expect(model.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(before);
    await fit(model, x, [y, y], { ...args, sampleWeight, epochs: 1 });
  });
});

it('irreducibleLosses are without the weights that samples have', async () => {
  const [samples, weighed] = [1, 3].map((weight) => arraySamples([x], [y], new Float32Array(n).fill(weight)));
  const make = () => classifier(tf.train.sgd(0));
  const args = { engine: 'eager', epochs: 1 } as const;
  const [one, three] = [await irreducibleLosses(make, samples, args), await irreducibleLosses(make, weighed, args)];
  for (const [i, loss] of lossesOf(make()).entries()) {
    expect(one[i]).toBeCloseTo(loss, 5);
    expect(three[i]).toBeCloseTo(loss, 5);
  }
});

it('no batch holds a sample twice, where candidates reach over the end of an epoch', async () => {
  const irreducible = new Float32Array(n);
  const reports = await run(rhoLoss({ irreducible, presample: 4 }), { epochs: 12 });
  for (const { indices, size } of reports) expect([new Set(indices).size, size]).toEqual([6, 6]);
});
