/** Targets that are NaN where they are not known, which a loss of the user's leaves out. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import type { NdArray } from '../../src/data/samples.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { lossSampling } from '../../src/methods/importance/loss-sampling.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => void vi.restoreAllMocks());

type Loss = (y: tf.Tensor, p: tf.Tensor) => tf.Tensor;

const { x, y, n } = digits();
const sentinel = -99;
/** Every third target is not known. */
const withUnknown = (value: number): NdArray => ({ ...y, data: y.data.map((one, i) => (i % 3 === 0 ? value : one)) });
const unknown = withUnknown(Number.NaN);
const args = { epochs: 3, batchSize: 16, shuffle: false, verbose: 0 } as const;

const leavingOut =
  (isUnknown: (y: tf.Tensor) => tf.Tensor): Loss =>
  (t, p) => {
    const known = isUnknown(t).logicalNot();
    return tf.where(known, t, tf.zerosLike(t)).sub(p).square().mul(known.toFloat()).mean(-1);
  };
const ofNaN = leavingOut((t) => tf.isNaN(t));
const ofSentinel = leavingOut((t) => t.equal(sentinel));

function compiled(loss: string | Loss): tf.LayersModel {
  const model = classifier();
  model.compile({ optimizer: tf.train.sgd(0.3), loss });
  return model;
}

it.each(['auto', 'eager'] as const)('are trained on as by model.fit (%s)', async (engine) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const [theirs, ours, stream] = [compiled(ofNaN), compiled(ofNaN), compiled(ofNaN)];
  const [xs, ys] = [tf.tensor(x.data, [n, 8]), tf.tensor(unknown.data, [n, 3])];
  const wanted = await theirs.fit(xs, ys, { ...args, validationData: [xs, ys] });
  const given = { ...args, engine, method: uniform() };
  const got = await fit(ours, x, unknown, { ...given, validationData: [x, unknown] });
  for (const name of ['loss', 'val_loss']) {
    for (const [k, value] of got.history[name].entries())
      expect(value).toBeCloseTo(wanted.history[name][k] as number, 5);
  }
  const batches = tf.data.zip({ xs: tf.data.array(rows(xs)), ys: tf.data.array(rows(ys)) }).batch(16);
  await fitDataset(stream, batches, { epochs: 3, engine, method: uniform() });
  for (const model of [ours, stream]) {
    for (const [i, value] of values(theirs).flat().entries()) expect(values(model).flat()[i]).toBeCloseTo(value, 5);
  }
  expect(warn).not.toHaveBeenCalledWith(expect.stringMatching(/unequal/));
});

const rows = (tensor: tf.Tensor) => tensor.arraySync() as number[][];

it.each([
  importance({ start: 'always' }),
  importance({ start: 'always', scores: 'fresh', weightPower: 1 }),
  lossSampling({ start: 'always' }),
])('are scored as those that a number stands for ($name)', async (method) => {
  const [one, two] = [compiled(ofNaN), compiled(ofSentinel)];
  const picked: number[][] = [];
  const onStep = ({ indices }: { indices: Int32Array }) => void picked.push(Array.from(indices));
  for (const [model, targets] of [
    [one, unknown],
    [two, withUnknown(sentinel)],
  ] as const) {
    await fit(model, arraySamples(x, targets), { ...args, engine: 'eager', seed: 2, method, onStep });
  }
  expect(picked.slice(picked.length / 2)).toEqual(picked.slice(0, picked.length / 2));
  expect(values(one)).toEqual(values(two));
});

describe('are refused', () => {
  it.each<[string, string | Loss]>([
    ['by the name of a loss', 'meanSquaredError'],
    ['by a loss of tf.losses', tf.losses.meanSquaredError as Loss],
    ['by a metric of TensorFlow.js', tf.metrics.meanSquaredError],
  ])('%s', async (_, loss) => {
    await expect(fit(compiled(loss), x, unknown, args)).rejects.toThrow(
      /^the target .* is not finite: got NaN or infinity in the samples 0, 1, 2.*or compile with a loss function that leaves NaN out$/,
    );
  });

  it('of the output alone whose loss takes none', async () => {
    const input = tf.input({ shape: [8] });
    const [one, two] = ['one', 'two'].map(
      (name) => tf.layers.dense({ units: 3, name }).apply(input) as tf.SymbolicTensor,
    );
    const model = tf.model({ inputs: input, outputs: [one, two] });
    model.compile({ optimizer: 'sgd', loss: [ofNaN, 'meanSquaredError'] as never });
    await fit(model, x, [unknown, y], { ...args, engine: 'eager' });
    await expect(fit(model, x, [y, unknown], args)).rejects.toThrow(/^the target two is not finite/);
  });

  it('in the step, by the sample, where a loss does not leave them out', async () => {
    const model = compiled((t, p) => t.sub(p).square().mean(-1));
    await expect(fit(model, x, unknown, { ...args, engine: 'eager', method: uniform() })).rejects.toThrow(
      /^training stopped at step 0, .* the loss is not finite: .*the target of sample 0 is not finite$/,
    );
  });
});
