import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitDataset } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

function network(): tf.LayersModel {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  return model;
}

type Stream = { iterator(): Promise<{ next(): Promise<IteratorResult<tf.TensorContainer>> }> };
type Args = Omit<tf.ModelFitDatasetArgs<tf.TensorContainer>, 'epochs'> & { epochs: number };

/** The same training by model.fitDataset and by fitDataset, each on a stream of its own, and what each has done. */
async function both(make: (done: unknown[]) => { stream: Stream; args: Args }) {
  const [theirs, ours]: unknown[][] = [[], []];
  const [one, two] = [make(theirs), make(ours)];
  const wanted = await network().fitDataset(one.stream as never, { verbose: 0, ...one.args });
  const got = await fitDataset(network(), two.stream as never, {
    ...{ verbose: 0, engine: 'eager', method: uniform() },
    ...(two.args as object),
  });
  expect(ours).toEqual(theirs);
  expect(got.epoch).toEqual(wanted.epoch);
  expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
  for (const [name, column] of Object.entries(wanted.history)) {
    for (const [k, value] of column.entries()) expect(got.history[name][k]).toBeCloseTo(value as number, 5);
  }
}

/** Gives `batches` in all, however often it is opened, or as many each time; tells when it is opened and read. */
function told(done: unknown[], batches: number, once: boolean): Stream {
  let given = 0;
  return {
    iterator: async () => {
      done.push('open');
      if (!once) given = 0;
      const next = async () => {
        done.push('read');
        if (given === batches) return { value: null as never, done: true };
        given++;
        return { value: { xs: tf.fill([4, 1], given / 4), ys: tf.ones([4, 1]) }, done: false };
      };
      return { next };
    },
  };
}

describe('a stream is opened and read as by model.fitDataset', () => {
  it.each<[string, Omit<Args, 'callbacks'>]>([
    ['in one epoch', { epochs: 1 }],
    ['in several', { epochs: 3 }],
    ['from a later epoch', { epochs: 4, initialEpoch: 2 }],
  ])('%s', async (_, args) => {
    await both((done) => ({ stream: told(done, 3, false), args }));
  });

  it.each([0, 2])('that can be read once alone, from epoch %i', async (initialEpoch) => {
    await both((done) => ({ stream: told(done, 6, true), args: { initialEpoch, epochs: initialEpoch + 1 } }));
  });

  it.each([0, 2])('shuffled by a seed, from epoch %i', async (initialEpoch) => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ xs: [i / 40], ys: [Math.sin(i)] }));
    await both(() => ({
      stream: tf.data.array(rows).shuffle(40, 'seed').batch(8) as never,
      args: { initialEpoch, epochs: initialEpoch + 2 },
    }));
  });
});
