/** Many models, and batches of many sizes, without a program for each. */
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { beforeAll, expect, it } from 'vitest';
import type { Runtime } from '../../src/compiler/runtime.ts';
import { fit } from '../../src/fit/fit.ts';
import { RareSizes } from '../../src/learner/rare-sizes.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
beforeAll(() => {
  // As for everyone.
  RareSizes.few = 10;
});

/** ONNX Runtime, and how many sessions it has loaded and ended. */
function counted() {
  const count = { loaded: 0, ended: 0 };
  const create: Runtime['InferenceSession']['create'] = async (model, options) => {
    const session = await ort.InferenceSession.create(model, options);
    // What asks about the processor has one node.
    if (model.length > 500) count.loaded++;
    const release = session.release.bind(session);
    session.release = async () => {
      if (model.length > 500) count.ended++;
      await release();
    };
    return session;
  };
  return { count, runtime: { ...ort, InferenceSession: { create } } as unknown as Runtime };
}

const makeModel = (seed: number, units = 6) => {
  const init = (k: number) => tf.initializers.glorotUniform({ seed: seed + k });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units, inputShape: [4], activation: 'tanh', kernelInitializer: init(1) }),
      tf.layers.dense({ units: 1, kernelInitializer: init(2) }),
    ],
  });
  model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'meanSquaredError' });
  return model;
};
const data = (n: number) => {
  const x = tf.randomUniform<tf.Rank.R2>([n, 4], -1, 1, 'float32', n);
  return [x, tf.sum(x, 1, true)] as const;
};
// Twelve steps, which are enough to compile for.
const plain = { epochs: 6, batchSize: 16, shuffle: false, verbose: 0 } as const;
const largest = (a: tf.LayersModel, b: tf.LayersModel) => {
  const [one, two] = [values(a).flat(), values(b).flat()];
  return Math.max(...one.map((value, k) => Math.abs(value - two[k])));
};

it('models of one architecture have one session, and each its own weights', async () => {
  const { count, runtime } = counted();
  const [x, y] = data(32);
  const seeds = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];
  const [ours, theirs] = [seeds.map((seed) => makeModel(seed)), seeds.map((seed) => makeModel(seed))];
  for (let round = 0; round < 3; round++) {
    for (const model of ours) await fit(model, x, y, { ...plain, method: uniform(), runtime });
    for (const model of theirs) await model.fit(x, y, plain);
  }
  for (const [k, model] of ours.entries()) expect(largest(model, theirs[k])).toBeLessThan(1e-5);
  expect(count.loaded).toBe(1);
  // Other architectures have others; 32 are kept, and the first ends with the last who has it.
  const others = Array.from({ length: 40 }, (_, k) => makeModel(k, 10 + k));
  for (const model of others) await fit(model, x, y, { ...plain, method: uniform(), runtime });
  expect(count).toEqual({ loaded: 41, ended: 41 - 32 });
  // What nobody holds may be gone before.
  expect([...ours, ...others].every(({ layers }) => layers.length === 2)).toBe(true);
});

it('a model that is compiled anew before every fit has one session', async () => {
  const { count, runtime } = counted();
  const [x, y] = data(32);
  const model = makeModel(1);
  for (let k = 0; k < 4; k++) {
    model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'meanSquaredError' });
    await fit(model, x, y, { ...plain, method: uniform(), runtime });
  }
  expect(count).toEqual({ loaded: 1, ended: 0 });
});

it('what differs in one number is another session', async () => {
  const { count, runtime } = counted();
  const [x, y] = data(32);
  for (const rate of [0.1, 0.2, 0.3]) {
    const [ours, theirs] = [makeModel(1), makeModel(1)];
    for (const model of [ours, theirs])
      model.compile({ optimizer: tf.train.momentum(0.05, rate), loss: 'meanSquaredError' });
    await fit(ours, x, y, { ...plain, method: uniform(), runtime });
    await theirs.fit(x, y, plain);
    expect(largest(ours, theirs)).toBeLessThan(1e-5);
  }
  expect(count.loaded).toBe(3);
});

it('small batches of ever new sizes are trained on eagerly until they come again', async () => {
  const { count, runtime } = counted();
  const [ours, theirs] = [makeModel(1), makeModel(1)];
  for (let n = 1; n <= 40; n++) {
    const [x, y] = data(n);
    const options = { epochs: 1, batchSize: 64, shuffle: false, verbose: 0 } as const;
    await fit(ours, x, y, { ...options, method: uniform(), runtime });
    await theirs.fit(x, y, options);
  }
  expect(largest(ours, theirs)).toBeLessThan(1e-5);
  expect(count.loaded).toBe(0);
  const [x, y] = data(40);
  await fit(ours, x, y, { epochs: 12, batchSize: 64, verbose: 0, method: uniform(), runtime });
  expect(count.loaded).toBe(1);
});

it('a small model is compiled once it has trained for as long as that takes', async () => {
  const { count, runtime } = counted();
  const [x, y] = data(32);
  const [ours, theirs] = [makeModel(1), makeModel(1)];
  const options = { epochs: 2, batchSize: 16, validationData: [x, y] as [tf.Tensor, tf.Tensor], verbose: 0 } as const;
  const engines: unknown[] = [];
  for (let run = 0; run < 4; run++) {
    const { history, setup } = await fit(ours, x, y, { ...options, method: uniform(), runtime, shuffle: false });
    const known = (await theirs.fit(x, y, { ...options, shuffle: false })).history;
    for (const name of ['loss', 'val_loss']) {
      for (const [k, value] of history[name].entries()) expect(value).toBeCloseTo(Number(known[name][k]), 5);
    }
    engines.push(setup?.engine);
  }
  expect(engines).toEqual(['eager', 'eager', 'compiled', 'compiled']);
  expect(count.loaded).toBe(2);
  expect(largest(ours, theirs)).toBeLessThan(1e-5);
});

it('what is compiled already is used by short runs too', async () => {
  const { count, runtime } = counted();
  const [x, y] = data(32);
  const model = makeModel(1);
  const engines: unknown[] = [];
  for (const epochs of [6, 1, 1]) {
    engines.push((await fit(model, x, y, { ...plain, epochs, method: uniform(), runtime })).setup?.engine);
  }
  expect(engines).toEqual(['compiled', 'compiled', 'compiled']);
  expect(count.loaded).toBe(1);
});

it('a run of unknown length, and one of a large model, are compiled at once', async () => {
  const { count, runtime } = counted();
  const [x, y] = data(32);
  const { setup } = await fit(makeModel(1), x, y, {
    seconds: 0.1,
    batchSize: 16,
    verbose: 0,
    method: uniform(),
    runtime,
  });
  const large = await fit(makeModel(1, 20_000), x, y, { ...plain, epochs: 1, method: uniform(), runtime });
  expect([setup?.engine, large.setup?.engine]).toEqual(['compiled', 'compiled']);
  expect(count.loaded).toBe(2);
});

it('importance sampling goes on in a short run as in a compiled one', async () => {
  const { runtime } = counted();
  const [x, y] = data(64);
  const method = importance({ start: 'always', scores: 'fresh' });
  const model = makeModel(1);
  const engines: unknown[] = [];
  for (const epochs of [2, 6]) {
    const phases: string[] = [];
    const onStep = ({ phase }: { phase: string }) => void phases.push(phase);
    const { setup, history } = await fit(model, x, y, { epochs, batchSize: 16, verbose: 0, method, runtime, onStep });
    engines.push(setup?.engine);
    expect(new Set(phases)).toEqual(new Set(['importance']));
    expect(phases).toHaveLength(4 * epochs);
    expect(history.loss.every((loss) => Number.isFinite(loss))).toBe(true);
  }
  expect(engines).toEqual(['eager', 'compiled']);
});

it('with a seed a run is the same whatever the model was trained on before', async () => {
  const [x, y] = data(32);
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, inputShape: [4] }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const first = model.getWeights().map((weight) => weight.clone());
  const run = async () => {
    model.setWeights(first);
    const { history } = await fit(model, x, y, { epochs: 4, batchSize: 16, seed: 7, verbose: 0, method: uniform() });
    return [...history.loss, ...values(model).flat()];
  };
  const once = await run();
  for (let n = 5; n < 12; n++) await fit(model, ...data(n), { epochs: 1, verbose: 0, method: uniform() });
  expect(await run()).toEqual(once);
  expect(await run()).toEqual(once);
});

it('a recurrent network over many moments is compiled at once', async () => {
  const { count, runtime } = counted();
  const model = tf.sequential({
    layers: [tf.layers.gru({ units: 2, inputShape: [100, 2] }), tf.layers.dense({ units: 1 })],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await fit(model, tf.ones([8, 100, 2]), tf.ones([8, 1]), { epochs: 1, verbose: 0, method: uniform(), runtime });
  expect(count.loaded).toBe(1);
});

it('a run that can be resumed makes every step as the unbroken one does', async () => {
  const { count, runtime } = counted();
  const model = makeModel(1);
  const checkpoint = { path: 'memory' };
  const store = { write: async () => {}, read: async () => undefined } as never;
  for (let n = 1; n <= 8; n++) {
    const [x, y] = data(n);
    await fit(model, x, y, { epochs: 1, batchSize: 64, verbose: 0, method: uniform(), runtime, checkpoint, store });
  }
  expect(count.loaded).toBe(8);
});
