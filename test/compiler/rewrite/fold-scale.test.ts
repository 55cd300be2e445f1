import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sizeOf } from '../../../src/compiler/dtype.ts';
import { expectSame } from '../kernels.ts';
import { nodes } from '../operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Tensors = Record<string, tf.Tensor>;

const convolve = (x: tf.Tensor, filter: tf.Tensor, stride = 1) =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, 'same');
const depthwise = (x: tf.Tensor, filter: tf.Tensor, stride = 1) =>
  tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, 'same');
const normalise = (y: tf.Tensor, { mean, variance, offset, scale }: Tensors) =>
  tf.batchNorm(
    y as tf.Tensor4D,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    offset as tf.Tensor1D,
    scale as tf.Tensor1D,
    1e-3,
  );

/** The value and the gradients by everything but the statistics. */
const gradients =
  (f: (t: Tensors) => tf.Tensor) =>
  (given: Tensors): Tensors => {
    const names = Object.keys(given).filter((name) => name !== 'mean' && name !== 'variance');
    const grads = tf.grads((...values) =>
      f({ ...given, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) })
        .square()
        .mean(),
    )(names.map((name) => given[name]));
    return { y: f(given), ...Object.fromEntries(names.map((name, i) => [`of ${name}`, grads[i]])) };
  };

function tensors(x: number[], filter: number[], channels: number): Tensors {
  return {
    x: tf.randomNormal(x, 0, 1, 'float32', 1),
    filter: tf.randomNormal(filter, 0, 0.5, 'float32', 2),
    mean: tf.randomNormal([channels], 0, 1, 'float32', 3),
    variance: tf.randomUniform([channels], 0.2, 2, 'float32', 4),
    offset: tf.randomNormal([channels], 1, 1, 'float32', 5),
    scale: tf.randomNormal([channels], 1, 1, 'float32', 6),
  };
}

const nets: [string, (t: Tensors) => tf.Tensor, number[], number[], number][] = [
  ['a convolution', (t) => normalise(convolve(t.x, t.filter), t).relu(), [3, 6, 5, 4], [3, 3, 4, 6], 6],
  ['a convolution in blocks', (t) => normalise(convolve(t.x, t.filter), t).relu6(), [2, 6, 6, 16], [3, 3, 16, 32], 32],
  ['a convolution with a stride', (t) => normalise(convolve(t.x, t.filter, 2), t), [2, 8, 7, 3], [3, 3, 3, 16], 16],
  ['a pointwise one', (t) => normalise(convolve(t.x, t.filter), t).relu6(), [4, 6, 6, 16], [1, 1, 16, 32], 32],
  ['a pointwise one of one image', (t) => normalise(convolve(t.x, t.filter), t), [1, 6, 6, 8], [1, 1, 8, 8], 8],
  ['a large filter', (t) => normalise(convolve(t.x, t.filter), t), [1, 2, 2, 8], [3, 3, 8, 16], 16],
  ['a depthwise one', (t) => normalise(depthwise(t.x, t.filter), t).relu6(), [2, 6, 6, 16], [3, 3, 16, 1], 16],
  ['one of eight channels', (t) => normalise(depthwise(t.x, t.filter), t).relu6(), [2, 6, 6, 8], [3, 3, 8, 1], 8],
  ['a depthwise one with a stride', (t) => normalise(depthwise(t.x, t.filter, 2), t), [2, 7, 8, 5], [3, 3, 5, 1], 5],
  ['a depthwise one with two filters', (t) => normalise(depthwise(t.x, t.filter), t), [2, 6, 6, 8], [3, 3, 8, 2], 16],
  [
    'a convolution with a bias',
    (t) => normalise(convolve(t.x, t.filter).add(t.offset), t).relu(),
    [3, 6, 5, 4],
    [3, 3, 4, 6],
    6,
  ],
  [
    'a convolution that is used elsewhere',
    (t) => {
      const y = convolve(t.x, t.filter);
      return normalise(y, t).relu().add(y);
    },
    [3, 6, 5, 4],
    [3, 3, 4, 6],
    6,
  ],
  [
    'statistics of the batch',
    (t) => {
      const y = convolve(t.x, t.filter);
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      return normalise(y, { ...t, mean, variance }).relu();
    },
    [3, 6, 5, 4],
    [3, 3, 4, 6],
    6,
  ],
  ['images that no convolution made', (t) => normalise(t.x.tanh(), t).mul(t.filter), [3, 6, 5, 4], [1, 1, 1, 4], 4],
];

describe('normalisation after', () => {
  it.each(nets)('%s has the gradients of the cpu backend', async (_, f, x, filter, channels) => {
    await expectSame(gradients(f), tensors(x, filter, channels), 1e-4);
  });

  it.each([
    ['a convolution', nets[1]],
    ['a pointwise one', nets[3]],
    ['a depthwise one', nets[6]],
    ['one of eight channels', nets[7]],
  ])('%s leaves no product over its images but with the slope', (_, [, f, x, filter, channels]) => {
    const ofAll = gradients((t) => f(t).relu6());
    const shapes = Object.fromEntries(Object.entries(tensors(x, filter, channels)).map(([name, t]) => [name, t.shape]));
    const onlyGradients = (t: Tensors): Tensors => {
      const { y: _, ...rest } = ofAll(t);
      return rest;
    };
    const images = x[0] * x[1] * x[2] * channels;
    const wide = nodes(onlyGradients, shapes, 16).filter(({ outputs }) => sizeOf(outputs[0].shape) === images);
    const byChannel = wide.filter(({ inputs }) => inputs.some((v) => v && sizeOf(v.shape) === channels));
    expect(byChannel.filter(({ op }) => op === 'Mul' || op === 'Add' || op === 'Sub')).toEqual([]);
  });
});
