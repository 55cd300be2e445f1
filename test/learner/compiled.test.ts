import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ModelBatch } from '../../src/learner/batch.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { Random } from '../../src/sampling/random.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const optimizers = {
  momentum: () => tf.train.momentum(0.05, 0.9),
  adam: () => tf.train.adam(0.01),
};

/** A network with everything a step can touch: convolution, batch statistics, dropout, a penalty. */
function network(optimizer: tf.Optimizer, { dropout = 0, seed = 3 } = {}): tf.Sequential {
  const init = (layer: number) => tf.initializers.glorotUniform({ seed: seed + layer });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        // A bias before batch normalisation has no gradient but rounding, which Adam would blow up to full steps.
        useBias: false,
        inputShape: [6, 6, 2],
        kernelInitializer: init(0),
        kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
      }),
      tf.layers.batchNormalization(),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: dropout }),
      tf.layers.dense({ units: 5, activation: 'softmax', kernelInitializer: init(1) }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

function batch(size: number, seed: number): ModelBatch {
  const random = new Random(seed);
  const x = Float32Array.from({ length: size * 72 }, () => random.normal());
  const y = new Float32Array(size * 5);
  for (let i = 0; i < size; i++) y[5 * i + random.integer(5)] = 1;
  return {
    size,
    xs: [{ data: x, shape: [size, 6, 6, 2], dtype: 'float32' }],
    ys: [{ data: y, shape: [size, 5], dtype: 'float32' }],
  };
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-4): void {
  expect(got.length).toBe(wanted.length);
  const scale = Math.max(1e-3, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - wanted[i])).toBeLessThan(tolerance * scale);
}

async function pair(make: () => tf.Optimizer) {
  const models = [network(make()), network(make())];
  models[1].setWeights(models[0].getWeights());
  return { models, eager: new EagerLearner(models[0]), compiled: new CompiledLearner(models[1]) };
}

describe.each(Object.entries(optimizers))('the compiled learner with %s', (_, make) => {
  test('steps, scores and evaluates as the eager one, with weights of both kinds and a last batch of another size', async () => {
    const { models, eager, compiled } = await pair(make);
    for (const [k, size] of [8, 8, 5, 8].entries()) {
      const plain = batch(size, k);
      const b = k === 3 ? { ...plain, lossWeights: [Float32Array.from({ length: size }, (_, i) => i / 4)] } : plain;
      const weights = k === 0 ? undefined : Float64Array.from({ length: size }, (_, i) => 0.5 + i / size);
      for (const kind of ['upper-bound', 'loss', 'gradient-norm'] as const) {
        expectClose(await compiled.scores(b, kind), await eager.scores(b, kind));
      }
      const [got, wanted] = [await compiled.step(b, weights), await eager.step(b, weights)];
      expect(got.loss).toBeCloseTo(wanted.loss, 4);
      expectClose(got.losses, wanted.losses);
      expectClose(got.scores!, wanted.scores!);
      expectClose(got.metrics, wanted.metrics);
      const [test, oracle] = [await compiled.evaluate(b), await eager.evaluate(b)];
      expectClose(test.losses, oracle.losses);
      expectClose(test.metrics, oracle.metrics);
      expectClose((await compiled.outputs(b))[0].data, (await eager.outputs(b))[0].data);
    }
    expect(compiled.counters).toEqual(eager.counters);

    expectClose(weightsOf(models[1]), weightsOf(models[0]));
    await compiled.dispose();
  });

  test('gives the gradient at its own and at other parameters and moves nothing', async () => {
    const { models, eager, compiled } = await pair(make);
    const b = batch(8, 1);
    await compiled.step(b);
    await eager.step(b);
    const before = await compiled.state();
    const at = (await compiled.parameters()).map((values) => values.map((value) => 0.9 * value));
    for (const options of [{}, { at }]) {
      const [got, wanted] = [
        await compiled.gradient(b, undefined, options),
        await eager.gradient(b, undefined, options),
      ];
      for (const [k, gradient] of got.gradient.entries()) expectClose(gradient, wanted.gradient[k], 5e-4);
    }
    expect(await compiled.state()).toEqual(before);
    const { gradient } = await eager.gradient(b);
    await compiled.apply(gradient);
    await eager.apply(gradient);

    expectClose(weightsOf(models[1]), weightsOf(models[0]));
    await compiled.dispose();
  });

  test('leaves model and optimizer to be trained on eagerly, on the same trajectory', async () => {
    const { models, eager, compiled } = await pair(make);
    for (const k of [0, 1]) {
      await compiled.step(batch(8, k));
      await eager.step(batch(8, k));
    }
    await compiled.dispose();
    const onwards = new EagerLearner(models[1]);
    for (const k of [2, 3]) {
      await onwards.step(batch(8, k));
      await eager.step(batch(8, k));
    }
    expectClose(weightsOf(models[1]), weightsOf(models[0]));
  });

  test('takes weights assigned from outside and a changed learning rate', async () => {
    const { models, eager, compiled } = await pair(make);
    await compiled.step(batch(8, 0));
    await eager.step(batch(8, 0));
    const other = network(make(), { seed: 50 });
    for (const model of models) model.setWeights(other.getWeights());
    for (const learner of [compiled, eager]) {
      learner.setLearningRate(0.003);
      await learner.step(batch(8, 1));
    }

    expectClose(weightsOf(models[1]), weightsOf(models[0]));
    await compiled.dispose();
  });
});

describe('the compiled learner', () => {
  test('refuses a step that is not finite and leaves weights, statistics and slots as they were', async () => {
    const model = network(tf.train.adam(0.01));
    const learner = new CompiledLearner(model);
    await learner.step(batch(8, 0));
    const before = await learner.state();
    const bad = batch(8, 1);
    bad.xs[0].data[3] = Number.NaN;
    await expect(learner.step(bad)).rejects.toThrow(/not finite/);
    expect(await learner.state()).toEqual(before);
    await learner.dispose();
  });

  test('draws new dropout masks every step, and the same ones from the same seed', async () => {
    const losses = [];
    for (const seed of [1, 1, 2]) {
      const learner = new CompiledLearner(network(tf.train.sgd(0), { dropout: 0.5 }));
      losses.push([(await learner.step(batch(8, 0), undefined, { seed })).loss]);
      losses.at(-1)!.push((await learner.step(batch(8, 0), undefined, { seed: seed + 10 })).loss);
      await learner.dispose();
    }
    expect(losses[0]).toEqual(losses[1]);
    expect(losses[0][0]).not.toBe(losses[0][1]);
    expect(losses[0][0]).not.toBe(losses[2][0]);
  });

  test('restores a state bit for bit', async () => {
    const model = network(tf.train.adam(0.01), { dropout: 0.3 });
    const learner = new CompiledLearner(model);
    await learner.step(batch(8, 0), undefined, { seed: 1 });
    const state = await learner.state();
    await learner.step(batch(8, 1), undefined, { seed: 2 });
    const wanted = await learner.state();
    const other = new CompiledLearner(network(tf.train.adam(0.5), { dropout: 0.3, seed: 9 }));
    await other.restore(state);
    await other.step(batch(8, 1), undefined, { seed: 2 });
    const got = await other.state();
    expect(got.weights.map(({ data }) => data)).toEqual(wanted.weights.map(({ data }) => data));
    expect(got.slots.map(({ data }) => data)).toEqual(wanted.slots.map(({ data }) => data));
    expect([got.iterations, got.learningRate]).toEqual([wanted.iterations, wanted.learningRate]);
    await learner.dispose();
    await other.dispose();
  });

  test('trains frozen layers not at all', async () => {
    const model = network(tf.train.momentum(0.05, 0.9));
    model.layers[0].trainable = false;
    model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy' });
    const frozen = Array.from(model.layers[0].getWeights()[0].dataSync());
    const learner = new CompiledLearner(model);
    const last = Array.from(model.layers.at(-1)!.getWeights()[0].dataSync());
    await learner.step(batch(8, 0));
    await learner.dispose();
    expect(Array.from(model.layers[0].getWeights()[0].dataSync())).toEqual(frozen);
    expect(Array.from(model.layers.at(-1)!.getWeights()[0].dataSync())).not.toEqual(last);
  });
});
