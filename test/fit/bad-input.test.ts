import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import type { NdArray, Rows, Samples } from '../../src/data/samples.ts';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { methodNamed } from '../../src/methods/registry.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y, n } = digits();
const quiet = { engine: 'eager', verbose: 0 } as const;

const changed = (array: NdArray, at: number, value: number): NdArray => {
  const data = array.data.slice();
  data[at] = value;
  return { ...array, data };
};
const head = ({ data, shape, dtype }: NdArray, rows: number): NdArray => {
  const width = data.length / shape[0];
  return { data: data.slice(0, rows * width), shape: [rows, ...shape.slice(1)], dtype };
};

function sparseModel(): tf.LayersModel {
  const model = classifier();
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'sparseCategoricalCrossentropy' });
  return model;
}

const column = (f: (i: number) => number): NdArray => ({
  data: Float32Array.from({ length: n }, (_, i) => f(i)),
  shape: [n, 1],
  dtype: 'float32',
});

/** The run is refused with the message, before a step, a callback's onTrainBegin or a change of anything. */
async function refused(
  model: tf.LayersModel,
  run: (args: FitArgs) => Promise<unknown>,
  message: RegExp,
): Promise<void> {
  const before = values(model);
  const steps: number[] = [];
  const running = run({ ...quiet, onStep: ({ step }) => void steps.push(step) });
  await expect(running).rejects.toThrow(UnequalError);
  await expect(running).rejects.toThrow(message);
  expect(steps).toEqual([]);
  expect(values(model)).toEqual(before);
  expect((model as unknown as { isTraining: boolean }).isTraining).not.toBe(true);
}

describe('a model', () => {
  it('has to be one, and compiled', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [8] })] });
    await refused(model, (args) => fit(model, x, y, args), /^the model is not compiled: call model\.compile/);
    await expect(fit({} as tf.LayersModel, x, y)).rejects.toThrow(/^not a model that can be trained: got Object/);
  });

  it('has to be of TensorFlow.js 4', async () => {
    const version = tf.version as { tfjs: string };
    const { tfjs } = version;
    try {
      version.tfjs = '3.21.0';
      await refused(classifier(), (args) => fit(classifier(), x, y, args), /^another major version .*: got 3\.21\.0, /);
    } finally {
      version.tfjs = tfjs;
    }
  });

  it('has to have an upper bound where that is the score', async () => {
    const model = tf.sequential({
      layers: [tf.layers.reshape({ targetShape: [2, 4], inputShape: [8] }), tf.layers.lstm({ units: 3 })],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    for (const start of ['always', 2] as const) {
      const method = importance({ score: 'upper-bound', start });
      await refused(
        model,
        (args) => fit(model, x, y, { ...args, batchSize: 16, method }),
        /upper-bound score cannot be found.*got LSTM/,
      );
    }
  });
});

describe('data', () => {
  it('of a stateful model that its batches do not divide is refused', async () => {
    const model = tf.sequential({
      layers: [tf.layers.gru({ units: 2, stateful: true, batchInputShape: [7, 4, 1] }), tf.layers.dense({ units: 1 })],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [sequences, means] = [tf.ones([60, 4, 1]), tf.ones([60, 1])];
    const message =
      /stateful.*got 60 samples in batches of 7, which leaves 4, expected a number of samples that the batch/;
    await refused(model, (args) => fit(model, sequences, means, { ...args, batchSize: 7 }), message);
  });

  it.each<[string, Rows, Rows, RegExp]>([
    ['different lengths', x, head(y, 59), /^x and y differ in length: got 60 and 59/],
    ['no samples', head(x, 0), head(y, 0), /^no samples: got 0, expected at least one/],
    [
      'NaN in x',
      changed(x, 17 * 8 + 3, Number.NaN),
      y,
      /is not finite: got NaN or infinity in the samples 17, expected finite/,
    ],
    ['infinity in x', changed(x, 8, Infinity), y, /is not finite: got NaN or infinity in the samples 1,/],
    ['NaN in y', x, changed(y, 5, Number.NaN), /^the target .* is not finite: got NaN or infinity in the samples 1,/],
    [
      'another width',
      head({ ...x, shape: [120, 4] }, 60),
      y,
      /^the input .* has a wrong shape: got \[60, 4\], expected \[\*, 8\]/,
    ],
    [
      'another number of classes',
      x,
      { ...y, shape: [45, 4] },
      /^the target .* has a wrong shape: got \[45, 4\], expected \[\*, 3\]/,
    ],
    ['too many inputs', [x, x], y, /^wrong number of inputs: got 2, expected 1/],
    ['an unknown name', { pixels: x }, y, /^no input for dense_.*: got pixels/],
    ['no targets', x, undefined as unknown as Rows, /^no targets: got undefined/],
    ['strings', tf.tensor(['a'], [1, 1]) as tf.Tensor, y, /a type that cannot be trained on: got string/],
    ['lists of numbers', [[1, 2]] as unknown as Rows, y, /the inputs are a JavaScript array/],
    ...[{ ...x, data: [...x.data] }, [{ ...x, data: [...x.data] }]].map((untyped): [string, Rows, Rows, RegExp] => [
      'data in a JavaScript array',
      untyped as unknown as Rows,
      y,
      /^the input dense_.* has its data in a JavaScript array: expected a typed array, make one of it: Float32Array/,
    ]),
  ])('%s', async (_, xs, ys, message) => {
    const model = classifier();
    await refused(model, (args) => fit(model, xs, ys, args), message);
  });

  it('class indices out of range', async () => {
    const model = sparseModel();
    for (const [label, text] of [
      [3, '3'],
      [-1, '-1'],
      [0.5, '0.5'],
    ] as const) {
      const targets = column((i) => (i === 4 ? label : i % 3));
      await refused(
        model,
        (args) => fit(model, x, targets, args),
        new RegExp(`is no class: got ${text} for the sample 4, expected a whole number from 0 to 2`),
      );
    }
  });

  it('Samples that break their word', async () => {
    const model = classifier();
    const samples = arraySamples(x, y);
    const short: Samples = { length: n, batch: (indices) => samples.batch(Array.from(indices).slice(1)) };
    await refused(
      model,
      (args) => fit(model, short, args),
      /^a batch of the wrong size: got \[7, 8\] \[7, 3\], expected 8 samples/,
    );
    await refused(model, (args) => fit(model, { ...samples, length: 0 }, args), /^no samples/);
    const text = { ...samples, length: '60' as never };
    await refused(
      model,
      (args) => fit(model, text, args),
      /^no number of samples: got the text '60', expected a whole/,
    );
    const broken = arraySamples(changed(x, 8, Number.NaN), y);
    await refused(model, (args) => fit(model, broken, args), /is not finite: got NaN or infinity in the samples 1,/);
  });
});

describe('weights', () => {
  it.each<[string, Partial<FitArgs>, RegExp]>([
    ['too few', { sampleWeight: [1, 2] }, /^sampleWeight has a wrong length: got 2, expected one for each of 60/],
    [
      'infinite',
      { sampleWeight: Array.from({ length: n }, (_, i) => (i === 3 ? -Infinity : 1)) },
      /^sampleWeight of sample 3: got -Infinity/,
    ],
    ['NaN', { sampleWeight: new Float32Array(n).fill(Number.NaN) }, /^sampleWeight of sample 0: got NaN/],
    [
      'none for a class',
      { classWeight: { 0: 1, 1: 1 } },
      /^classWeight has no weight for the class 2: got weights for 0, 1/,
    ],
    ['NaN for a class', { classWeight: { 0: 1, 1: Number.NaN, 2: 1 } }, /^classWeight of the class 1: got NaN/],
    [
      'for two outputs',
      { classWeight: [{ 0: 1 }, { 0: 1 }] as never },
      /^wrong number of classWeights: got 2, expected 1/,
    ],
    ['by place, too few', { classWeight: [1, 2] }, /^classWeight has no weight for the class 2: got weights for 0, 1/],
  ])('%s', async (_, args, message) => {
    const model = classifier();
    await refused(model, (rest) => fit(model, x, y, { ...rest, ...args }), message);
  });

  it.each([
    ['one-hot', 2, 'categoricalCrossentropy'],
    ['as numbers', 1, 'sparseCategoricalCrossentropy'],
  ])('for the classes of the steps of a sequence, %s', async (_, width, loss) => {
    const units = 2;
    const model = tf.sequential({ layers: [tf.layers.dense({ units, activation: 'softmax', inputShape: [3, 2] })] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss });
    const [inputs, targets] = [tf.ones([4, 3, 2]), tf.ones([4, 3, width])];
    const classWeight = { 0: 1, 1: 10 };
    const message = new RegExp(`^classWeight for targets with more than one class .*shape \\[4, 3, ${width}\\]`);
    await expect(model.fit(inputs, targets, { classWeight, verbose: 0 })).rejects.toThrow(/rank .* class weights/);
    await refused(model, (rest) => fit(model, inputs, targets, { ...rest, classWeight }), message);
    const batches = tf.data.array([0]).map(() => ({ xs: inputs, ys: targets }));
    await refused(model, (rest) => fitDataset(model, batches, { ...(rest as object), classWeight }), message);
  });
});

describe('arguments', () => {
  it.each<[Partial<FitArgs> & Record<string, unknown>, RegExp]>([
    [{ batchSize: 0 }, /^bad batchSize of fit: got 0, expected a whole number > 0/],
    [{ batchSize: 2.5 }, /^bad batchSize of fit: got 2\.5/],
    [{ epochs: -1 }, /^bad epochs of fit: got -1/],
    [{ initialEpoch: -1 }, /^bad initialEpoch of fit: got -1/],
    [{ seconds: 0 }, /^no time to train: got seconds: 0, expected a number of seconds > 0/],
    [{ seconds: Number.NaN }, /^no time to train/],
    [{ validationSplit: 1 }, /^bad validationSplit of fit: got 1, expected a share in \[0, 1\)/],
    [{ validationSplit: 0.99 }, /^no samples left to train on|^the batch is larger/],
    [{ validationData: [x] as never }, /^bad validationData of fit: got \[Object\], expected \[x, y\]/],
    [{ validationData: [x, head(y, 3)] }, /^x and y differ in length: got 60 and 3/],
    [{ checkpoint: { path: 'a', every: 0 } }, /^bad every of checkpoint of fit: got 0/],
    [{ seed: 0.5 }, /^bad seed of fit: got 0\.5, expected an integer/],
    [{ engine: 'cuda' as never }, /^unknown engine of fit: got 'cuda', expected 'auto', 'compiled' or 'eager'/],
    [{ batchsize: 8 }, /^unknown option of fit: got 'batchsize'/],
    [{ stepsPerEpoch: 8 }, /^unknown option of fit: got 'stepsPerEpoch'.*use fitDataset with batchesPerEpoch/],
    [
      { method: importance({ presample: 8 }), batchSize: 8 },
      /^the presample is larger than the data: got B = 8 × 8 = 64, expected at most the 60/,
    ],
  ])('%o', async (args, message) => {
    const model = classifier();
    await refused(model, (rest) => fit(model, x, y, { ...rest, ...args }), message);
  });
});

describe('methods', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['presample < 1', () => importance({ presample: 0.5 }), /^bad presample of importance: got 0\.5/],
    ['unknown score', () => importance({ score: 'los' as never }), /bad score of importance: got 'los'.*loss/i],
    ['unknown resampler', () => importance({ resample: 'systematik' as never }), /systematik.*systematic/],
    ['unknown method', () => methodNamed('importence'), /importence.*importance/],
    ['mixture out of range', () => importance({ mixture: 2 }), /mixture.*2/],
    ['start', () => importance({ start: 'never' as never }), /^bad start of importance: got 'never'/],
    ['end', () => importance({ end: 2 }), /^bad end of importance: got 2/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(UnequalError);
    expect(make).toThrow(message);
  });
});

describe('a loss that becomes NaN', () => {
  it('from a sample stops the run before its step, and names it; the model keeps its weights', async () => {
    // Finite where it is looked at before the run, broken at sample 41.
    const model = tf.sequential({
      layers: [tf.layers.batchNormalization({ inputShape: [8] }), tf.layers.dense({ units: 3, activation: 'softmax' })],
    });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
    const samples = arraySamples(changed(x, 41 * 8, Number.NaN), y);
    let last: number[][] = [];
    let done = 0;
    const training = fit(model, samples, {
      ...{ ...quiet, method: uniform(), shuffle: false, batchSize: 10, epochs: 3 },
      onStep: () => {
        last = values(model);
        done++;
      },
    });
    await expect(training).rejects.toThrow(UnequalError);
    await expect(training).rejects.toThrow(/^the input .* is not finite: got NaN or infinity in the samples 41,/);
    expect(done).toBe(4);
    expect(values(model)).toEqual(last);
    expect(last.flat().every(Number.isFinite)).toBe(true);
  });

  it('from a learning rate that is too large, likewise', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [8] })] });
    model.compile({ optimizer: tf.train.sgd(1e6), loss: 'meanSquaredError' });
    let last = values(model);
    const training = fit(model, x, y, {
      ...{ ...quiet, method: uniform(), epochs: 100 },
      onStep: () => {
        last = values(model);
      },
    });
    await expect(training).rejects.toThrow(
      /^training stopped at step \d+, learning rate 1000000: the .* is not finite/,
    );
    expect(values(model)).toEqual(last);
    expect(last.flat().every(Number.isFinite)).toBe(true);
  });
});
