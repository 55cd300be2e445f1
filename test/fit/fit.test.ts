import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y, n } = digits();
const quiet = { engine: 'eager', verbose: 0, method: uniform() } as const;

/** Tensors for model.fit, host arrays for fit. */
const tensors = () => [tf.tensor(x.data, [n, 8]), tf.tensor(y.data, [n, 3])] as const;

/** Trains the same model by model.fit and by fit in the same order; both histories and models. */
async function both(args: tf.ModelFitArgs & FitArgs, make = classifier) {
  const [theirs, ours] = [make(), make()];
  const [xs, ys] = tensors();
  const wanted = await theirs.fit(xs, ys, { verbose: 0, shuffle: false, ...args });
  const got = await fit(ours, x, y, { ...quiet, shuffle: false, ...args });
  return { theirs, ours, wanted, got };
}

function expectSame(got: tf.History, wanted: tf.History): void {
  expect(got.epoch).toEqual(wanted.epoch);
  expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
  for (const [name, column] of Object.entries(wanted.history)) {
    expect(got.history[name].length).toBe(column.length);
    for (const [k, value] of (column as number[]).entries()) expect(got.history[name][k]).toBeCloseTo(value, 5);
  }
}

function expectSameWeights(ours: tf.LayersModel, theirs: tf.LayersModel): void {
  for (const [k, weight] of values(theirs).entries()) {
    for (const [i, value] of weight.entries()) expect(values(ours)[k][i]).toBeCloseTo(value, 5);
  }
}

describe('uniform() in the same order is model.fit', () => {
  const held = () => tensors().map((t) => t.slice(0, 10)) as [tf.Tensor, tf.Tensor];
  it.each<[string, tf.ModelFitArgs]>([
    ['with the last batch smaller', { epochs: 3, batchSize: 8 }],
    ['with defaults', {}],
    ['with a batch larger than the data', { epochs: 2, batchSize: 1000 }],
    [
      'with a batch larger than what validationSplit leaves',
      { epochs: 2, batchSize: digits().n, validationSplit: 0.3 },
    ],
    ['with validationSplit', { epochs: 2, batchSize: 8, validationSplit: 0.3 }],
    ['with validationData', { epochs: 2, batchSize: 8, validationData: held() }],
    ['with classWeight', { epochs: 2, batchSize: 8, classWeight: { 0: 1, 1: 3, 2: 0.5 } }],
    ['with classWeight by place', { epochs: 2, batchSize: 8, classWeight: [1, 3, 0.5] }],
    [
      'with classWeight and validationSplit',
      { epochs: 2, batchSize: 8, validationSplit: 0.3, classWeight: { 0: 1, 1: 3, 2: 0.5 } },
    ],
    ['with initialEpoch', { epochs: 5, initialEpoch: 2, batchSize: 16 }],
    ['with all epochs done', { epochs: 3, initialEpoch: 5, batchSize: 16, validationData: held() }],
  ])('%s', async (_, args) => {
    const { ours, theirs, got, wanted } = await both(args as tf.ModelFitArgs & FitArgs);
    expectSame(got, wanted);
    expectSameWeights(ours, theirs);
  });

  it.each<[string, () => tf.Optimizer]>([
    ['sgd', () => tf.train.sgd(0.1)],
    ['adam', () => tf.train.adam(0.01)],
    ['rmsprop', () => tf.train.rmsprop(0.01)],
  ])('with %s', async (_, optimizer) => {
    const { ours, theirs, got, wanted } = await both({ epochs: 2, batchSize: 8 }, () => classifier(optimizer()));
    expectSame(got, wanted);
    expectSameWeights(ours, theirs);
  });

  it('with several inputs and outputs, by name', async () => {
    const make = () => {
      const init = (seed: number) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
      const [a, b] = ['left', 'right'].map((name) => tf.input({ shape: [4], name }));
      const joined = tf.layers.concatenate().apply([a, b]) as tf.SymbolicTensor;
      const one = tf.layers.dense({ units: 3, activation: 'softmax', name: 'digit', ...init(1) }).apply(joined);
      const two = tf.layers.dense({ units: 1, name: 'mean', ...init(2) }).apply(joined);
      const model = tf.model({ inputs: [a, b], outputs: [one, two] as tf.SymbolicTensor[] });
      model.compile({
        optimizer: tf.train.momentum(0.05, 0.9),
        loss: { digit: 'categoricalCrossentropy', mean: 'meanSquaredError' },
        metrics: { digit: 'accuracy', mean: 'mae' },
      });
      return model;
    };
    const [xs, ys] = tensors();
    const inputs = { left: xs.slice([0, 0], [n, 4]), right: xs.slice([0, 4], [n, 4]) };
    const targets = { digit: ys, mean: xs.mean(1, true) };
    const [theirs, ours] = [make(), make()];
    // One weight for each class of the first output; the second has no classes.
    const digitWeights = { 0: 1, 1: 2, 2: 3 };
    const classWeights = [
      undefined,
      ...[{ digit: digitWeights }, { digit: digitWeights, mean: null }, [digitWeights, null], [null, null], []],
    ];
    for (const classWeight of classWeights as tf.ModelFitArgs['classWeight'][]) {
      const options = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0, classWeight } as const;
      const wanted = await theirs.fit(inputs, targets, options);
      const got = await fit(ours, inputs, targets, { ...quiet, ...options });
      expectSame(got, wanted);
      expectSameWeights(ours, theirs);
    }
    expect(ours.history.epoch).toEqual([0, 1]);
    // As lists, the same. Validation of several outputs is where TensorFlow.js mixes its columns up: ask the model.
    const lists = [
      [inputs.left, inputs.right],
      [targets.digit, targets.mean],
    ];
    const options = { ...quiet, epochs: 1, batchSize: 8, shuffle: false };
    const history = await fit(ours, lists[0], lists[1], { ...options, validationData: [inputs, targets] });
    expect(Object.keys(history.history).filter((name) => name.startsWith('val_'))).toEqual([
      'val_loss',
      ...['val_digit_loss', 'val_mean_loss', 'val_digit_acc', 'val_mean_mae'],
    ]);
    const [digit, mean] = ours.predict(lists[0]) as tf.Tensor[];
    const losses = [
      tf.metrics.categoricalCrossentropy(targets.digit, digit).mean().dataSync()[0],
      tf.metrics.meanSquaredError(targets.mean, mean).mean().dataSync()[0],
    ];
    expect(history.history.val_digit_loss[0]).toBeCloseTo(losses[0], 5);
    expect(history.history.val_mean_loss[0]).toBeCloseTo(losses[1], 5);
    expect(history.history.val_loss[0]).toBeCloseTo(losses[0] + losses[1], 5);
  });
});

describe('sampleWeight', () => {
  it('weights each sample’s loss', async () => {
    const sampleWeight = Array.from({ length: n }, (_, i) => (i % 5) / 2);
    const [one, two] = [classifier(), classifier()];
    await fit(one, x, y, { ...quiet, shuffle: false, batchSize: n, sampleWeight });
    const [xs, ys] = tensors();
    two.optimizer.minimize(() => {
      const losses = tf.metrics.categoricalCrossentropy(ys, two.apply(xs, { training: true }) as tf.Tensor);
      return tf.mean(tf.mul(losses, sampleWeight)).asScalar();
    });
    expectSameWeights(one, two);
  });

  it('of zero leaves a sample out, and multiplies with classWeight', async () => {
    const sampleWeight = tf.tensor1d(Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : 0)));
    const [one, two] = [classifier(), classifier()];
    const classWeight = { 0: 1, 1: 2, 2: 4 };
    const all = Array.from(y.data, (v) => v);
    const merged = Array.from({ length: n }, (_, i) =>
      i % 2 === 0 ? classWeight[all.slice(3 * i, 3 * i + 3).indexOf(1) as 0 | 1 | 2] : 0,
    );
    const args = { ...quiet, epochs: 2, batchSize: 8, seed: 3 };
    await fit(one, x, y, { ...args, sampleWeight, classWeight });
    await fit(two, x, y, { ...args, sampleWeight: merged });
    expect(values(one)).toEqual(values(two));
  });

  it('multiplies with those of the batches of Samples', async () => {
    const [one, two] = [classifier(), classifier()];
    const [given, own] = [0.5, 1].map((from) => Float32Array.from({ length: n }, (_, i) => from + (i % 3)));
    const args = { ...quiet, shuffle: false, batchSize: 20 };
    await fit(one, arraySamples(x, y, own), { ...args, sampleWeight: given });
    await fit(two, x, y, { ...args, sampleWeight: given.map((weight, i) => weight * own[i]) });
    expect(values(one)).toEqual(values(two));
  });

  it('of the validation data weights its loss', async () => {
    const model = classifier();
    const weights = Array.from({ length: n }, (_, i) => i % 3);
    const { history } = await fit(model, x, y, { ...quiet, validationData: [x, y, weights] });
    const [xs, ys] = tensors();
    const losses = tf.metrics.categoricalCrossentropy(ys, model.predict(xs) as tf.Tensor);
    expect(history.val_loss[0]).toBeCloseTo(tf.mean(tf.mul(losses, weights)).dataSync()[0], 5);
  });
});

describe('a seed', () => {
  it('makes a run repeat bit for bit', async () => {
    const run = async (seed: number) => {
      const model = classifier();
      await fit(model, x, y, { ...quiet, method: importance({ start: 'always' }), epochs: 2, batchSize: 8, seed });
      return values(model);
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });
});

describe('a step report', () => {
  it('tells what the step saw', async () => {
    const model = classifier();
    const reports: StepReport[] = [];
    await fit(model, x, y, {
      ...{
        ...quiet,
        method: importance({ scores: 'fresh', weightPower: 1, start: 'always', presample: 3 }),
        epochs: 2,
        batchSize: 10,
        seed: 4,
      },
      onStep: (report) => {
        reports.push(report);
      },
    });
    expect(reports.length).toBe(12);
    for (const report of reports) {
      expect(report).toMatchObject({ phase: 'importance', size: 10, learningRate: 0.05 });
      expect(report.metrics.acc).toBeGreaterThanOrEqual(0);
      expect(report.indices.length).toBe(10);
      expect(report.weights!.length).toBe(10);
      expect(report.scores!.length).toBe(30);
      expect(report.ess).toBeGreaterThan(0);
      expect(report.ess).toBeLessThanOrEqual(1);
      const weighted = report.losses.reduce((sum, loss, i) => sum + loss * report.weights![i], 0) / 10;
      expect(report.loss).toBeCloseTo(weighted, 5);
    }
    expect(reports.at(-1)).toMatchObject({ forward: 12 * 40, backward: 12 * 10, step: 11, epoch: 1, batch: 5 });
  });
});

it.each([2, 20, 60])('trains by importance without a word more on %i samples', async (count) => {
  const few = digits(count);
  const phases = new Set<string>();
  const history = await fit(classifier(), few.x, few.y, {
    epochs: 40,
    seed: 1,
    engine: 'eager',
    onStep: ({ phase }) => void phases.add(phase),
  });
  expect(history.history.loss.at(-1)).toBeLessThan(history.history.loss[0] as number);
  expect(phases).toContain('uniform');
});

it('takes one-hot labels cast to float, which the cpu backend leaves integers, on either engine', async () => {
  const labels = tf.tensor1d(
    Int32Array.from({ length: n }, (_, i) => i % 3),
    'int32',
  );
  const targets = tf.oneHot(labels, 3).toFloat();
  for (const engine of ['eager', 'compiled'] as const) {
    const history = await fit(classifier(), x, targets, { ...quiet, engine, epochs: 1 });
    expect(history.history.loss).toHaveLength(1);
  }
});
