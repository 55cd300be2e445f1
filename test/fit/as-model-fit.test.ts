/** What people do around a training, and `fit` must bear as `model.fit` does. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NdArray, Samples } from '../../src/data/samples.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { svrg } from '../../src/methods/variance-reduced/svrg.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const { x, y, n } = digits();
const [xs, ys] = [x, y].map(({ data, shape }) => tf.tensor(data as Float32Array, shape as number[]));
const plain = { epochs: 2, batchSize: 20, shuffle: false, verbose: 0, method: uniform() } as const;
const quietly = () => vi.spyOn(console, 'warn').mockImplementation(() => {});

/** The final weights by `model.fit`. */
async function wanted(): Promise<number[][]> {
  const model = classifier();
  await model.fit(xs, ys, { epochs: 2, batchSize: 20, shuffle: false, verbose: 0 });
  return values(model);
}

const near = (got: number[][], want: number[][]) => {
  const [a, b] = [got.flat(), want.flat()];
  expect(a.length).toBe(b.length);
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i], 4);
};

it('trains eagerly in debug mode, where every operation is looked at, and says so', async () => {
  const want = await wanted();
  const rejected = vi.fn();
  process.on('unhandledRejection', rejected);
  const warn = quietly();
  vi.spyOn(console, 'log').mockImplementation(() => {});
  tf.env().set('DEBUG', true);
  try {
    const [auto, compiled] = [classifier(), classifier()];
    await fit(auto, xs, ys, plain);
    near(values(auto), want);
    expect(warn.mock.calls.flat().join('\n')).toMatch(/training eagerly.*debug mode or profiler/);
    await fit(compiled, xs, ys, { ...plain, engine: 'compiled' });
    near(values(compiled), want);
    expect(tf.env().getBool('DEBUG')).toBe(true);
  } finally {
    tf.env().set('DEBUG', false);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.off('unhandledRejection', rejected);
  expect(rejected).not.toHaveBeenCalled();
});

it('is profiled as model.fit is', async () => {
  quietly();
  const kernels = async (train: () => Promise<unknown>) => {
    const { kernelNames } = await tf.profile(async () => {
      await train();
      return tf.scalar(0);
    });
    return kernelNames;
  };
  const theirs = await kernels(() => classifier().fit(xs, ys, { epochs: 1, verbose: 0 }));
  const ours = await kernels(() => fit(classifier(), xs, ys, { ...plain, epochs: 1 }));
  const layers = ['MatMul', '_FusedMatMul', 'Softmax'].filter((name) => theirs.includes(name));
  expect(layers.length).toBeGreaterThan(1);
  expect(ours).toEqual(expect.arrayContaining(layers));
});

it('trains eagerly where typed arrays are not those of Node, as under jest, and says why', async () => {
  const want = await wanted();
  const warn = quietly();
  vi.stubGlobal('Uint8Array', class extends Uint8Array {});
  const model = classifier();
  await fit(model, xs, ys, plain);
  near(values(model), want);
  expect(warn.mock.calls.flat().join('\n')).toMatch(
    /typed arrays are not those of Node \(jest and jsdom have their own\)/,
  );
  await expect(fit(classifier(), xs, ys, { ...plain, engine: 'compiled' })).rejects.toThrow(
    /use node:test, or vitest with/,
  );
});

it('trains eagerly with a kernel that the program has exchanged, also between two calls, and says so', async () => {
  const stock = tf.getKernel('Tanh', 'cpu');
  const [model, ours] = [classifier(), classifier()];
  const args = { epochs: 2, batchSize: 20, shuffle: false, verbose: 0 } as const;
  const warn = quietly();
  await model.fit(xs, ys, args);
  await fit(ours, xs, ys, plain);
  expect(warn).not.toHaveBeenCalled();
  tf.unregisterKernel('Tanh', 'cpu');
  tf.registerKernel({ ...stock, kernelFunc: (params) => tf.getKernel('Sigmoid', 'cpu').kernelFunc(params) });
  try {
    await model.fit(xs, ys, args);
    await fit(ours, xs, ys, plain);
    await expect(fit(classifier(), xs, ys, { ...plain, engine: 'compiled' })).rejects.toThrow(
      /the kernel Tanh of the cpu/,
    );
  } finally {
    tf.unregisterKernel('Tanh', 'cpu');
    tf.registerKernel(stock);
  }
  near(values(ours), values(model));
  expect(warn.mock.calls.flat()).toEqual([
    expect.stringMatching(/training eagerly, .* kernel Tanh of the cpu backend/),
  ]);
  await fit(ours, xs, ys, { ...plain, engine: 'compiled' });
});

it.each(['auto', 'eager'] as const)('is stopped before its first step (%s)', async (engine) => {
  const model = classifier();
  const before = values(model);
  const training = fit(model, xs, ys, { ...plain, engine });
  model.stopTraining = true;
  expect((await training).epoch).toEqual([]);
  expect(values(model)).toEqual(before);
  // The next one is not.
  expect((await fit(model, xs, ys, { ...plain, engine })).epoch).toHaveLength(2);
});

describe.each(['auto', 'compiled', 'eager'] as const)('a model that is gone (%s)', (engine) => {
  it.each<[string, (model: tf.LayersModel) => void]>([
    ['by dispose()', (model) => void model.dispose()],
    ['by tf.disposeVariables()', () => tf.disposeVariables()],
  ])('%s is said to be, in a step, in a validation and in the next call', async (_, end) => {
    const model = classifier();
    const args = { ...plain, engine, validationData: [x, y] as [NdArray, NdArray] };
    const gone = /^(training stopped at step \d+, learning rate 0.05: )?the model is disposed: got no weight [^:]*; /;
    await fit(model, xs, ys, args);
    const callbacks = { onBatchEnd: async (batch: number) => void (batch === 1 && end(model)) };
    await expect(fit(model, xs, ys, { ...args, callbacks })).rejects.toThrow(gone);
    await expect(fit(model, xs, ys, args)).rejects.toThrow(/^the model is disposed: /);
  });
});

it('tells callbacks the batch size that was asked for', async () => {
  const said: unknown[] = [];
  class Seen extends tf.CustomCallback {
    override setParams(params: object): void {
      said.push((params as { batchSize?: number }).batchSize);
    }
  }
  const args = { epochs: 1, batchSize: 500, verbose: 0 } as const;
  await classifier().fit(xs, ys, { ...args, callbacks: new Seen({}) });
  await fit(classifier(), xs, ys, { ...args, callbacks: new Seen({}) });
  expect(said).toEqual([500, 500]);
});

it.each(['auto', 'eager'] as const)(
  'refuses an optimizer that steps by itself where gradients are handed out (%s)',
  async (engine) => {
    class Tenth extends tf.SGDOptimizer {
      override minimize(...[f, ...rest]: Parameters<tf.Optimizer['minimize']>): tf.Scalar | null {
        return super.minimize(() => f().mul(0.1), ...rest);
      }
    }
    const model = classifier(new Tenth(0.1));
    const before = values(model);
    await expect(fit(model, xs, ys, { ...plain, engine, method: svrg() })).rejects.toThrow(/has a minimize of its own/);
    expect(values(model)).toEqual(before);
  },
);

it.each(['auto', 'eager'] as const)('refuses a minimize that returns no loss (%s)', async (engine) => {
  class Silent extends tf.SGDOptimizer {
    override minimize(...[f, , variables]: Parameters<tf.Optimizer['minimize']>): tf.Scalar | null {
      return super.minimize(f, false, variables);
    }
  }
  const model = classifier(new Silent(0.1));
  const before = values(model);
  await expect(fit(model, xs, ys, { ...plain, engine })).rejects.toThrow(
    /minimize of the optimizer .* returned no loss/,
  );
  expect(values(model)).toEqual(before);
});

it('refuses one class for a cross-entropy of classes, as model.fit does', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, activation: 'softmax', inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const [a, b] = [tf.zeros([6, 2]), tf.ones([6, 1])];
  await expect(model.fit(a, b, { verbose: 0 })).rejects.toThrow(/categorical_crossentropy/);
  await expect(fit(model, a, b, { verbose: 0 })).rejects.toThrow(/has one class, .* sigmoid and 'binaryCrossentropy'/);
});

it('trains on what a callback assigns to targets that are a variable', async () => {
  const losses = async (train: (model: tf.LayersModel, targets: tf.Variable, args: object) => Promise<tf.History>) => {
    const targets = tf.variable(ys);
    const onEpochEnd = async () => tf.tidy(() => targets.assign(tf.sub(1, targets)));
    const { history } = await train(classifier(), targets, {
      epochs: 3,
      shuffle: false,
      verbose: 0,
      callbacks: { onEpochEnd },
    });
    targets.dispose();
    return history.loss as number[];
  };
  const want = await losses((model, targets, args) => model.fit(xs, targets, args));
  const got = await losses((model, targets, args) => fit(model, xs, targets, { ...args, method: uniform() }));
  for (const [k, loss] of want.entries()) expect(got[k]).toBeCloseTo(loss, 4);
});

it('names the sample whose index an embedding has no row for', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 5, outputDim: 2, inputLength: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  for (const bad of [-1, 5]) {
    const words = tf.tensor2d([0, 1, 4, bad, 2, 3], [3, 2]);
    const training = fit(model, words, tf.zeros([3, 1]), { verbose: 0 });
    await expect(training).rejects.toThrow(new RegExp(`has no row for: got ${bad} in the sample 1, expected 0 to 4`));
  }
});

it('validates on no stream, and says who does', async () => {
  const validationData = tf.data.array([1]) as never;
  await expect(fit(classifier(), xs, ys, { ...plain, validationData })).rejects.toThrow(/use fitDataset/);
});

it('trains where Math is frozen', async () => {
  const want = await wanted();
  const warn = quietly();
  const descriptor = Object.getOwnPropertyDescriptor(Math, 'random')!;
  const model = classifier();
  Object.defineProperty(Math, 'random', { ...descriptor, writable: false });
  try {
    await fit(model, xs, ys, plain);
  } finally {
    Object.defineProperty(Math, 'random', descriptor);
  }
  near(values(model), want);
  expect(warn.mock.calls.flat().join()).toMatch(
    /training eagerly, .*Math\.random cannot be watched: got a frozen Math$/,
  );
  // TensorFlow.js is as it was.
  expect(tf.add(1, 2).dataSync()[0]).toBe(3);
});

it('loses no update where others train the same weights meanwhile', async () => {
  const [inputs, zeros] = [tf.ones([64, 1]), tf.zeros([64, 1])];
  // Linear: each of the 64 steps moves the weight by 0.01, in whatever order they come.
  const shared = () => {
    const layer = tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'ones' });
    return [0, 1].map(() => {
      const input = tf.input({ shape: [1] });
      const outputs = tf.layers.activation({ activation: 'linear' }).apply(layer.apply(input)) as tf.SymbolicTensor;
      const model = tf.model({ inputs: input, outputs });
      model.compile({ optimizer: tf.train.sgd(0.01), loss: (_, p) => tf.mean(p, -1) });
      return model;
    });
  };
  const args = { batchSize: 8, epochs: 4, shuffle: false, verbose: 0 } as const;
  for (const engine of ['compiled', 'eager'] as const) {
    const [a, b] = shared();
    await Promise.all([
      fit(a, inputs, zeros, { ...args, method: uniform(), engine }),
      b.fit(inputs, zeros, { ...args, yieldEvery: 'batch' }),
    ]);
    expect(values(a)[0][0]).toBeCloseTo(1 - 64 * 0.01, 4);
  }
  tf.dispose([inputs, zeros]);
});

it('steps by the scalar of an SGD optimizer, and gives code of its own the field, whichever was assigned', async () => {
  class Pulled extends tf.SGDOptimizer {
    override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
      super.applyGradients(gradients);
      tf.tidy(() => {
        for (const { trainableWeights } of [model])
          for (const weight of trainableWeights) {
            const variable = (weight as unknown as { val: tf.Variable }).val;
            variable.assign(tf.mul(variable, tf.sub(1, tf.scalar(this.learningRate))) as tf.Tensor);
          }
      });
    }
  }
  let model: tf.LayersModel;
  const trained = async (train: (model: tf.LayersModel) => Promise<unknown>) => {
    model = classifier();
    const optimizer = new Pulled(0.1);
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    (optimizer as unknown as { learningRate: number }).learningRate = 0.01;
    await train(model);
    return values(model);
  };
  const want = await trained((one) => one.fit(xs, ys, { epochs: 2, batchSize: 20, shuffle: false, verbose: 0 }));
  for (const engine of ['compiled', 'eager'] as const)
    near(await trained((one) => fit(one, xs, ys, { ...plain, engine })), want);
});

it('refuses a model that makes its steps itself', async () => {
  class Own extends tf.LayersModel {
    override makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[] {
      return () => [tf.scalar(0)];
    }
  }
  const input = tf.input({ shape: [8] });
  const model = new Own({
    inputs: input,
    outputs: tf.layers.dense({ units: 3 }).apply(input) as tf.SymbolicTensor,
    name: 'own',
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await expect(fit(model, xs, ys, plain)).rejects.toThrow(/a training step of its own, makeTrainFunction/);
});

it('trains on and validates by batches whose numbers change their type', async () => {
  const types = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
  const [a, b] = [x, y].map(({ data }) => Array.from(data, (value) => (value > 0.5 ? 1 : 0)));
  /** Rows of 0 and 1, of the types whose turn it is. */
  const some = (rows: number[]) => {
    const part = (all: number[], width: number, k: number): NdArray => {
      const dtype = (['float32', 'int32', 'bool'] as const)[(rows[0] / 20 + k) % 3];
      const data = types[dtype].from(rows.flatMap((row) => all.slice(row * width, (row + 1) * width)));
      return { data: data as Float32Array, shape: [rows.length, width], dtype };
    };
    return { xs: part(a, 8, 0), ys: part(b, 3, 1) };
  };
  const samples: Samples = { length: n, batch: async (indices: ArrayLike<number>) => some(Array.from(indices)) };
  const tensor = ({ data, shape, dtype }: NdArray) => tf.tensor(data as Float32Array, [...shape], dtype);
  const stream = tf.data.generator(function* () {
    for (let from = 0; from < n; from += 20) {
      const { xs, ys } = some(Array.from({ length: Math.min(20, n - from) }, (_, k) => from + k));
      yield { xs: tensor(xs), ys: tensor(ys) };
    }
  });
  const args = { epochs: 2, validationData: stream as never };
  const model = classifier();
  const want = await model.fitDataset(stream, { ...args, verbose: 0 });
  for (const engine of ['compiled', 'eager'] as const) {
    const [ofStream, ofSamples] = [classifier(), classifier()];
    const all = { ...plain, ...args, engine };
    const { shuffle: _, batchSize: __, ...ofDataset } = all;
    const histories = [
      await fitDataset(ofStream, stream, ofDataset),
      await fit(ofSamples, samples, { ...all, validationData: samples }),
    ];
    for (const { history } of histories) near([history.val_loss as number[]], [want.history.val_loss as number[]]);
    for (const one of [ofStream, ofSamples]) near(values(one), values(model));
  }
});
