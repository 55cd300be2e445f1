import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compiledModel } from '../../src/learner/model.ts';
import { Objective } from '../../src/learner/objective.ts';

beforeAll(() => tf.setBackend('cpu'));

function single(loss: tf.ModelCompileArgs['loss'], units = 3): Objective {
  const model = tf.sequential({ layers: [tf.layers.dense({ units, inputShape: [2] })] });
  model.compile({ optimizer: tf.train.sgd(0.1), loss });
  return new Objective(compiledModel(model));
}

const xs = [tf.zeros([4, 2])];

describe('the loss of each sample', () => {
  it('is the mean over everything but the batch', () => {
    const squared = (y: tf.Tensor, p: tf.Tensor) => tf.square(tf.sub(y, p));
    const model = tf.sequential({ layers: [tf.layers.reshape({ targetShape: [2, 2], inputShape: [4] })] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: squared });
    const objective = new Objective(compiledModel(model));
    const losses = objective.losses([tf.zeros([2, 2, 2])], [tf.tensor3d([1, 2, 3, 4, 0, 0, 0, 2], [2, 2, 2])]);
    expect(losses.shape).toEqual([2]);
    expect(Array.from(losses.dataSync())).toEqual([7.5, 1]);
  });

  it('is the sum over outputs, each with its own weights', () => {
    const a = tf.input({ shape: [2] });
    const outputs = [1, 2].map((units) => tf.layers.dense({ units }).apply(a) as tf.SymbolicTensor);
    const model = tf.model({ inputs: a, outputs });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const objective = new Objective(compiledModel(model));
    const ys = [tf.zeros([2, 1]), tf.zeros([2, 2])];
    const ps = [
      tf.tensor2d([[1], [2]]),
      tf.tensor2d([
        [1, 1],
        [2, 4],
      ]),
    ]; // losses 1, 4 and 1, 10
    const losses = (weights?: tf.Tensor[]) => Array.from(objective.losses(ys, ps, weights).dataSync());
    expect(losses()).toEqual([2, 14]);
    expect(losses([tf.tensor1d([1, 0]), tf.tensor1d([3, 0.5])])).toEqual([4, 5]);
  });

  it.each<[string, (y: tf.Tensor, p: tf.Tensor) => tf.Tensor]>([
    [
      'pairs of rows',
      (_, p) => tf.mean(tf.square(tf.sub(...(tf.unstack(tf.reshape(p, [-1, 2, 3]), 1) as [tf.Tensor, tf.Tensor]))), -1),
    ],
    ['weights of so many rows', (y, p) => tf.mean(tf.mul(tf.square(tf.sub(y, p)), tf.ones([4, 3])))],
    ['the distance to the mean', (_, p) => tf.mean(tf.square(tf.sub(p, tf.mean(p, 0))), -1)],
    ['a share of all losses', (y, p) => tf.softmax(tf.mean(tf.square(tf.sub(y, p)), -1))],
  ])('of %s is for uniform training alone', (_, loss) => {
    expect(single(loss as never).uniformOnly({ xs, ys: [tf.zeros([4, 3])] })).toMatch(
      /whole batch|others of its batch/,
    );
  });

  it('is tried on a sample whose target is known, where the loss leaves out what is not', () => {
    const known = (y: tf.Tensor) => tf.logicalNot(tf.isNaN(y)).toFloat();
    const objective = single(((y: tf.Tensor, p: tf.Tensor) =>
      tf.mean(tf.mul(tf.square(tf.sub(p, tf.mean(p, 0))), known(y)), -1)) as never);
    const y = tf.concat([tf.fill([1, 3], Number.NaN), tf.zeros([3, 3])]);
    expect(objective.uniformOnly({ xs, ys: [y] })).toMatch(/others of its batch/);
  });

  it('is tried without moving what it moves', () => {
    const calls = tf.variable(tf.scalar(0));
    const objective = single(((y: tf.Tensor, p: tf.Tensor) => {
      calls.assign(tf.add(calls, 1));
      return tf.mean(tf.square(tf.sub(y, p)), -1);
    }) as never);
    expect(objective.uniformOnly({ xs, ys: [tf.zeros([4, 3])] })).toBeUndefined();
    expect(calls.dataSync()[0]).toBe(0);
  });

  it.each<[string, (y: tf.Tensor, p: tf.Tensor) => tf.Tensor]>([
    ['a single number', (y, p) => tf.mean(tf.square(tf.sub(y, p)))],
    ['a number per class', (y, p) => tf.mean(tf.square(tf.sub(y, p)), 0)],
  ])('is the same for all where it is %s, and the model is then for uniform training alone', (_, loss) => {
    const objective = single(loss as never);
    const [y, p] = [
      tf.zeros([4, 3]),
      tf.tensor2d(
        Array.from({ length: 12 }, (_, i) => i),
        [4, 3],
      ),
    ];
    expect(objective.uniformOnly({ xs, ys: [y] })).toMatch(/one number for a whole batch/);
    const mean = tf.mean(loss(y, p)).dataSync()[0];
    const losses = objective.losses([y], [p]).dataSync();
    expect(losses.length).toBe(4);
    for (const value of losses) expect(value).toBeCloseTo(mean, 4);
  });

  it.each(Object.entries(tf.losses).filter(([name]) => !['computeWeightedLoss', 'cosineDistance'].includes(name)))(
    'of tf.losses.%s is told apart, and the mean of it is that loss',
    (_, loss) => {
      const objective = single(loss as never);
      const y = tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], [4, 3]);
      const p = tf.tensor2d([0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.5, 0.25, 0.25, 0.1, 0.2, 0.7], [4, 3]);
      expect(objective.uniformOnly({ xs, ys: [y] })).toBeUndefined();
      const losses = objective.losses([y], [p]);
      expect(new Set(losses.dataSync()).size).toBeGreaterThan(1);
      expect(losses.mean().dataSync()[0]).toBeCloseTo(
        (loss as (a: tf.Tensor, b: tf.Tensor) => tf.Tensor)(y, p).dataSync()[0],
        5,
      );
    },
  );
});

describe('the objective', () => {
  it('is mean(w l) plus every regulariser once', () => {
    const kernelRegularizer = tf.regularizers.l1l2({ l1: 0.1, l2: 0.2 });
    const layer = tf.layers.dense({
      ...{ units: 1, inputShape: [2], kernelRegularizer, biasRegularizer: tf.regularizers.l2({ l2: 1 }) },
    });
    const model = tf.sequential({ layers: [layer] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    model.setWeights([tf.tensor2d([[1], [-2]]), tf.tensor1d([3])]);
    const objective = new Objective(compiledModel(model));
    const penalty = 0.1 * 3 + 0.2 * 5 + 9;
    const losses = tf.tensor1d([1, 2, 6]);
    expect(objective.total(losses).dataSync()[0]).toBeCloseTo(3 + penalty, 5);
    expect(objective.total(losses, tf.tensor1d([1, 0, 2])).dataSync()[0]).toBeCloseTo(13 / 3 + penalty, 5);
  });

  it('of a model without regularisers is the mean alone', () => {
    const objective = single('meanSquaredError');
    expect(objective.regularisation()).toBeUndefined();
    expect(objective.total(tf.tensor1d([1, 2])).dataSync()[0]).toBe(1.5);
  });
});

describe('a model that cannot be trained', () => {
  it('is named as such', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    expect(() => compiledModel(model)).toThrow(
      'the model is not compiled: call model.compile({ optimizer, loss }) first',
    );
    expect(() => compiledModel({} as tf.LayersModel)).toThrow(/not a model that can be trained: got Object/);
  });
});
