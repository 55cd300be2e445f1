import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import { mnist } from '../../src/data/load.ts';
import type { NdArray } from '../../src/data/samples.ts';
import { UnequalError } from '../../src/errors.ts';
import { decode, encode } from '../../src/fit/checkpoint.ts';
import { Clock } from '../../src/fit/clock.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { samplesProvider } from '../../src/fit/provider.ts';
import { ShuffledSource } from '../../src/fit/source.ts';
import { Trainer } from '../../src/fit/trainer.ts';
import { LossWeights } from '../../src/fit/weights.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import type { Parameters } from '../../src/learner/learner.ts';
import { compiledModel } from '../../src/learner/model.ts';
import type { Method, State } from '../../src/methods/method.ts';
import { katyusha } from '../../src/methods/variance-reduced/katyusha.ts';
import { saga } from '../../src/methods/variance-reduced/saga.ts';
import { scsg } from '../../src/methods/variance-reduced/scsg.ts';
import { svrg } from '../../src/methods/variance-reduced/svrg.ts';
import { Random } from '../../src/sampling/random.ts';

const n = 50;
const b = 8;
let x: NdArray;
let y: NdArray;

beforeAll(async () => {
  await tf.setBackend('cpu');
  const { train } = await mnist();
  const { xs, ys } = train.batch(Int32Array.from({ length: n }, (_, i) => i));
  // The middle of each digit, every second pixel.
  const small = new Float32Array(n * 100);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < 100; p++) {
      small[i * 100 + p] = xs.data[i * 784 + (4 + 2 * Math.floor(p / 10)) * 28 + 4 + 2 * (p % 10)];
    }
  }
  x = { data: small, shape: [n, 100], dtype: 'float32' };
  y = ys;
});

/** Everything that must survive: batch statistics, dropout masks, a regulariser, momentum. */
function network(optimizer: tf.Optimizer = tf.train.momentum(0.05, 0.9)): tf.LayersModel {
  const init = (seed: number) => tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.batchNormalization({ inputShape: [100], momentum: 0.9 }),
      tf.layers.dense({
        units: 6,
        activation: 'tanh',
        kernelInitializer: init(1),
        kernelRegularizer: tf.regularizers.l2({ l2: 1e-3 }),
      }),
      tf.layers.dropout({ rate: 0.3 }),
      tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer: init(2) }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  return model;
}

async function trainer(method: Method, model = network(), seed = 7): Promise<Trainer> {
  const compiled = compiledModel(model);
  const provider = await samplesProvider(compiled, arraySamples(x, y), undefined, new LossWeights(compiled, undefined));
  const random = new Random(seed);
  return new Trainer({
    learner: new EagerLearner(model),
    source: new ShuffledSource(provider, random.fork('order')),
    method,
    clock: new Clock(() => 0),
    random,
    batchSize: b,
    length: n,
    metricNames: [],
    progress: () => 0,
  });
}

const methods = [
  svrg({ inner: 1, warmStart: 0.5, chunk: 9 }),
  saga(),
  scsg({ anchor: 3, growth: 0.5, chunk: 9 }),
  katyusha({ inner: 1, sigma: 0.1, chunk: 9 }),
];

const weights = (model: tf.LayersModel) => model.getWeights().map((weight) => Array.from(weight.dataSync()));

describe.each(methods)('$name', (method) => {
  /** Does `count` pieces of work, a chunk of a pass or a step. */
  const work = async (trainer: Trainer, count: number) => {
    for (let k = 0; k < count; k++) if (!(await trainer.prepare())) await trainer.train(b, { epoch: 0, batch: 0 });
  };

  it('gives the same result for the same seed', async () => {
    const [one, two, other] = [network(), network(), network()];
    await work(await trainer(method, one), 20);
    await work(await trainer(method, two), 20);
    await work(await trainer(method, other, 8), 20);
    expect(weights(two)).toEqual(weights(one));
    expect(weights(other)).not.toEqual(weights(one));
  });

  it.each([2, 5, 8, 13, 21])('continues bit for bit after %d pieces of work', async (count) => {
    const model = network();
    const straight = await trainer(method, model);
    await work(straight, count);
    const saved = encode(await straight.state());
    await work(straight, 17);
    // Another seed: all that matters has to come from the state.
    const again = network();
    const resumed = await trainer(method, again, 99);
    await resumed.restore(decode(saved, 'memory'));
    await work(resumed, 17);
    expect(weights(again)).toEqual(weights(model));
    // All of the state but the names of variables, which TensorFlow.js numbers.
    const { learner: _, ...got } = (await resumed.state()) as { learner: State };
    const { learner: __, ...wanted } = (await straight.state()) as { learner: State };
    expect(got).toEqual(wanted);
  });

  it('moves batch statistics once a step, by the samples of that step', async () => {
    const model = network();
    const run = await trainer(method, model);
    const moving = new Float64Array(100);
    for (let step = 0; step < 12; step++) {
      const { indices } = await run.train(b, { epoch: 0, batch: step });
      for (let p = 0; p < 100; p++) {
        let mean = 0;
        for (const i of indices) mean += x.data[i * 100 + p] / indices.length;
        moving[p] = 0.9 * moving[p] + 0.1 * mean;
      }
    }
    const [mean] = model.layers[0].getWeights().slice(2);
    const got = mean.dataSync();
    for (let p = 0; p < 100; p++) expect(Math.abs(got[p] - moving[p])).toBeLessThan(1e-5);
  });

  it('leaves no tensors behind', async () => {
    const run = await trainer(method);
    await work(run, 12);
    const before = tf.memory().numTensors;
    await work(run, 12);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says how many samples went through a pass', async () => {
    const run = await trainer(method);
    let [passed, trained, report] = [0, 0, await run.train(b, { epoch: 0, batch: 0 })];
    for (let step = 1; step < 20; step++) {
      const plain = method.name === 'svrg' && report.stage === 0;
      passed += (report.pass as { samples: number }).samples;
      trained += report.size * (method.name === 'saga' || plain ? 1 : 2);
      expect(report.backward).toBe(passed + trained);
      report = await run.train(b, { epoch: 0, batch: step });
    }
    expect(passed).toBeGreaterThanOrEqual(24);
  });
});

describe('a pass over the data', () => {
  it('can be stopped in the middle of a pass', async () => {
    const controller = new AbortController();
    const model = network();
    const before = weights(model);
    const calls: number[] = [];
    const samples = arraySamples(x, y);
    const watched = {
      length: n,
      batch: (indices: ArrayLike<number>) => {
        calls.push(indices.length);
        // The second chunk of the pass; what comes before the first looks at the data.
        if (calls.filter((size) => size === 9).length === 2) controller.abort();
        return samples.batch(indices);
      },
    };
    const method = svrg({ warmStart: 0, chunk: 9 });
    await fit(model, watched, {
      method,
      batchSize: b,
      engine: 'eager',
      seed: 1,
      verbose: 0,
      signal: controller.signal,
    });
    expect(calls.slice(-3)).toEqual([8, 9, 9]);
    expect(weights(model)).toEqual(before);
  });

  it('has chunks of b in a pass if it keeps batch statistics, and 500 if not', async () => {
    const sizes = async (model: tf.LayersModel) => {
      const calls: number[] = [];
      const samples = arraySamples(x, y);
      const watched = {
        length: n,
        batch: (indices: ArrayLike<number>) => {
          calls.push(indices.length);
          return samples.batch(indices);
        },
      };
      const onStep = () => {
        model.stopTraining = true;
      };
      const method = svrg({ warmStart: 0 });
      await fit(model, watched, { method, batchSize: b, engine: 'eager', seed: 1, verbose: 0, onStep });
      return calls;
    };
    expect((await sizes(network())).slice(-8)).toEqual([8, 8, 8, 8, 8, 8, 2, 8]);
    const plain = tf.sequential({ layers: [tf.layers.dense({ units: 10, activation: 'softmax', inputShape: [100] })] });
    plain.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    expect((await sizes(plain)).slice(-2)).toEqual([50, 8]);
  });
});

describe('the table of saga', () => {
  it('keeps its exact mean', async () => {
    const run = await trainer(saga());
    for (let step = 0; step < 300; step++) await run.train(b, { epoch: 0, batch: step });
    const { update } = (await run.state()) as unknown as { update: { table: Parameters[]; mean: Float64Array[] } };
    expect(update.table).toHaveLength(7);
    for (const [k, mean] of update.mean.entries()) {
      for (let i = 0; i < mean.length; i++) {
        const exact = update.table.reduce((sum, entry, block) => sum + (entry[k][i] * (block < 6 ? 8 : 2)) / n, 0);
        expect(Math.abs(mean[i] - exact)).toBeLessThan(1e-12);
      }
    }
  });

  it('is refused if it does not fit', async () => {
    const model = network();
    const before = weights(model);
    // 100 gains and biases each, 100 × 6 + 6, 6 × 10 + 10; 7 blocks, 4 bytes.
    const bytes = 7 * (200 + 606 + 70) * 4;
    const run = await trainer(saga({ memory: bytes - 1 }), model);
    await expect(run.train(b, { epoch: 0, batch: 0 })).rejects.toThrow(
      /the table of past gradients does not fit: got 0\.0234 MiB for 7 blocks of 876 parameters, expected at most 0\.0234 MiB/,
    );
    expect(weights(model)).toEqual(before);
    await (await trainer(saga({ memory: bytes }))).train(b, { epoch: 0, batch: 0 });
  });
});

describe('bad input', () => {
  it.each<[string, () => Method]>([
    ['bad inner of svrg: got 0', () => svrg({ inner: 0 })],
    ['bad warmStart of svrg: got -1', () => svrg({ warmStart: -1 })],
    ['bad chunk of svrg: got 0.5', () => svrg({ chunk: 0.5 })],
    ['bad anchor of scsg: got 0.5', () => scsg({ anchor: 0.5 })],
    ['bad growth of scsg: got NaN', () => scsg({ growth: Number.NaN })],
    ['bad sigma of katyusha: got -1', () => katyusha({ sigma: -1 })],
    ['bad tau1 of katyusha: got 0.6', () => katyusha({ tau1: 0.6 })],
    ['bad inner of katyusha: got Infinity', () => katyusha({ inner: Infinity })],
    ['bad memory of saga: got 0', () => saga({ memory: 0 })],
  ])('%s', (message, make) => {
    expect(make).toThrow(UnequalError);
    expect(make).toThrow(message);
  });

  const stream = () => {
    const take = (from: number) => ({
      xs: tf.tensor(x.data.subarray(from * 100, (from + b) * 100), [b, 100]),
      ys: tf.tensor(y.data.subarray(from * 10, (from + b) * 10), [b, 10]),
    });
    return tf.data.generator(function* () {
      for (let from = 0; from + b <= n; from += b) yield take(from);
    });
  };

  it.each([svrg(), saga(), katyusha(), scsg({ anchor: 'all' })])('$name does not train on a stream', async (method) => {
    const training = fitDataset(network(), stream(), { method, engine: 'eager', verbose: 0 });
    await expect(training).rejects.toThrow(/by their index: got a stream/);
  });

  it('scsg does', async () => {
    const model = network();
    const before = weights(model);
    const passes: number[] = [];
    await fitDataset(model, stream(), {
      ...{ method: scsg({ anchor: 2, growth: 0, chunk: 5 }), engine: 'eager', epochs: 6, seed: 3, verbose: 0 },
      onStep: ({ pass }) => {
        passes.push((pass as { samples: number }).samples);
      },
    });
    expect(new Set(passes)).toEqual(new Set([0, 16]));
    expect(weights(model)).not.toEqual(before);
  });
});
