import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitDatasetArgs } from '../../src/fit/options.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const rows = (batches: number, make: (k: number) => Float32Array) => ({
  iterator: async () => {
    let k = 0;
    const next = async () => {
      if (k === batches) return { value: null as never, done: true };
      return { value: { xs: tf.tensor2d(make(k++), [4, 1]), ys: tf.ones([4, 1]) }, done: false };
    };
    return { next };
  },
});

/** Two streams that share something, as a function that makes both. */
const shared: { readonly [what: string]: () => (batches: number, fill: number) => FitDatasetArgs['validationData'] } = {
  'random numbers': () => {
    let state = 1;
    const next = () => {
      state = (state * 16807) % 2147483647;
      return state / 2147483647;
    };
    return (batches) => rows(batches, () => Float32Array.from({ length: 4 }, next));
  },
  memory: () => {
    const held = new Float32Array(4);
    return (batches, fill) => rows(batches, (k) => held.fill(fill + k / 8));
  },
  'what was trained on': () => {
    let trained = 0;
    return (batches, fill) =>
      rows(batches, () => {
        if (fill === 1) trained++;
        return new Float32Array(4).fill(trained);
      });
  },
};

it.each(Object.keys(shared))('a validation stream and the stream that is trained on may share %s', async (what) => {
  const make = () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })],
    });
    model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
    const stream = shared[what]();
    return { model, train: stream(4, 1), validationData: stream(2, 5) };
  };
  const [theirs, ours] = [make(), make()];
  const args = { epochs: 3, verbose: 0 } as const;
  const wanted = await theirs.model.fitDataset(theirs.train as never, {
    ...args,
    validationData: theirs.validationData as never,
  });
  const got = await fitDataset(ours.model, ours.train as never, {
    ...{ ...args, engine: 'eager', method: uniform(), validationData: ours.validationData },
  });
  for (const name of ['loss', 'val_loss']) {
    for (const [k, value] of wanted.history[name].entries()) {
      expect(got.history[name][k]).toBeCloseTo(value as number, 5);
    }
  }
});

describe('a stream that fills the same memory with each batch is trained on as one that does not', () => {
  const features = 3;
  /** Batches of sequences of these lengths. */
  const filled = (again: boolean, lengths: readonly number[], asTensors: boolean) => ({
    iterator: async () => {
      let n = 0;
      const all = [new Float32Array(4 * 9 * features), new Float32Array(4)];
      const next = async () => {
        if (n === lengths.length) {
          for (const one of all) one.fill(99);
          return { value: null as never, done: true };
        }
        const length = lengths[n];
        const size = 4 * length * features;
        const [x, y] = again ? [all[0].subarray(0, size), all[1]] : [new Float32Array(size), new Float32Array(4)];
        for (const i of x.keys()) x[i] = Math.sin(7 * n + i);
        y.fill(n / 4);
        n++;
        const shape: [number, number, number] = [4, length, features];
        const value = asTensors
          ? { xs: tf.tensor3d(x, shape), ys: tf.tensor2d(y, [4, 1]) }
          : { xs: { data: x, shape, dtype: 'float32' }, ys: { data: y, shape: [4, 1], dtype: 'float32' } };
        return { value: value as never, done: false };
      };
      return { next };
    },
  });
  const even = Array.from({ length: 12 }, () => 2);

  it.each([
    ['importance', importance({ start: 'always', presample: 3 }), even, true],
    ['importance, not as tensors', importance({ start: 'always', presample: 3 }), even, false],
    ['importance with a part of a batch over', importance({ start: 'always', presample: 2.5 }), even, true],
    ['importance, of changing lengths', importance({ start: 'always', presample: 3 }), [2, 2, 5, 5, 5, 1, 9, 9], true],
    ['reused presamples', importance({ start: 'always', presample: 3, reuse: 3 }), even, true],
    ['reused presamples of one batch', importance({ start: 'always', presample: 3, reuse: 3 }), [2, 5, 1, 9], true],
  ] as const)('%s', async (_, method, lengths, asTensors) => {
    const trained = async (again: boolean) => {
      const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
      const model = tf.sequential({
        layers: [
          tf.layers.globalAveragePooling1d({ inputShape: [null as never, features] }),
          tf.layers.dense({ units: 1, kernelInitializer }),
        ],
      });
      model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
      const stream = filled(again, lengths, asTensors);
      const { history } = await fitDataset(model, stream, {
        ...{ epochs: 2, seed: 1, verbose: 0, engine: 'eager', method },
      });
      return { history, weights: model.getWeights().map((weight) => weight.arraySync()) };
    };
    expect(await trained(true)).toEqual(await trained(false));
  });
});
