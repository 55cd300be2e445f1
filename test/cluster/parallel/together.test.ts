/** Several members in this process, over a store in memory: the logic. Real processes: processes.test.ts. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type DataParallelOptions, teamOver } from '../../../src/cluster/parallel/data-parallel.ts';
import { MemoryRounds } from '../../../src/cluster/parallel/memory-rounds.ts';
import { fit } from '../../../src/fit/fit.ts';
import type { FitArgs } from '../../../src/fit/options.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { svrg } from '../../../src/methods/variance-reduced/svrg.ts';
import { tinyModel, tinySamples } from '../small.ts';

beforeAll(() => tf.setBackend('cpu'));

const args: FitArgs = { engine: 'eager', method: uniform(), seed: 1, verbose: 0, epochs: 2 };
const optimizers = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.05, 0.9),
  adam: () => tf.train.adam(0.01),
};
const modelWith = (optimizer: tf.Optimizer) => {
  const model = tinyModel();
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  return model;
};
const over = (store: MemoryRounds, options: DataParallelOptions, join = false) =>
  teamOver({ dropAfter: 2, patience: 20, ...options }, join, async () => ({ store, close: async () => {} }));

/** Members that begin together. */
async function together(
  count: number,
  options: DataParallelOptions,
  more: FitArgs | ((model: tf.LayersModel) => FitArgs),
  make = () => modelWith(tf.train.sgd(0.1)),
  n = 100,
) {
  const own = (model: tf.LayersModel) => (typeof more === 'function' ? more(model) : more);
  const store = new MemoryRounds();
  const models = Array.from({ length: count }, make);
  const histories = await Promise.all(
    models.map((model, k) =>
      fit(model, tinySamples(n), {
        ...args,
        ...own(model),
        cluster: over(store, { workers: count - 1, ...options }, k > 0),
      }),
    ),
  );
  return { models, histories, store };
}

const weights = (model: tf.LayersModel) => model.getWeights().flatMap((one) => [...one.dataSync()]);
function expectSame(one: tf.LayersModel, two: tf.LayersModel, tolerance: number) {
  const [a, b] = [weights(one), weights(two)];
  for (const [k, value] of a.entries()) expect(Math.abs(value - b[k])).toBeLessThan(tolerance);
}

describe('K = 1', () => {
  it.each(Object.entries(optimizers))(
    'three with batches of 8 are one with batches of 24: %s',
    async (_, optimizer) => {
      const { models } = await together(3, {}, { batchSize: 8 }, () => modelWith(optimizer()));
      const alone = modelWith(optimizer());
      await fit(alone, tinySamples(100), { ...args, batchSize: 24 });
      for (const model of models) expectSame(model, alone, 1e-5);
    },
  );

  it.each(
    Object.entries({
      'halves the weights after an epoch': (model: tf.LayersModel) => ({
        onEpochEnd: (epoch: number) => {
          // The others do not wait for what becomes of the model after the last step.
          if (epoch < 2) model.setWeights(model.getWeights().map((one) => tf.mul(one, 0.5)));
        },
      }),
      'clips the weights after every second step': (model: tf.LayersModel) => ({
        onBatchEnd: (batch: number) => {
          if (batch % 2 === 1) model.setWeights(model.getWeights().map((one) => tf.clipByValue(one, -0.1, 0.1)));
        },
      }),
      'freezes a layer after the first epoch': (model: tf.LayersModel) => ({
        onEpochEnd: () => {
          model.layers[0].trainable = false;
        },
      }),
    }),
  )('what a callback does to the model that leads is done to all: it %s', async (_, callback) => {
    const make = () => modelWith(tf.train.momentum(0.05, 0.9));
    const { models } = await together(
      3,
      {},
      (model) => ({ batchSize: 8, callbacks: callback(model), epochs: 3 }),
      make,
    );
    const alone = make();
    await fit(alone, tinySamples(100), { ...args, epochs: 3, batchSize: 24, callbacks: callback(alone) });
    expectSame(models[0], alone, 1e-5);
    for (const model of models) expectSame(model, models[0], 1e-6);
  });

  it('a last batch of fewer samples than members is shared out rightly', async () => {
    const { models } = await together(4, {}, { batchSize: 8, epochs: 3 }, undefined, 98);
    const alone = modelWith(tf.train.sgd(0.1));
    await fit(alone, tinySamples(98), { ...args, batchSize: 32, epochs: 3 });
    for (const model of models) expectSame(model, alone, 1e-5);
  });

  it('class weights are the same, and a member with others is refused', async () => {
    const classWeight = { 0: 3, 1: 1, 2: 0.5 };
    const { models } = await together(2, {}, { batchSize: 8, classWeight });
    const alone = modelWith(tf.train.sgd(0.1));
    await fit(alone, tinySamples(100), { ...args, batchSize: 16, classWeight });
    expectSame(models[1], alone, 1e-5);
    const store = new MemoryRounds();
    const leads = fit(tinyModel(), tinySamples(100), {
      ...args,
      epochs: 8,
      batchSize: 8,
      classWeight,
      cluster: over(store, {}),
    });
    const other = fit(tinyModel(), tinySamples(100), { ...args, batchSize: 8, cluster: over(store, {}, true) });
    await expect(other).rejects.toThrow(/trains something else than the run on the server: classWeight .* here/);
    await leads;
  });

  it('by importance in each, and every member ends with the same weights', async () => {
    const { models, histories } = await together(
      3,
      {},
      { batchSize: 8, epochs: 12, method: importance({ start: 'always' }) },
    );
    for (const model of models) expectSame(model, models[0], 1e-7);
    const { loss } = histories[0].history as { loss: number[] };
    expect(loss.at(-1)).toBeLessThan(0.9 * loss[0]);
  });
});

describe('K > 1', () => {
  it('all go on from what a callback has made of the model that leads', async () => {
    const make = () => modelWith(tf.train.sgd(0));
    const { models } = await together(
      2,
      { every: 3 },
      (model) => ({
        ...{ batchSize: 5, epochs: 3 },
        callbacks: {
          onEpochEnd: (epoch: number) => {
            if (epoch === 0) model.setWeights(model.getWeights().map((one) => tf.mul(one, 0.5)));
            if (epoch === 1) model.layers[0].trainable = false;
          },
        },
      }),
      make,
      60,
    );
    const want = make();
    want.setWeights(want.getWeights().map((one) => tf.mul(one, 0.5)));
    for (const model of models) {
      expect(model.layers[0].trainable).toBe(false);
      // Frozen weights come last.
      model.layers[0].trainable = true;
      expectSame(model, want, 1e-6);
    }
  });

  it('is the mean of members that stepped on their own, by hand', async () => {
    const every = 3;
    const { models } = await together(2, { every }, { batchSize: 5, epochs: 1 }, undefined, 60);
    // Six steps of ten samples: member k trains on the kth five of each ten, for three steps, twice.
    const order: number[] = [];
    const watched = modelWith(tf.train.sgd(0));
    await fit(watched, tinySamples(60), {
      ...args,
      epochs: 1,
      batchSize: 10,
      onStep: ({ indices }) => void order.push(...indices),
    });
    const own = [0, 1].map(() => modelWith(tf.train.sgd(0.1)));
    for (let round = 0; round < 2; round++) {
      for (const [k, model] of own.entries()) {
        for (let step = 0; step < every; step++) {
          const at = (round * every + step) * 10 + 5 * k;
          const { xs, ys } = (await tinySamples(60).batch(order.slice(at, at + 5))) as unknown as {
            [part in 'xs' | 'ys']: { data: Float32Array; shape: number[] };
          };
          await model.trainOnBatch(tf.tensor(xs.data, xs.shape), tf.tensor(ys.data, ys.shape));
        }
      }
      const [a, b] = own.map((model) => model.getWeights());
      const mean = a.map((one, k) => tf.add(one, b[k]).div(2));
      for (const model of own) model.setWeights(mean);
    }
    for (const model of models) expectSame(model, own[0], 1e-5);
  });

  it('of one step each is a step of the large batch by SGD', async () => {
    // Rounds at every step: the mean of parameters after one step is a step with the mean gradient.
    const { models } = await together(3, { every: 2 }, { batchSize: 17, epochs: 2 }, undefined, 51);
    const alone = modelWith(tf.train.sgd(0.1));
    await fit(alone, tinySamples(51), { ...args, batchSize: 51 });
    for (const model of models) expectSame(model, alone, 1e-5);
  });

  it('DiLoCo trains, and all end with the same weights', async () => {
    const more = { batchSize: 4, epochs: 8, method: importance({ start: 'always' }) };
    const { models, histories } = await together(2, { every: 5, outer: { rate: 0.7, momentum: 0.9 } }, more);
    expectSame(models[1], models[0], 1e-7);
    const { loss } = histories[0].history as { loss: number[] };
    expect(loss.at(-1)).toBeLessThan(0.7 * loss[0]);
  });
});

describe('coming and going', () => {
  it('a member that joins gets parameters and state, and all end alike', async () => {
    const store = new MemoryRounds();
    const first = modelWith(tf.train.adam(0.01));
    const late = modelWith(tf.train.adam(0.5));
    late.setWeights(late.getWeights().map((one) => tf.randomNormal(one.shape)));
    const sizes: number[] = [];
    let joining: Promise<unknown> | undefined;
    await fit(first, tinySamples(100), {
      ...{ ...args, epochs: 8, batchSize: 8, cluster: over(store, {}) },
      onStep: async ({ step, members }) => {
        sizes.push(members as number);
        if (step === 10) {
          joining = fit(late, tinySamples(100), { ...args, epochs: 8, batchSize: 8, cluster: over(store, {}, true) });
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      },
    });
    await joining;
    expect([sizes[0], sizes.at(-1)]).toEqual([1, 2]);
    expectSame(late, first, 1e-7);
    // Eight epochs of 13 steps alone and of 7 together.
    expect(sizes.length).toBeLessThan(8 * 13);
  });

  it('whichever step of an epoch it joins at, epochs, calls and entries are those of one process', async () => {
    const first = new Set<number | undefined>();
    for (let asks = 6; asks < 20; asks++) {
      const store = new MemoryRounds();
      const told: string[] = [];
      let joining: ReturnType<typeof fit> | undefined;
      let joined = false;
      const more = { ...args, epochs: 5, batchSize: 8, validationData: tinySamples(20) };
      const history = await fit(tinyModel(), tinySamples(100), {
        ...{ ...more, cluster: over(store, {}) },
        callbacks: {
          onEpochBegin: async (epoch) => void told.push(`begin ${epoch}`),
          onEpochEnd: async (epoch) => void told.push(`end ${epoch}`),
        },
        onStep: async ({ step, members, batch }) => {
          if (members === 2 && !joined) first.add(batch);
          joined ||= members === 2;
          if (step !== asks) return;
          joining = fit(tinyModel(), tinySamples(100), { ...more, cluster: over(store, {}, true) });
          const isWaiting = async () => (await store.present((await store.meta())!.nonce))?.waiting.length === 1;
          // And longer than it is looked for who is there.
          while (!(await isWaiting())) await new Promise((resolve) => setTimeout(resolve, 5));
          await new Promise((resolve) => setTimeout(resolve, 120));
        },
      });
      const epochs = [0, 1, 2, 3, 4];
      expect(joined).toBe(true);
      expect(told).toEqual(epochs.flatMap((k) => [`begin ${k}`, `end ${k}`]));
      expect(history.epoch).toEqual(epochs);
      expect(Object.values(history.history).map(({ length }) => length)).toEqual([5, 5]);
      const other = await joining!;
      expect([other.epoch, other.history.loss?.length]).toEqual([epochs, 5]);
    }
    // Also as the first and the last of an epoch.
    expect([first.has(0), first.has(12)]).toEqual([true, true]);
  }, 60_000);

  it('one that falls silent is dropped, and training goes on', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const store = new MemoryRounds();
    const signal = new AbortController();
    const give = store.give.bind(store);
    let given = 0;
    let silent = '';
    // From its fifth round on one of the members says nothing.
    store.give = async (nonce, round, member, part, silence) => {
      if (member === silent || ++given === 5) {
        silent = member;
        return await new Promise<boolean>((resolve) => signal.signal.addEventListener('abort', () => resolve(false)));
      }
      return give(nonce, round, member, part, silence);
    };
    const greet = store.greet.bind(store);
    store.greet = async (nonce, member, knocks, silence) =>
      member === silent ? true : greet(nonce, member, knocks, silence);
    const sizes: number[] = [];
    const members = [0, 1, 2].map((k) =>
      fit(tinyModel(), tinySamples(100), {
        ...{ ...args, epochs: 3, batchSize: 8 },
        onStep: ({ members }) => void sizes.push(members as number),
        cluster: over(store, { workers: 2, dropAfter: 0.5 }, k > 0),
      }).catch((error) => error),
    );
    await members[0];
    signal.abort();
    await Promise.all(members);
    expect([sizes[0], sizes.at(-1)]).toEqual([3, 2]);
    expect(warn.mock.calls.join()).toMatch(/a worker has left: .* nothing for 0.5 s/);
    warn.mockRestore();
  });

  it('a store that loses all costs the others, until it is back: all end alike', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const store = new MemoryRounds();
    const sizes: number[] = [];
    const models = [tinyModel(), tinyModel()];
    await Promise.all(
      models.map((model, k) =>
        fit(model, tinySamples(100), {
          ...{ ...args, epochs: 12, batchSize: 8 },
          onStep: async ({ members, step }) => {
            sizes.push(members as number);
            if (step === 20) store.forget();
            await new Promise((resolve) => setTimeout(resolve, 10));
          },
          cluster: over(store, { workers: 1 }, k > 0),
        }),
      ),
    );
    expect(sizes.includes(1)).toBe(true);
    expect([sizes[0], sizes.at(-1)]).toEqual([2, 2]);
    expectSame(models[0], models[1], 1e-7);
    warn.mockRestore();
  });
});

describe('what cannot be', () => {
  it.each([
    [{ method: svrg() }, {}, /svrg cannot be trained by several processes: got an update of its own/],
    [{}, { every: 1, outer: {} }, /an outer step of dataParallel without rounds/],
  ])('is refused: %#', async (more, options, message) => {
    const run = async () =>
      fit(tinyModel(), tinySamples(), { ...args, ...more, cluster: over(new MemoryRounds(), options) });
    await expect(run()).rejects.toThrow(message);
  });
});
