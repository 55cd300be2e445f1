/** Weights of samples need a loss of each sample: where there is none they are refused, and never lost in a mean. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import { Fitted } from '../../src/decision/index.ts';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { observeFitted } from '../../src/methods/importance/comparable-losses.ts';
import type { Pick } from '../../src/methods/method.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => void vi.restoreAllMocks());

type Loss = (y: tf.Tensor, p: tf.Tensor) => tf.Tensor;

const { x, y, n } = digits();
const quiet = { engine: 'eager', verbose: 0, shuffle: false, epochs: 2, batchSize: 20, method: uniform() } as const;
const sampleWeight = Float32Array.from({ length: n }, (_, i) => i % 2);

function compiled(loss: string | Loss): tf.LayersModel {
  const model = classifier();
  model.compile({ optimizer: tf.train.sgd(0.1), loss });
  return model;
}

const square: Loss = (t, p) => p.sub(t).square();
const ofWholeBatch: [string, Loss][] = [
  ['a loss of tf.losses in a function', (t, p) => tf.losses.meanSquaredError(t, p)],
  ['a mean of all', (t, p) => square(t, p).mean()],
  ['a flattened one', (t, p) => square(t, p).reshape([-1])],
  // It fails for batches of any other size.
  ['one that knows the size of the batch', (t, p) => square(t, p).reshape([20, 3]).mean()],
];

describe.each(ofWholeBatch)('%s', (_, loss) => {
  it.each<[string, (model: tf.LayersModel, args: FitArgs) => Promise<unknown>]>([
    ['sampleWeight', (model, args) => fit(model, x, y, { ...args, sampleWeight })],
    ['and classWeight', (m, args) => fit(m, x, y, { ...args, sampleWeight, classWeight: { 0: 1, 1: 2, 2: 3 } })],
    ['by the default method', (model, args) => fit(model, x, y, { ...args, sampleWeight, method: undefined })],
    ['the batches of Samples', (model, args) => fit(model, arraySamples(x, y, sampleWeight), args)],
  ])('has no losses that %s could multiply', async (_, train) => {
    const model = compiled(loss);
    const before = values(model);
    const training = train(model, quiet);
    await expect(training).rejects.toThrow(UnequalError);
    await expect(training).rejects.toThrow(
      /^sampleWeight cannot be applied: the loss of dense_\S+ gives one number for a whole batch: expected a loss that keeps the first axis/,
    );
    expect(values(model)).toEqual(before);
  });

  it('is multiplied by the weights of classes as in model.fit', async () => {
    const [theirs, ours] = [compiled(loss), compiled(loss)];
    const args = { ...quiet, classWeight: { 0: 0.2, 1: 3, 2: 1 } };
    // model.fit fails where a flattened loss and the weights differ in length; their means are multiplied then.
    const sure: Loss = (t, p) => loss(t, p).mean();
    theirs.compile({ optimizer: tf.train.sgd(0.1), loss: sure });
    const { epochs, batchSize, shuffle, verbose, classWeight } = args;
    const wanted = await theirs.fit(tf.tensor(x.data, [n, 8]), tf.tensor(y.data, [n, 3]), {
      ...{ epochs, batchSize, shuffle, verbose, classWeight },
    });
    const got = await fit(ours, x, y, args);
    for (const [k, loss] of got.history.loss.entries()) expect(loss).toBeCloseTo(wanted.history.loss[k] as number, 5);
    for (const [i, value] of values(theirs).flat().entries()) expect(values(ours).flat()[i]).toBeCloseTo(value, 5);
  });
});

it('is refused for the validation data too, before the first step', async () => {
  const model = compiled((t, p) => square(t, p).mean());
  const before = values(model);
  const training = fit(model, x, y, { ...quiet, validationData: [x, y, sampleWeight] });
  await expect(training).rejects.toThrow(/^sampleWeight cannot be applied: .* \(in the validation data\)$/);
  expect(values(model)).toEqual(before);
  await fit(model, x, y, { ...quiet, validationData: [x, y] });
});

it('is refused where it first comes in a later batch of Samples', async () => {
  const [plain, weighted] = [arraySamples(x, y), arraySamples(x, y, sampleWeight)];
  const samples = {
    length: n,
    batch: (indices: ArrayLike<number>) => (indices[0] < 20 ? plain : weighted).batch(indices),
  };
  const training = fit(
    compiled((t, p) => square(t, p).mean()),
    samples,
    quiet,
  );
  await expect(training).rejects.toThrow(/sampleWeight cannot be applied/);
});

it.each<[string, Loss]>([
  ['of tf.losses itself', tf.losses.meanSquaredError as Loss],
  ['with a mean for each sample', (t, p) => square(t, p).mean(-1)],
  ['with no mean', square],
])('multiplies a loss %s as one that has a name', async (_, loss) => {
  const [one, two] = [compiled(loss), compiled('meanSquaredError')];
  await fit(one, x, y, { ...quiet, sampleWeight });
  await fit(two, x, y, { ...quiet, sampleWeight });
  for (const [i, value] of values(two).flat().entries()) expect(values(one).flat()[i]).toBeCloseTo(value, 5);
});

describe('classWeight with a loss of tf.losses', () => {
  const classWeight = { 0: 0.2, 1: 3, 2: 1 };
  const itself = tf.losses.softmaxCrossEntropy as Loss;
  const kept: Loss = (t, p) => tf.losses.softmaxCrossEntropy(t, p, undefined, undefined, tf.Reduction.NONE);

  it('itself counts for each sample, which is said once, with the way to the numbers of model.fit', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const [one, two] = [compiled(itself), compiled(kept)];
    await fit(one, x, y, { ...quiet, classWeight });
    await fit(one, x, y, { ...quiet, classWeight });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^unequal: classWeight multiplies the loss of each sample; model\.fit .* mean weight/)],
    ]);
    expect(warn.mock.calls[0][0]).toMatch(/loss: \(y, p\) => tf\.losses\.softmaxCrossEntropy\(y, p\)$/);
    for (let k = 0; k < 2; k++) await fit(two, x, y, { ...quiet, classWeight });
    for (const [i, value] of values(two).flat().entries()) expect(values(one).flat()[i]).toBeCloseTo(value, 5);
  });

  it.each<[string, Loss, FitArgs]>([
    ['that keeps the samples', kept, { classWeight }],
    ['in a function', (t, p) => itself(t, p), { classWeight }],
    ['and weights of samples', itself, { classWeight, sampleWeight }],
    ['but no weights', itself, {}],
  ])('%s leaves nothing to say', async (_, loss, args) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await fit(compiled(loss), x, y, { ...quiet, ...args });
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('advantages as weights, some below 0', () => {
  const advantages = Float32Array.from({ length: n }, (_, i) => ((i * 7) % 5) - 2);

  it.each(['eager', 'compiled'] as const)('are those of the policy gradient, %s', async (engine) => {
    const ours = compiled('categoricalCrossentropy');
    const { history } = await fit(ours, x, y, { ...quiet, engine, sampleWeight: advantages });

    const theirs = compiled('categoricalCrossentropy');
    const [inputs, targets] = [
      tf.tensor2d(x.data as Float32Array, [n, 8]),
      tf.tensor2d(y.data as Float32Array, [n, 3]),
    ];
    const optimizer = tf.train.sgd(0.1);
    const expected: number[] = [];
    for (let epoch = 0; epoch < quiet.epochs; epoch++) {
      let sum = 0;
      for (let at = 0; at < n; at += quiet.batchSize) {
        const size = Math.min(quiet.batchSize, n - at);
        const of = (tensor: tf.Tensor2D) => tensor.slice([at, 0], [size, -1]);
        const loss = optimizer.minimize(() => {
          const losses = tf.metrics.categoricalCrossentropy(of(targets), theirs.apply(of(inputs)) as tf.Tensor);
          return losses.mul(tf.tensor1d(advantages.slice(at, at + size))).mean<tf.Scalar>();
        }, true)!;
        sum += size * loss.dataSync()[0];
      }
      expected.push(sum / n);
    }
    for (const [k, loss] of expected.entries()) expect(history.loss[k]).toBeCloseTo(loss, 5);
    for (const [i, value] of values(theirs).flat().entries()) expect(values(ours).flat()[i]).toBeCloseTo(value, 5);
  });

  it('are losses below 0 for importance(), which then draws uniformly', () => {
    const [fitted, all] = [new Fitted(4), { losses: Float32Array.of(-1, 1), unweighted: Float32Array.of(1, 1) }];
    const batch = { size: 2, xs: [], ys: [], lossWeights: [Float32Array.of(-1, 1)] };
    observeFitted(fitted, { batch, indices: [0, 1] } as unknown as Pick, { ...all, loss: 0 } as never, () => false);
    expect(fitted.signed).toBe(true);
  });
});
