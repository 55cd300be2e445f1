import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitDatasetArgs } from '../../src/fit/options.ts';
import type { Method } from '../../src/methods/method.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { recurrent, type Shape, sequenceStream } from '../support/sequences.ts';
import { digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => {
  vi.restoreAllMocks();
});

const { x, y, n } = digits();
const xs = () => tf.tensor2d(x.data as Float32Array, [n, 8]);
const ys = () => tf.tensor2d(y.data as Float32Array, [n, 3]);
type Columns = { [name: string]: number[] };

it('a method is told the loss of every validation', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [8] })] });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
  const told: number[] = [];
  const method: Method = {
    ...uniform(),
    sampler: (context) => ({ ...uniform().sampler(context), validated: (loss) => void told.push(loss) }),
  };
  const { history } = await fit(model, xs(), ys(), { method, epochs: 3, validationSplit: 0.25, verbose: 0 });
  expect(told).toHaveLength(3);
  expect(told).toEqual(history.val_loss);
});

describe('a model of two outputs', () => {
  /** Two heads, with a regularised layer, and a metric for each. */
  function twoHeads(): tf.LayersModel {
    const init = (seed: number) => tf.initializers.glorotNormal({ seed });
    const input = tf.input({ shape: [8] });
    const head = (name: string, activation: 'softmax' | 'linear', seed: number) =>
      tf.layers
        .dense({ name, units: 3, activation, kernelInitializer: init(seed), kernelRegularizer: tf.regularizers.l2() })
        .apply(input) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [head('kind', 'softmax', 1), head('size', 'linear', 2)] });
    model.compile({
      optimizer: tf.train.sgd(0.1),
      loss: ['categoricalCrossentropy', 'meanSquaredError'],
      metrics: ['accuracy'],
    });
    return model;
  }

  /** What the losses and metrics are, computed without TensorFlow.js. */
  function byHand(model: tf.LayersModel): Columns {
    const [p, q] = (model.predict(xs()) as tf.Tensor2D[]).map((output) => output.arraySync());
    const targets = ys().arraySync();
    const mean = (f: (i: number) => number) => targets.reduce((sum, _, i) => sum + f(i) / n, 0);
    const top = (row: number[]) => row.indexOf(Math.max(...row));
    const kind = mean((i) => -Math.log(p[i][top(targets[i])]));
    const size = mean((i) => q[i].reduce((sum, value, k) => sum + (value - targets[i][k]) ** 2 / 3, 0));
    return {
      val_loss: [kind + size],
      val_kind_loss: [kind],
      val_size_loss: [size],
      val_kind_acc: [mean((i) => Number(top(p[i]) === top(targets[i])))],
      val_size_acc: [mean((i) => Number(top(q[i]) === top(targets[i])))],
    };
  }

  const train: [string, (model: tf.LayersModel, engine: 'eager' | 'compiled') => Promise<tf.History>][] = [
    [
      'fit',
      (model, engine) =>
        fit(model, x, [y, y], { ...{ engine, verbose: 0, method: uniform() }, validationData: [x, [y, y]] }),
    ],
    [
      'fitDataset, validated on tensors',
      (model, engine) =>
        fitDataset(model, batches(), {
          ...{ engine, verbose: 0, method: uniform() },
          validationData: [xs(), [ys(), ys()]],
        }),
    ],
    [
      'fitDataset, validated on a stream',
      (model, engine) =>
        fitDataset(model, batches(), { ...{ engine, verbose: 0, method: uniform() }, validationData: batches() }),
    ],
  ];
  const batches = () => tf.data.array([0]).map(() => ({ xs: xs(), ys: [ys(), ys()] as unknown as tf.Tensor }));

  it.each(train)('is validated by the sum of its losses, each under its own name: %s', async (_, run) => {
    for (const engine of ['eager', 'compiled'] as const) {
      const model = twoHeads();
      const { history } = await run(model, engine);
      for (const [name, [value]] of Object.entries(byHand(model))) expect(history[name][0]).toBeCloseTo(value, 4);
    }
  });

  it('is validated otherwise by TensorFlow.js, where val_loss is the first loss and what follows is one name off', async () => {
    const model = twoHeads();
    const { history } = await model.fit(xs(), [ys(), ys()], { verbose: 0, validationData: [xs(), [ys(), ys()]] });
    const { val_loss, val_kind_loss } = byHand(model);
    expect(history.val_loss[0]).toBeCloseTo(val_kind_loss[0], 4);
    expect(history.val_kind_loss[0]).toBeCloseTo(val_loss[0], 4);
    expect(history.val_size_loss[0]).toBeCloseTo(val_kind_loss[0], 4);
  });
});

describe('a validation stream', () => {
  const uneven: Shape[] = [
    [5, 3],
    [1, 6],
    [7, 2],
    [2, 6],
  ];

  /** The same training by model.fitDataset and by fitDataset. */
  async function both(args: () => Omit<FitDatasetArgs, 'epochs'>, engine: 'eager' | 'compiled' = 'eager') {
    const [one, two] = [recurrent(), recurrent()];
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const wanted = await one.fitDataset(sequenceStream(), { epochs: 3, verbose: 0, ...(args() as object) });
    const theirs = warn.mock.calls.length;
    const got = await fitDataset(two, sequenceStream(), {
      ...{ epochs: 3, verbose: 0, engine, method: uniform() },
      ...args(),
    });
    expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
    for (const [name, column] of Object.entries(wanted.history)) {
      for (const [k, value] of column.entries()) expect(got.history[name][k]).toBeCloseTo(value as number, 5);
    }
    return { theirs, ours: warn.mock.calls.length - theirs, got };
  }

  it.each(['eager', 'compiled'] as const)('may have other lengths in every batch: %s', async (engine) => {
    await both(() => ({ validationData: sequenceStream(uneven) }), engine);
  });

  it('is read anew each time', async () => {
    const seen = await both(() => {
      let pass = 0;
      const iterator = () => sequenceStream([uneven[pass++], uneven[3]]).iterator();
      return { validationData: { iterator } };
    });
    expect(new Set((seen.got.history as Columns).val_loss).size).toBe(3);
  });

  it.each([1, 3, 4, 6])('is read up to validationBatches: %i', async (validationBatches) => {
    const { ours, theirs } = await both(() => ({ validationData: sequenceStream(uneven), validationBatches }));
    expect(ours).toBe(theirs);
    expect(theirs).toBe(validationBatches > 4 ? 3 : 0);
  });

  it('leaves no tensors behind', async () => {
    const model = recurrent();
    const args = { verbose: 0, engine: 'eager', method: uniform(), validationData: sequenceStream(uneven) } as const;
    await fitDataset(model, sequenceStream(), args);
    const before = tf.memory().numTensors;
    await fitDataset(model, sequenceStream(), { ...args, validationBatches: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, object, RegExp]>([
    [
      'of no batches',
      { validationData: sequenceStream(uneven), validationBatches: 0 },
      /bad validationBatches of fitDataset: got 0/,
    ],
    ['of half a batch', { validationData: sequenceStream(uneven), validationBatches: 0.5 }, /bad validationBatches/],
  ])('is refused %s before the first step', async (_, args, message) => {
    const model = recurrent();
    const before = values(model);
    const training = fitDataset(model, sequenceStream(), { verbose: 0, engine: 'eager', ...args });
    await expect(training).rejects.toThrow(UnequalError);
    await expect(training).rejects.toThrow(message);
    expect(values(model)).toEqual(before);
  });

  it.each<[string, tf.data.Dataset<tf.TensorContainer>, RegExp]>([
    ['without samples', sequenceStream([]), /no samples to validate on/],
    [
      'with a batch that is none',
      sequenceStream([uneven[0]]).concatenate(tf.data.array([{ a: 1 }]) as never),
      /without xs or ys: got { a }.* \(in batch 1 of the validation stream\)$/,
    ],
  ])('%s is told when it is read', async (_, validationData, message) => {
    const training = fitDataset(recurrent(), sequenceStream(), { verbose: 0, engine: 'eager', validationData });
    await expect(training).rejects.toThrow(UnequalError);
    await expect(training).rejects.toThrow(message);
  });
});
