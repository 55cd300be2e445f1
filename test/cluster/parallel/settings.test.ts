/** What a callback of the process that leads changes in fields of layers and of the optimizer is changed in all. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { teamOver } from '../../../src/cluster/parallel/data-parallel.ts';
import { MemoryRounds } from '../../../src/cluster/parallel/memory-rounds.ts';
import { fit } from '../../../src/fit/fit.ts';
import type { FitArgs } from '../../../src/fit/options.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { averaged } from '../../../src/optimizers/averaged.ts';
import { tinySamples } from '../small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => vi.restoreAllMocks());

const args: FitArgs = { engine: 'eager', method: uniform(), seed: 1, verbose: 0, epochs: 4 };
function make() {
  const dense = (units: number, seed: number) =>
    tf.layers.dense({
      ...{ units, kernelInitializer: tf.initializers.glorotUniform({ seed }) },
      kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }),
    });
  const input = tf.input({ shape: [4] });
  const outputs = dense(3, 2).apply(dense(5, 1).apply(input)) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs });
  model.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError' });
  return model;
}
// biome-ignore lint/suspicious/noExplicitAny: fields that TensorFlow.js does not declare.
type Any = { [field: string]: any };
const over = (store: MemoryRounds, join: boolean, workers = 0, every = 1) =>
  teamOver({ every, workers, dropAfter: 2, patience: 20 }, join, async () => ({ store, close: async () => {} }));
const weights = (model: tf.LayersModel) => model.getWeights().flatMap((one) => [...one.dataSync()]);
function expectSame(one: tf.LayersModel, two: tf.LayersModel, tolerance = 1e-5) {
  const [a, b] = [weights(one), weights(two)];
  for (const [k, value] of a.entries()) expect(Math.abs(value - b[k])).toBeLessThan(tolerance);
}
const afterFirst = (model: tf.LayersModel, change: (model: Any) => void) => ({
  onEpochEnd: (epoch: number) => {
    if (epoch === 0) change(model);
  },
});
const pair = (change: (model: Any) => void, every = 1) => {
  const store = new MemoryRounds();
  const models = [make(), make()];
  const ends = models.map((model, k) => {
    const callbacks = k === 0 ? afterFirst(model, change) : undefined;
    return fit(model, tinySamples(96), { ...args, batchSize: 8, callbacks, cluster: over(store, k > 0, 1, every) });
  });
  return { models, ends };
};

const changes: [string, (model: Any) => void][] = [
  ['β of Adam', (model) => Object.assign(model.optimizer, { beta1: 0.1 })],
  ['ε of Adam', (model) => Object.assign(model.optimizer, { epsilon: 0.1 })],
  ['the factor of a regularizer', (model) => Object.assign(model.layers[1].kernelRegularizer, { l2: 0 })],
];

describe('a callback that changes', () => {
  it.each(changes)('%s', async (_, change) => {
    const { models, ends } = pair(change);
    await Promise.all(ends);
    const alone = make();
    await fit(alone, tinySamples(96), { ...args, batchSize: 16, callbacks: afterFirst(alone, change) });
    for (const model of models) expectSame(model, alone);
    const unchanged = make();
    await fit(unchanged, tinySamples(96), { ...args, batchSize: 16 });
    const was = weights(unchanged);
    expect(weights(alone).some((one, k) => Math.abs(one - was[k]) > 1e-3)).toBe(true);
  });

  it('the factor of a regularizer, with rounds of steps', async () => {
    const { models, ends } = pair(changes[2][1], 3);
    await Promise.all(ends);
    expect((models[1].layers[1] as unknown as Any).kernelRegularizer.l2).toBe(0);
  });

  it.each<[string, (model: Any) => void, RegExp]>([
    [
      'the kind of a regularizer',
      (model) => Object.assign(model.layers[1], { kernelRegularizer: { apply: () => tf.scalar(0) } }),
      /layers\[1\]\.kernelRegularizer/,
    ],
    [
      'an activation',
      (model) => Object.assign(model.layers[1], { activation: make().layers[2] }),
      /layers\[1\]\.activation/,
    ],
    [
      'the optimizer',
      (model) => model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' }),
      /the optimizer, changed/,
    ],
    [
      'the loss',
      (model) => Object.assign(model, { lossFunctions: [tf.metrics.meanAbsoluteError] }),
      /model.lossFunctions.0/,
    ],
    ['slots', (model) => Object.assign(model.optimizer, { accumulatedFirstMoment: [] }), /slots of the optimizer/],
  ])('%s ends the run with an error that names it', async (_, change, message) => {
    const { ends } = pair(change);
    const [one, two] = await Promise.allSettled(ends);
    expect(String((one as PromiseRejectedResult).reason)).toMatch(message);
    expect(String((two as PromiseRejectedResult).reason)).toMatch(/the run has failed where it is led/);
  });
});

it('who comes later has what was changed before, and what was changed back', async () => {
  const store = new MemoryRounds();
  const [first, late] = [make(), make()];
  let joining: Promise<unknown> | undefined;
  let size = 1;
  await fit(first, tinySamples(96), {
    ...{ ...args, epochs: 8, batchSize: 8, cluster: over(store, false) },
    callbacks: {
      onTrainBegin: () => void Object.assign(first.optimizer, { beta1: 0.3, beta2: 0.9 }),
      onEpochEnd: (epoch: number) => {
        if (epoch === 0) Object.assign(first.optimizer, { beta1: 0.2 });
        if (epoch === 6) Object.assign(first.optimizer, { beta2: 0.999 });
      },
    },
    onStep: async ({ step, members }) => {
      size = members as number;
      if (step === 14)
        joining = fit(late, tinySamples(96), { ...args, epochs: 8, batchSize: 8, cluster: over(store, true) });
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  });
  await joining;
  expect(size).toBe(2);
  expect(late.optimizer as unknown as Any).toMatchObject({ beta1: 0.2, beta2: 0.999 });
  expectSame(late, first, 1e-6);
});

/** Keeps what it has seen, as for a loss to read. */
class Keeps extends tf.layers.Layer {
  calls = 0;
  seen?: tf.Tensor;
  shapes: { [name: string]: unknown } = {};
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    const [x] = [inputs].flat();
    this.calls++;
    this.seen = tf.keep(x.mean());
    this.shapes = { last: x.shape };
    return x;
  }
  static className = 'Keeps';
}

it.each(['eager', 'auto'] as const)('what layers keep from call to call ends nothing: %s', async (engine) => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const store = new MemoryRounds();
  const models = [0, 1].map(() => {
    const layers = [
      tf.layers.reshape({ targetShape: [2, 2], inputShape: [4] }),
      tf.layers.lstm({ units: 3, dropout: 0.1, recurrentDropout: 0.1 }),
      new Keeps(),
      tf.layers.dropout({ rate: 0.1, seed: 1 }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 3 }),
    ];
    const model = tf.sequential({ layers });
    model.compile({ optimizer: averaged(tf.train.momentum(0.01, 0.9)), loss: 'meanSquaredError' });
    return model;
  });
  const more = { ...args, epochs: 2, batchSize: 8, engine, validationData: tinySamples(20) };
  const ends = models.map((model, k) => fit(model, tinySamples(48), { ...more, cluster: over(store, k > 0, 1) }));
  await Promise.all(ends);
  expectSame(models[1], models[0], 1e-6);
});
