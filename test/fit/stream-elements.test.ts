import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const init = (seed: number) => tf.initializers.glorotUniform({ seed });
const ours = { verbose: 0, engine: 'eager', method: uniform() } as const;

/** Two inputs, [4] and one number; two outputs, [4] and a class. */
function twoByTwo(): tf.LayersModel {
  const [wide, one] = [tf.input({ shape: [4], name: 'wide' }), tf.input({ shape: [1], name: 'one' })];
  const joined = tf.layers.concatenate().apply([wide, one]);
  const head = (units: number, name: string, activation?: 'softmax') =>
    tf.layers.dense({ units, name, activation, kernelInitializer: init(units) }).apply(joined) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [wide, one], outputs: [head(4, 'box'), head(3, 'label', 'softmax')] });
  const loss = { box: 'meanSquaredError', label: 'sparseCategoricalCrossentropy' };
  model.compile({ optimizer: tf.train.sgd(0.1), loss });
  return model;
}

describe('a dictionary in an element', () => {
  const four = (of: (x: number) => number, i: number) => [0, 1, 2, 3].map((k) => of(i + k));
  const stream = (order: 'as the model' | 'otherwise') =>
    tf.data
      .array(
        Array.from({ length: 40 }, (_, i) => {
          const [wide, box, one, label] = [four(Math.sin, i), four(Math.cos, i), [i / 40], i % 3];
          return order === 'otherwise'
            ? { xs: { one, wide }, ys: { label, box } }
            : { xs: { wide, one }, ys: { box, label } };
        }),
      )
      .batch(8);

  it.each(['as the model', 'otherwise'] as const)('may be in any order: %s', async (order) => {
    const [theirs, mine] = [twoByTwo(), twoByTwo()];
    await theirs.fitDataset(stream(order), { epochs: 2, verbose: 0 });
    await fitDataset(mine, stream(order), { ...ours, epochs: 2 });
    for (const [k, weight] of theirs.getWeights().entries()) {
      const [wanted, got] = [weight.dataSync(), mine.getWeights()[k].dataSync()];
      for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 5);
    }
  });

  it('that holds one sample is told, with the shape that its name stands for', async () => {
    const element = {
      xs: { one: tf.ones([8]), wide: tf.ones([8, 4]) },
      ys: { label: tf.ones([8]), box: tf.ones([4]) },
    };
    const training = fitDataset(twoByTwo(), tf.data.array([element]) as never, ours);
    await expect(training).rejects.toThrow(
      /one sample, not a batch: got ys: a tensor \[4\], expected batches, \[batch, 4\]/,
    );
  });
});

it('tensors beside xs and ys stay the stream’s', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  const mean = tf.tensor1d([0.5]);
  const iterator = async () => {
    let n = 0;
    const next = async () => {
      if (n++ === 3) return { done: true, value: null as never };
      return {
        done: false,
        value: { xs: tf.tidy(() => tf.tensor2d([[1], [2]]).sub(mean)), ys: tf.ones([2, 1]), mean },
      };
    };
    return { next };
  };
  const data = { iterator };
  await fitDataset(model, data, ours);
  const before = tf.memory().numTensors;
  await fitDataset(model, data, { ...ours, epochs: 2, validationData: data });
  expect(mean.dataSync()).toEqual(Float32Array.of(0.5));
  expect(tf.memory().numTensors).toBe(before);
});
