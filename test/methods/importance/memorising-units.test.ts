import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NdArray } from '../../../src/data/samples.ts';
import { fit } from '../../../src/fit/fit.ts';
import type { FitArgs } from '../../../src/fit/options.ts';
import type { StepReport } from '../../../src/fit/report.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { smoothed } from '../../../src/methods/importance/smoothed.ts';
import { averaged } from '../../../src/optimizers/averaged.ts';
import { hardTenth, told, unevenClassifier } from '../../support/importance.ts';
import { classifier, digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const small = digits();
const { x, y } = small;
const rows = ({ data, shape: [, width] }: NdArray, indices: readonly number[]): NdArray => ({
  data: Float32Array.from(indices.flatMap((i) => Array.from(data.subarray(i * width, (i + 1) * width)))),
  shape: [indices.length, width],
  dtype: 'float32',
});
const tensor = (array: NdArray) => tf.tensor2d(array.data as Float32Array, array.shape as [number, number]);
/** 40 samples: sample `i` all over, but `other` in every fourth place. */
const mostly = (i: number, other = i) => Array.from({ length: 40 }, (_, k) => (k % 4 === 3 ? other : i));
const weighing = (weight: number, ofOthers = weight) =>
  Float32Array.from({ length: 40 }, (_, k) => (k % 4 === 3 ? ofOthers : weight));

type Args = FitArgs;

async function run(
  model: tf.LayersModel,
  ys: (one: NdArray) => NdArray[],
  train: number[],
  args: Args,
  { x, y } = small,
) {
  const reports: StepReport[] = [];
  await fit(model, rows(x, train), ys(rows(y, train)), {
    ...{ engine: 'eager', verbose: 0, epochs: 12, batchSize: 8, seed: 1, method: importance() },
    onStep: (report) => void reports.push(report),
    ...args,
  });
  return reports;
}

describe('m is a ratio of losses as the model gives them', () => {
  const frozen = async () => {
    const model = await unevenClassifier();
    model.compile({ optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy' });
    return model;
  };
  const ratio = async () => {
    const model = await frozen();
    const lossOf = (i: number) =>
      (model.evaluate(tensor(rows(x, [i])), tensor(rows(y, [i]))) as tf.Scalar).dataSync()[0];
    return lossOf(3) / lossOf(8);
  };
  const label = rows(y, [3]).data.indexOf(1);
  const classWeight = { 0: 1, 1: 1, 2: 1, [label]: 10 };
  const validation = (ones = mostly(8), weights?: Float32Array) =>
    [rows(x, ones), rows(y, ones), ...(weights ? [weights] : [])] as unknown as [NdArray, NdArray];
  const cases: [string, number[], Args][] = [
    ['without weights', mostly(3), { validationData: validation() }],
    ['with weights of classes', mostly(3), { classWeight, validationData: validation() }],
    ['compiled', mostly(3), { classWeight, engine: 'compiled', validationData: validation() }],
    ['with weights of samples', mostly(3), { sampleWeight: weighing(0.25), validationData: validation() }],
    [
      'a sample of weight 0 is not trained on',
      mostly(3, 5),
      { sampleWeight: weighing(3, 0), validationData: validation() },
    ],
    ['validation has weights', mostly(3), { validationData: validation(mostly(8, 5), weighing(7, 0)) }],
    ...[{ additive: 1 }, { adaptive: 1 }, { power: 0.25 }].map((one): [string, number[], Args] => [
      `smoothed by ${JSON.stringify(one)}`,
      mostly(3),
      { method: smoothed(one, importance()), validationData: validation() },
    ]),
  ];

  it.each(cases)('%s', async (_, train, args) => {
    const m = await ratio();
    expect(Math.abs(m - 1)).toBeGreaterThan(0.1);
    const reports = await run(await frozen(), (one) => [one], train, args);
    expect(reports.at(-1)!.fitted! / m).toBeCloseTo(1, 4);
  });

  it('of two outputs, whose classes have other weights: it is that of the sum of their losses', async () => {
    const { inputs, outputs } = await frozen();
    const same = tf.layers.activation({ activation: 'linear' }).apply(outputs[0]) as tf.SymbolicTensor;
    const two = tf.model({ inputs, outputs: [outputs[0], same] });
    two.compile({ optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy' });
    const [vx, vy] = validation();
    const reports = await run(two, (one) => [one, one], mostly(3), {
      classWeight: [classWeight, { 0: 0.5, 1: 0.5, 2: 0.5 }],
      validationData: [vx, [vy, vy]] as never,
    });
    expect(reports.at(-1)!.fitted! / (await ratio())).toBeCloseTo(1, 4);
  });
});

describe('the same training has the same decisions', () => {
  const rate = 0.5;
  const n = 160;
  const many = digits(2 * n);
  const [all, rest] = [0, n].map((from) => Array.from({ length: n }, (_, i) => from + i));
  const decisions = async (optimizer: tf.Optimizer, args: Args = {}) => {
    const reports = await run(
      classifier(optimizer),
      (one) => [one],
      all,
      {
        ...{
          epochs: 16,
          validationData: [rows(many.x, rest), rows(many.y, rest)],
          method: told({}, { own: hardTenth() }),
        },
        ...args,
      },
      many,
    );
    return reports.map(({ phase, fitted }) => [phase, fitted?.toFixed(4)]);
  };

  it('whatever the unit of the weights, and whether averages of the weights are kept', async () => {
    const plain = await decisions(tf.train.sgd(rate));
    // It has been on, and memorising has ended it.
    expect(new Set(plain.map(([phase]) => phase)).size).toBe(2);
    expect(Number(plain.at(-1)![1])).toBeLessThan(0.5);
    const sampleWeight = new Float32Array(n).fill(0.25);
    expect(await decisions(tf.train.sgd(rate / 0.25), { sampleWeight })).toEqual(plain);
    const classWeight = { 0: 8, 1: 8, 2: 8 };
    expect(await decisions(tf.train.sgd(rate / 8), { classWeight })).toEqual(plain);
    expect(await decisions(averaged(tf.train.sgd(rate), { decay: 0.95 }))).toEqual(plain);
  });
});
