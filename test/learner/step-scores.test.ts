/** The scores that come of a step, from the gradient that it takes: those that a forward pass would have given before it. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelBatch } from '../../src/learner/batch.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import { EagerLearner } from '../../src/learner/eager.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 6;
const gi = (seed: number) => tf.initializers.glorotUniform({ seed });
const dense = (units: number, activation?: 'softmax' | 'tanh' | 'sigmoid', more: object = {}) =>
  tf.layers.dense({ units, activation, kernelInitializer: gi(units), ...more });
const classes = (shape: number[]) => {
  const [size] = shape.slice(-1);
  const rows = shape.slice(0, -1).reduce((product, d) => product * d, 1);
  return tf.reshape(
    tf.oneHot(
      tf.tensor1d(
        Array.from({ length: rows }, (_, i) => i % size),
        'int32',
      ),
      size,
    ),
    shape,
  );
};

interface Case {
  readonly optimizer?: () => tf.Optimizer;
  readonly layers: () => tf.layers.Layer[];
  readonly loss: string | ((t: tf.Tensor, p: tf.Tensor) => tf.Tensor);
  readonly x: number[];
  readonly y: number[];
}

type Total = () => tf.Scalar;

class Looking extends tf.SGDOptimizer {
  override computeGradients(f: Total, variables?: tf.Variable[]) {
    tf.tidy(() => void f());
    return super.computeGradients(f, variables);
  }
}

/** Of the loss and of the length of its gradient. */
class Smoothing extends tf.SGDOptimizer {
  override computeGradients(f: Total, variables?: tf.Variable[]) {
    const smooth = () => {
      const { value, grads } = tf.variableGrads(f, variables);
      return tf.add(
        value,
        tf.mul(0.1, tf.addN(Object.values(grads).map((one) => tf.sum(tf.square(one))))),
      ) as tf.Scalar;
    };
    return super.computeGradients(smooth, variables);
  }
}

const squares = (t: tf.Tensor, p: tf.Tensor) => tf.mean(tf.square(tf.sub(t, p)), -1);
const models: Record<string, Case> = {
  'a softmax of its own': {
    layers: () => [dense(5, 'tanh', { inputShape: [4] }), dense(3), tf.layers.softmax()],
    loss: 'categoricalCrossentropy',
    x: [n, 4],
    y: [n, 3],
  },
  'a dense layer with its activation, flattened': {
    layers: () => [dense(3, 'softmax', { inputShape: [2, 4] }), tf.layers.flatten()],
    loss: squares,
    x: [n, 2, 4],
    y: [n, 6],
  },
  'no activation': {
    layers: () => [dense(5, 'tanh', { inputShape: [4] }), dense(2)],
    loss: 'meanSquaredError',
    x: [n, 4],
    y: [n, 2],
  },
  'a layer for each moment': {
    layers: () => [tf.layers.timeDistributed({ layer: dense(3, 'softmax'), inputShape: [2, 4] })],
    loss: 'categoricalCrossentropy',
    x: [n, 2, 4],
    y: [n, 2, 3],
  },
  'dropout behind the activation, which scores do not draw': {
    layers: () => [dense(5, 'sigmoid', { inputShape: [4] }), tf.layers.dropout({ rate: 0.5, seed: 1 })],
    loss: squares,
    x: [n, 4],
    y: [n, 5],
  },
  'weights that are frozen below': {
    layers: () => [dense(5, 'tanh', { inputShape: [4], trainable: false }), dense(3, 'softmax')],
    loss: 'categoricalCrossentropy',
    x: [n, 4],
    y: [n, 3],
  },
  'an activation that alone has weights that train': {
    layers: () => [dense(3, undefined, { inputShape: [4], trainable: false }), tf.layers.prelu()],
    loss: squares,
    x: [n, 4],
    y: [n, 3],
  },
  'an optimizer that looks at the loss first': {
    layers: () => [dense(3, 'softmax', { inputShape: [4] })],
    loss: 'categoricalCrossentropy',
    optimizer: () => new Looking(0.1),
    x: [n, 4],
    y: [n, 3],
  },
  'an optimizer that differentiates the gradient again': {
    layers: () => [dense(3, 'softmax', { inputShape: [4] })],
    loss: squares,
    optimizer: () => new Smoothing(0.1),
    x: [n, 4],
    y: [n, 3],
  },
  'a penalty on its weights': {
    layers: () => [dense(3, 'softmax', { inputShape: [4], kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }) })],
    loss: 'categoricalCrossentropy',
    x: [n, 4],
    y: [n, 3],
  },
};

const array = (tensor: tf.Tensor) => ({
  data: Float32Array.from(tensor.dataSync()),
  shape: tensor.shape,
  dtype: 'float32' as const,
});

describe.each(Object.entries(models))('%s', (_, { layers, loss, optimizer = () => tf.train.sgd(0.1), x, y }) => {
  const batch: ModelBatch = {
    size: n,
    xs: [array(tf.randomNormal(x, 0, 1, 'float32', 2))],
    ys: [array(classes(y))],
  };
  const make = () => {
    const model = tf.sequential({ layers: layers() });
    model.compile({ optimizer: optimizer(), loss: loss as string });
    return model;
  };

  describe.each([
    ['eager', (model: tf.LayersModel) => new EagerLearner(model)],
    ['compiled', (model: tf.LayersModel) => new CompiledLearner(model)],
  ] as const)('%s', (_, learnerOf) => {
    it.each([
      ['no weights', undefined, undefined],
      ['weights of the method', [0.5, 2, 1, 0.25, 3, 1e-3], undefined],
      ['weights of the samples as well', [0.5, 2, 1, 0.25, 3, 1], [1, 0, 2, 1, 0.5, 3]],
    ])('%s', async (_, weights, own) => {
      const learner = learnerOf(make());
      const weighed = { ...batch, lossWeights: own && [Float32Array.from(own)] };
      const expected = await learner.scores(weighed, 'upper-bound');
      const { scores } = await learner.step(weighed, weights, { seed: 1 });
      for (const [i, score] of scores!.entries()) expect(score).toBeCloseTo(expected[i], 5);
      await learner.dispose();
    });

    it('a sample whose weight is 0 has none', async () => {
      const learner = learnerOf(make());
      const { scores } = await learner.step(batch, [0, 1, 1, 1, 1, 1], { seed: 1 });
      expect(Number.isFinite(scores![0])).toBe(true);
      expect(scores![1]).toBeGreaterThan(0);
      await learner.dispose();
    });
  });

  it('nothing is left behind', async () => {
    const learner = new EagerLearner(make());
    await learner.step(batch);
    const { numTensors } = tf.memory();
    await learner.step(batch);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

it('a step calls the loss once, also where it gives scores', async () => {
  let calls = 0;
  const model = tf.sequential({ layers: [dense(3, 'softmax', { inputShape: [4] })] });
  const loss = (t: tf.Tensor, p: tf.Tensor) => {
    calls++;
    return squares(t, p);
  };
  model.compile({ optimizer: 'sgd', loss });
  const batch = { size: n, xs: [array(tf.ones([n, 4]))], ys: [array(classes([n, 3]))] };
  const { scores } = await new EagerLearner(model).step(batch);
  expect(scores).toHaveLength(n);
  expect(calls).toBe(1);
});
