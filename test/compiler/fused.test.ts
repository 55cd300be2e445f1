/** What is written as one node where TensorFlow.js has several, and the other way round. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { reachable } from '../../src/compiler/graph.ts';
import { trace } from '../../src/compiler/trace.ts';
import { expectSame, noise } from './agree.ts';
import type { Tensors } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The operations of a function's graph. */
function operations(fn: (inputs: Tensors) => Tensors, inputs: Tensors): string[] {
  const ports = Object.entries(inputs).map(([name, x]) => ({ name, shape: x.shape, dtype: 'float32' as const }));
  const { emitter, outputs } = trace(fn, ports, []);
  return reachable([...outputs.values()].map((s) => emitter.full(s))).map(({ op }) => op);
}

describe('a bias added to a convolution', () => {
  const x = noise([2, 5, 5, 3], 1);
  const filter = noise([3, 3, 3, 4], 2);
  const conv = (x: tf.Tensor): tf.Tensor4D => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
  const bias = noise([4], 3);

  it('is part of it, on either side and in either shape', async () => {
    const fn = ({ x, bias }: Tensors): Tensors => ({
      right: conv(x).add(bias),
      left: bias.add(conv(x)),
      wide: conv(x).add(bias.reshape([1, 1, 1, 4])),
    });
    await expectSame(fn, { x, bias });
    expect(operations(fn, { x, bias }).filter((op) => op === 'Add')).toEqual([]);
  });

  it('is the same node as the fused kernel', () => {
    const fused = ({ x, bias }: Tensors): Tensors => ({
      fused: tf.fused.conv2d({
        ...{ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 1, pad: 'same' },
        ...{ bias, activation: 'relu' },
      }),
      parts: conv(x).add(bias).relu(),
    });
    expect(operations(fused, { x, bias }).filter((op) => op === 'Conv')).toHaveLength(1);
  });

  it.each([[[5, 1, 1]], [[2, 1, 1, 4]], [[1]], [[]], [[2, 1, 1, 1]], [[5, 5, 4]]])(
    'is no bias with shape [%s]',
    async (shape) => {
      await expectSame(({ x, y }) => ({ sum: conv(x).add(y) }), { x, y: noise(shape, 4) });
    },
  );

  it('leaves the convolution without it to others', async () => {
    const fn = ({ x, bias }: Tensors): Tensors => {
      const y = conv(x);
      return { y, z: y.add(bias), twice: y.add(bias).add(bias), both: y.add(y) };
    };
    await expectSame(fn, { x, bias });
  });

  it('has its gradients', async () => {
    const loss = (x: tf.Tensor, bias: tf.Tensor): tf.Scalar => conv(x).add(bias).relu().square().sum() as tf.Scalar;
    await expectSame(
      ({ x, bias }) => {
        const [dx, db] = tf.grads(loss)([x, bias]);
        return { dx, db };
      },
      { x, bias },
    );
  });
});

describe('a fused matrix product', () => {
  const product = (a: number[], b: number[], bias?: number[], activation?: 'relu' | 'prelu') =>
    expectSame(
      ({ a, b, bias, alpha }) => ({
        y: tf.fused.matMul({
          a,
          b,
          ...{ bias, activation },
          ...(activation === 'prelu' && { preluActivationWeights: alpha }),
        }),
      }),
      { a: noise(a, 1), b: noise(b, 2), ...(bias && { bias: noise(bias, 3) }), alpha: noise([b.at(-1)!], 4) },
    );

  test('of matrices', () => product([3, 4], [4, 5], [5], 'relu'));
  test('with a bias for each element', () => product([3, 4], [4, 5], [3, 5], 'relu'));
  test('with weights of its activation', () => product([3, 4], [4, 5], [5], 'prelu'));
  test('of a batch of one', () => product([1, 3, 4], [1, 4, 5], [5]));
  test('of batches', () => product([2, 3, 4], [2, 4, 5], [5], 'relu'));
  test('of one matrix and a batch', () => product([1, 3, 4], [2, 4, 5], undefined, 'relu'));
  test('of a batch and one matrix', () => product([2, 3, 4], [1, 4, 5], [5]));
});
