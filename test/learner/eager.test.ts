import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import type { ModelBatch } from '../../src/learner/batch.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { batch, n, network, plain } from '../support/networks.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const toTensors = (of: ModelBatch) => ({
  x: tf.tensor(of.xs[0].data as Float32Array, of.xs[0].shape as number[]),
  y: tf.tensor(of.ys[0].data as Float32Array, of.ys[0].shape as number[]),
});

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-5): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - wanted[i])).toBeLessThan(tolerance);
}

describe('scoring', () => {
  it.each(['upper-bound', 'loss', 'gradient-norm', 'uniform'] as const)('by %s leaves no trace', async (kind) => {
    const model = network();
    const learner = new EagerLearner(model);
    await learner.step(batch, undefined, { seed: 1 });
    const before = await learner.state();
    const random = Math.random;
    const tensors = tf.memory().numTensors;
    await learner.scores(batch, kind);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(Math.random).toBe(random);
    expect(await learner.state()).toEqual(before);
  });

  it('by loss gives the loss of each sample in evaluation mode', async () => {
    const model = network();
    const learner = new EagerLearner(model);
    for (let step = 0; step < 3; step++) await learner.step(batch, undefined, { seed: step });
    const { x, y } = toTensors(batch);
    const p = (model.predict(x) as tf.Tensor).dataSync();
    const label = y.argMax(1).dataSync();
    const wanted = Array.from(label, (c, i) => -Math.log(p[i * 3 + c]));
    expectClose(await learner.scores(batch, 'loss'), wanted);
    expectClose((await learner.evaluate(batch)).losses, wanted);
  });

  it('by gradient norm is what finite differences of each loss say', async () => {
    const model = plain();
    const learner = new EagerLearner(model);
    const got = await learner.scores(batch, 'gradient-norm');
    const start = await learner.parameters();
    const squares = new Float64Array(n);
    const h = 1e-2;
    for (const [k, part] of start.entries()) {
      for (let j = 0; j < part.length; j++) {
        const at = async (delta: number) => {
          const moved = start.map((values) => values.slice());
          moved[k][j] += delta;
          await learner.assign(moved);
          return learner.scores(batch, 'loss');
        };
        const [up, down] = [await at(h), await at(-h)];
        for (let i = 0; i < n; i++) squares[i] += ((up[i] - down[i]) / (2 * h)) ** 2;
      }
    }
    expectClose(got, squares.map(Math.sqrt), 2e-3);
  });

  it('by gradient norm is the norm of each sample’s own gradient, without the regulariser', async () => {
    const model = plain();
    const learner = new EagerLearner(model);
    const got = await learner.scores(batch, 'gradient-norm');
    const { x, y } = toTensors(batch);
    for (let i = 0; i < n; i++) {
      const loss = () =>
        tf.metrics
          .categoricalCrossentropy(y.slice(i, 1), model.apply(x.slice(i, 1), { training: false }) as tf.Tensor)
          .mean()
          .asScalar();
      const { grads } = tf.variableGrads(loss);
      let square = 0;
      for (const gradient of Object.values(grads)) for (const value of gradient.dataSync()) square += value * value;
      expect(got[i]).toBeCloseTo(Math.sqrt(square), 5);
    }
  });
});

describe('a step', () => {
  it('is one of the user’s optimizer on mean(w l) plus regularisation', async () => {
    const weights = [0.5, 2, 0, 1, 3, 0.25];
    const model = plain();
    const other = plain();
    const { loss, losses } = await new EagerLearner(model).step(batch, weights);
    const { x, y } = toTensors(batch);
    let terms: Float32Array | undefined;
    const cost = other.optimizer.minimize(() => {
      const each = tf.metrics.categoricalCrossentropy(y, other.apply(x, { training: true }) as tf.Tensor);
      terms = each.dataSync() as Float32Array;
      const kernel = other.layers[1].getWeights()[0];
      return tf.add(tf.mean(tf.mul(each, weights)), tf.mul(0.05, tf.sum(tf.square(kernel)))).asScalar();
    }, true)!;
    expect(loss).toBeCloseTo(cost.dataSync()[0], 5);
    expectClose(losses, terms!);
    for (const [k, got] of values(model).entries()) expectClose(got, values(other)[k], 1e-6);
  });

  it('multiplies in the user’s own weights', async () => {
    const weights = Float32Array.from([0, 1, 2, 3, 4, 5]);
    const [one, two] = [plain(), plain()];
    const { losses } = await new EagerLearner(one).step({ ...batch, lossWeights: [weights] });
    const { losses: bare } = await new EagerLearner(two).step(batch, weights);
    for (const [k, got] of values(one).entries()) expectClose(got, values(two)[k], 1e-6);
    expectClose(
      losses,
      bare.map((loss, i) => loss * weights[i]),
    );
  });

  it('draws the same dropout masks from the same seed, and others from another', async () => {
    const run = async (seed: number) => {
      const model = network();
      await new EagerLearner(model).step(batch, undefined, { seed });
      return values(model);
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  it('with a loss that is not finite changes nothing', async () => {
    const learner = new EagerLearner(network());
    await learner.step(batch, undefined, { seed: 1 });
    const before = await learner.state();
    const xs = { ...batch.xs[0], data: batch.xs[0].data.slice() };
    xs.data[5] = Number.NaN;
    const step = learner.step({ ...batch, xs: [xs] }, undefined, { seed: 2 });
    await expect(step).rejects.toThrow(UnequalError);
    await expect(step).rejects.toThrow(/the loss is not finite: got loss NaN at learning rate 0\.01/);
    expect(await learner.state()).toEqual(before);
  });

  it('with a gradient that is not finite changes nothing', async () => {
    const model = network();
    // The root has an infinite slope at 0.
    model.compile({ optimizer: tf.train.sgd(0.1), loss: (_, p) => tf.sqrt(tf.mul(p, 0)) });
    const learner = new EagerLearner(model);
    const before = await learner.state();
    const tensors = tf.memory().numTensors;
    await expect(learner.step(batch)).rejects.toThrow(
      /the gradient is not finite: got loss 0\.0\d+ at learning rate 0\.1/,
    );
    await expect(learner.gradient(batch, undefined, { track: true })).rejects.toThrow(/the gradient is not finite/);
    expect(await learner.state()).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('of an optimizer that makes the weights NaN changes nothing', async () => {
    // Centred RMSProp in TensorFlow.js takes the root of a variance minus ε.
    const learner = new EagerLearner(network(tf.train.rmsprop(0.01, 0.9, 0, 1e-2, true)));
    const before = await learner.state();
    await expect(learner.step(batch)).rejects.toThrow(
      /the weights are not finite: got NaN or infinity after the update/,
    );
    const { slots, ...after } = await learner.state();
    expect(after).toEqual({ weights: before.weights, trainable: before.trainable, iterations: 0, learningRate: 0.01 });
    expect(slots.every(({ data }) => data.every((value) => value === 0))).toBe(true);
  });

  it('leaves a learning rate alone that was assigned to sgd or momentum, as model.fit does', async () => {
    for (const make of [tf.train.sgd, (rate: number) => tf.train.momentum(rate, 0.9)]) {
      const [one, two] = [plain(make(0.1)), plain(make(0.1))];
      const learner = new EagerLearner(one);
      (one.optimizer as unknown as { learningRate: number }).learningRate = 0.5;
      expect(learner.learningRate()).toBeCloseTo(0.1, 6);
      await learner.step(batch);
      await new EagerLearner(two).step(batch);
      expect(values(one)).toEqual(values(two));
    }
  });
});

describe('a gradient', () => {
  it('is what a step applies', async () => {
    const [one, two] = [network(), network()];
    const [first, second] = [new EagerLearner(one), new EagerLearner(two)];
    await first.step(batch, [1, 2, 0, 1, 1, 1], { seed: 4 });
    const { gradient } = await second.gradient(batch, [1, 2, 0, 1, 1, 1], { seed: 4, track: true });
    await second.apply(gradient);
    expect(values(two)).toEqual(values(one));
  });

  it('at other parameters is that of a model which has them', async () => {
    const [one, two] = [network(), network()];
    const [first, second] = [new EagerLearner(one), new EagerLearner(two)];
    const at = (await first.parameters()).map((part) => part.map((value, i) => value + 0.1 * Math.sin(i)));
    const before = await first.state();
    const there = await first.gradient(batch, undefined, { at, seed: 4 });
    expect(await first.state()).toEqual(before);
    await second.assign(at);
    expect(there.gradient).toEqual((await second.gradient(batch, undefined, { seed: 4 })).gradient);
  });

  it('moves batch statistics only when it is told to', async () => {
    const [one, two] = [network(), network()];
    const [first, second] = [new EagerLearner(one), new EagerLearner(two)];
    const before = values(one);
    await first.gradient(batch);
    expect(values(one)).toEqual(before);
    await first.gradient(batch, undefined, { track: true });
    await second.step(batch);
    // Weights 4 and 5 of the model are the moving mean and variance.
    const statistics = (model: tf.LayersModel) =>
      model.layers[1]
        .getWeights()
        .slice(2)
        .map((w) => Array.from(w.dataSync()));
    expect(statistics(one)).toEqual(statistics(two));
    expect(statistics(one)).not.toEqual(statistics(network()));
  });
});

describe('evaluation', () => {
  it('is that of the model', async () => {
    const model = network();
    const learner = new EagerLearner(model);
    for (let step = 0; step < 5; step++) await learner.step(batch, undefined, { seed: step });
    const { x, y } = toTensors(batch);
    const [loss, accuracy] = (model.evaluate(x, y) as tf.Scalar[]).map((value) => value.dataSync()[0]);
    const { metrics } = await learner.evaluate(batch);
    expectClose(metrics, [loss, accuracy], 1e-6);
  });

  it('does not weight', async () => {
    const learner = new EagerLearner(network());
    const weighted = { ...batch, lossWeights: [new Float32Array(n).fill(3)] };
    expect(await learner.evaluate(weighted)).toEqual(await learner.evaluate(batch));
  });
});
