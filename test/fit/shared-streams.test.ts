import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { fitDataset } from '../../src/fit/fit.ts';
import type { FitDatasetArgs } from '../../src/fit/options.ts';
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
