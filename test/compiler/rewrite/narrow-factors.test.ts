import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sizeOf } from '../../../src/compiler/dtype.ts';
import { expectSame } from '../kernels.ts';
import { nodes } from '../operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Tensors = Record<string, tf.Tensor>;

/** Batch normalisation while training, as the layer does it, within a net whose convolutions are in blocks. */
const normalised = ({ x, filter, offset, scale }: Tensors): tf.Tensor => {
  const y = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
  const { mean, variance } = tf.moments(y, [0, 1, 2]);
  const z = tf.batchNorm(y, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D);
  return second(tf.relu(z), filter);
};

const second = (x: tf.Tensor, filter: tf.Tensor) =>
  tf.conv2d(x as tf.Tensor4D, filter.slice([0, 0, 0, 0], [1, 1, -1, -1]) as tf.Tensor4D, 1, 'same');

/** The same net without it: the scale and the offset are those of the channels. */
const without = ({ x, filter, offset, scale }: Tensors): tf.Tensor => {
  const y = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
  return second(tf.relu(y.mul(scale).add(offset)), filter);
};

const gradients =
  (f: (t: Tensors) => tf.Tensor) =>
  (given: Tensors): Tensors => {
    const names = Object.keys(given);
    const grads = tf.grads((...values) =>
      f(Object.fromEntries(names.map((name, i) => [name, values[i]])))
        .square()
        .mean(),
    )(names.map((name) => given[name]));
    return { y: f(given), ...Object.fromEntries(names.map((name, i) => [`of ${name}`, grads[i]])) };
  };

describe('a batch normalisation', () => {
  const shapes = { x: [4, 6, 6, 16], filter: [3, 3, 16, 16], offset: [16], scale: [16] };

  it('has the values and the gradients of the cpu backend', async () => {
    const random = (shape: number[], mean: number, seed: number) => tf.randomNormal(shape, mean, 1, 'float32', seed);
    await expectSame(
      gradients(normalised),
      {
        ...{ x: random(shapes.x, 0, 1), filter: random(shapes.filter, 0, 2) },
        ...{ offset: random([16], 1, 3), scale: random([16], 1, 4) },
      },
      1e-4,
    );
  });

  const wide = sizeOf([4, 6, 6, 16]);
  it.each([1, 16])('multiplies a batch of images eight times at most, in blocks of %i', (block) => {
    const all = nodes(gradients(normalised), shapes, block);
    const products = all.filter(({ op, outputs }) => op === 'Mul' && sizeOf(outputs[0].shape) === wide);
    // (y − μ)², the scale, the slope of the ReLU; dy · (y − μ), and each of both times its factor; the loss and its gradient.
    expect(products.length).toBeLessThanOrEqual(8);
  });

  it('leaves no block', () => {
    const moves = (f: (t: Tensors) => tf.Tensor) =>
      nodes(gradients(f), shapes, 16).filter(
        ({ op, outputs }) => /Reorder/.test(op) && sizeOf(outputs[0].shape) === wide,
      ).length;
    expect(moves(normalised)).toBe(moves((t) => without(t)));
  });
});

const wide = [2, 3, 4, 8];
const cases: [string, (t: Tensors) => Tensors][] = [
  ['factors one after the other', ({ x, c, s }) => ({ y: x.mul(c).mul(2).mul(s) })],
  [
    'a product that is a result, and used',
    ({ x, c }) => ({ p: x.mul(c), sum: x.mul(c).sum([0, 1, 2]), exp: x.mul(c).exp() }),
  ],
  ['two products', ({ x, y, c }) => ({ sum: x.mul(c).mul(y.mul(c)).sum([0, 1, 2]), product: x.mul(c).mul(y) })],
  ['a square', ({ x, c }) => ({ sum: x.mul(c).square().sum([0, 1]) })],
  [
    'a sum along the factor',
    ({ x, c }) => ({ along: x.mul(c).sum(3), across: x.mul(c).sum([0, 3]), all: x.mul(c).sum() }),
  ],
  [
    'means, with the dimensions kept',
    ({ x, c }) => ({ mean: x.mul(c).mean([0, 1], true), other: x.mul(c).mean(3, true) }),
  ],
  [
    'factors of samples and of channels',
    ({ x, c, s }) => ({ y: x.mul(c).mul(s).sum([1, 2]), z: x.mul(s).mul(c).sum(0) }),
  ],
  ['factors that are as wide together', ({ x, c, r }) => ({ y: x.mul(r).mul(c).mul(2).sum([0]) })],
  ['a number', ({ x }) => ({ y: x.mul(3).sum([0, 1]), z: x.mul(-1).mul(x.mul(0.5)).mean() })],
  ['sums of products of one thing', ({ x, c }) => ({ y: x.mul(c).add(x.mul(2)).sub(x.mul(c).mul(c)) })],
  ['a product with nothing else', ({ x, y }) => ({ y: x.mul(y).sum([0, 1, 2]), z: y.mul(x).mul(2).sum() })],
];

it.each(cases)('%s', async (_, f) => {
  const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  await expectSame(f, {
    ...{ x: random(wide, 1), y: random(wide, 2), c: random([8], 3), s: random([2, 1, 1, 1], 4) },
    r: random([1, 3, 4, 1], 5),
  });
});

it('takes time in proportion to the graph, however often what is multiplied comes together again', () => {
  const f = ({ x, filter }: Tensors): Tensors => {
    let y: tf.Tensor = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
    for (let k = 0; k < 60; k++) y = y.mul(0.5).add(y.mul(y.mean([1, 2], true)));
    return { y };
  };
  const found = nodes(f, { x: [2, 4, 4, 16], filter: [3, 3, 16, 16] }, 16);
  expect(found.length).toBeLessThan(1000);
});
