import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectSame } from './kernels.ts';
import { operations } from './operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const edges = tf.tensor1d([-7, -1e-30, 0, 1e-30, 1, 5.9999995, 6, 6.0000005, 7, 1e30]);

const forms: [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['the kernel', (x) => tf.relu6(x)],
  ['the layer', (x) => tf.layers.activation({ activation: 'relu6' }).apply(x) as tf.Tensor],
  ['the larger of two first', (x) => tf.relu(x).minimum(6)],
  ['another bound', (x) => tf.minimum(2.5, tf.relu(x))],
  ['the ReLU layer', (x) => tf.layers.reLU({ maxValue: 6 }).apply(x) as tf.Tensor],
  ['a clip from below 0', (x) => tf.clipByValue(tf.relu(x), -1, 2.5)],
  ['a clip from above 0', (x) => tf.clipByValue(tf.relu(x), 0.5, 2.5)],
  ['a clip to 0', (x) => tf.clipByValue(tf.relu(x), -1, 0)],
  ['no bound at all', (x) => tf.minimum(-1, tf.relu(x))],
];

describe.each(forms)('a bounded ReLU as %s', (_, f) => {
  it('has the value and the slope of the cpu backend on both sides of its edges', async () => {
    await expectSame(({ x }) => ({ y: f(x), slope: tf.grad((v) => f(v).mul(3).sum())(x) }), { x: edges });
  });

  it('is right after a convolution', async () => {
    const x = tf.randomNormal([2, 5, 6, 16], 0, 3, 'float32', 1);
    const filter = tf.randomNormal([1, 1, 16, 32], 0, 1, 'float32', 2);
    await expectSame(
      ({ x, filter }) => {
        const y = (x: tf.Tensor, w: tf.Tensor) => f(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'));
        const [ofX, ofFilter] = tf.grads((x, w) => y(x, w).square().sum())([x, filter]);
        return { y: y(x, filter), ofX, ofFilter };
      },
      { x, filter },
      1e-4,
    );
  });
});

describe('a bounded ReLU', () => {
  it.each([forms[0], forms[1], forms[3], forms[4], forms[5]])('compares nothing as %s', (_, f) => {
    const found = operations(({ x }) => ({ slope: tf.grad((v) => f(v).square().sum())(x) }), { x: [4] }, 16);
    expect(found.filter((op) => /Greater|Less|Cast|Where|Relu|^M[ai][xn]$/.test(op))).toEqual([]);
  });

  it.each([16, 8])('is computed within the convolution to %i channels it follows', (channels) => {
    const convolve = ({ x, filter }: Record<string, tf.Tensor>) => ({
      y: tf.relu6(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')),
    });
    const found = operations(convolve, { x: [2, 4, 4, 3], filter: [3, 3, 3, channels] }, 16);
    expect(found).toContain('nchwc.Conv');
    expect(found).not.toContain('Clip');
  });
});
