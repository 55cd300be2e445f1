import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitDatasetArgs } from '../../src/fit/options.ts';
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

/** Callbacks that tell each moment, and stop the training at one. */
function moments(done: unknown[], stop?: string): tf.Callback[] {
  class Moments extends tf.Callback {
    private tell(moment: string) {
      done.push(moment);
      if (moment === stop) (this as unknown as { model: tf.LayersModel }).model.stopTraining = true;
    }
    override onTrainBegin = async () => this.tell('trainBegin');
    override onTrainEnd = async () => this.tell('trainEnd');
    override onEpochBegin = async (epoch: number) => this.tell(`epochBegin ${epoch}`);
    override onEpochEnd = async (epoch: number) => this.tell(`epochEnd ${epoch}`);
    override onBatchBegin = async (batch: number) => this.tell(`batchBegin ${batch}`);
    override onBatchEnd = async (batch: number) => this.tell(`batchEnd ${batch}`);
  }
  return [new Moments()];
}

const batch = (value: number) => ({ xs: tf.fill([2, 1], value), ys: tf.ones([2, 1]) });

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
  it.each<[string, (done: unknown[]) => Args]>([
    ['in one epoch', () => ({ epochs: 1 })],
    ['in several', () => ({ epochs: 3 })],
    ['from a later epoch', () => ({ epochs: 4, initialEpoch: 2 })],
    ['with batchesPerEpoch', () => ({ epochs: 1, batchesPerEpoch: 2 })],
    ['with a validation stream', (done) => ({ epochs: 2, validationData: told(done, 2, false) as never })],
    [
      'with some batches of one',
      (done) => ({ epochs: 2, validationData: told(done, 2, false) as never, validationBatches: 1 }),
    ],
  ])('%s', async (_, args) => {
    await both((done) => ({ stream: told(done, 3, false), args: { ...args(done), callbacks: moments(done) } }));
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

  it.each(['trainBegin', 'epochBegin 0', 'epochBegin 1'])('stopped at %s', async (stop) => {
    await both((done) => ({
      stream: told(done, 3, false),
      args: { epochs: 3, callbacks: moments(done, stop) },
    }));
  });

  it.each([undefined, 2])('whose samples go by the epoch, with batchesPerEpoch %s', async (batchesPerEpoch) => {
    await both(() => {
      let stage = 100;
      const stream = tf.data.generator(function* () {
        for (let i = 0; i < 16; i++) yield { xs: [(i % 7) / 7], ys: [stage * (i % 3)] };
      });
      const callbacks = {
        onEpochBegin: async (epoch: number) => {
          stage = epoch + 1;
        },
      };
      return { stream: stream.batch(4) as never, args: { epochs: 2, batchesPerEpoch, callbacks } };
    });
  });

  it.each([undefined, 2])('whose last batch comes with its end, with batchesPerEpoch %s', async (batchesPerEpoch) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const given = function* () {
      yield batch(1);
      yield null;
      yield batch(0.5);
      return batch(2);
    };
    const stream = { iterator: async () => given() } as never;
    await both((done) => ({ stream, args: { epochs: 2, batchesPerEpoch, callbacks: moments(done) } }));
    const model = network();
    const train = () =>
      fitDataset(model, stream, {
        ...{ epochs: 2, batchesPerEpoch, verbose: 0, engine: 'eager', method: uniform() },
      });
    await train();
    const before = tf.memory().numTensors;
    await train();
    expect(tf.memory().numTensors).toBe(before);
    warn.mockRestore();
  });

  it('whose samples are there once training begins', async () => {
    await both(() => {
      let rows: number[] = [];
      const stream = tf.data.generator(function* () {
        for (const row of rows) yield { xs: [row], ys: [2 * row] };
      });
      const callbacks = {
        onTrainBegin: async () => {
          rows = [1, 2, 3, 0, 1, 2];
        },
      };
      return { stream: stream.batch(4) as never, args: { epochs: 2, callbacks } };
    });
  });
});

describe('a run on a stream that callbacks make ready', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unequal-order-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([2, 5, 7, 10, 13])('goes on bit for bit after %i steps, from a later epoch on', async (last) => {
    const train = async (more: FitDatasetArgs) => {
      const model = network();
      let rows: { xs: number[]; ys: number[] }[] = [];
      const data = tf.data.generator(() => rows[Symbol.iterator]());
      const callbacks = {
        onTrainBegin: async () => {
          rows = Array.from({ length: 40 }, (_, i) => ({ xs: [i / 40], ys: [Math.sin(i)] }));
        },
      };
      const { history } = await fitDataset(model, data.shuffle(40, 'seed').batch(8) as never, {
        ...{ initialEpoch: 2, epochs: 5, seed: 1, verbose: 0, engine: 'eager', method: uniform(), callbacks },
        ...more,
      });
      return { history, weights: model.getWeights().map((weight) => weight.arraySync()) };
    };
    const path = join(folder, `after-${last}`);
    const onStep = ({ step }: { step: number }) => {
      if (step === last) throw new Error('killed');
    };
    await expect(train({ checkpoint: { path, every: 1 }, onStep })).rejects.toThrow('killed');
    expect(await train({ resume: path })).toEqual(await train({}));
  });
});
