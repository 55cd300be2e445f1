/** Reductions, in the shapes that ONNX Runtime is fast at. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../../src/compiler/index.ts';
import { expectSame } from '../kernels.ts';
import { nodes } from '../operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const reductions = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod };

/** The shape, the dimensions that are reduced, and the shape in which ONNX Runtime reduces it. */
const cases: [number[], number[], number[]][] = [
  [[4, 3, 5, 1], [2], [12, 5]],
  [
    [4, 1, 3, 1, 5],
    [0, 1, 2],
    [12, 5],
  ],
  [
    [1, 6, 5],
    [0, 1],
    [6, 5],
  ],
  [[6, 5], [0], [6, 5]],
  [[6, 5], [1], [6, 5]],
  [[3, 4, 5], [1], [3, 4, 5]],
  [
    [3, 4, 5, 2],
    [1, 2],
    [3, 20, 2],
  ],
  [
    [3, 4, 5, 2],
    [0, 2],
    [3, 4, 5, 2],
  ],
  [[3, 4, 5], [0, 1, 2], [60]],
  [[2, 3, 1], [2], [6]],
];

describe.each(Object.entries(reductions))('%s', (name, reduce) => {
  it.each(cases)('of %j over %j', async (shape, axes, reduced) => {
    const x = tf.randomUniform(shape, -1.5, 2, 'float32', 3);
    for (const keepDims of [false, true]) {
      const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: reduce(x, axes, keepDims).mul(2) });
      await expectSame(fn, { x });
      const found = nodes(fn, { x: shape }, 1);
      const reduction = found.find(({ op }) => op.startsWith('Reduce'));
      const product = found.find(({ op }) => op === 'MatMul');
      const summed = (name === 'sum' || name === 'mean') && reduced.length === 2 && axes[0] === 0;
      if (summed) expect(product!.inputs.map((input) => input!.shape)).toEqual([[1, reduced[0]], reduced]);
      else expect(product).toBeUndefined();
      const idle = axes.every((axis) => shape[axis] === 1);
      if (summed || idle) expect(reduction).toBeUndefined();
      else expect(reduction!.inputs[0]!.shape).toEqual(reduced);
    }
    x.dispose();
  });
});

it('whole numbers are summed as such', async () => {
  const x = tf.tensor2d([16_777_217, 2, 3, 4], [2, 2], 'int32');
  await expectSame(({ x }) => ({ y: x.sum(0) }), { x }, 1e-12);
});

it('infinite numbers, and what is none, are summed as such', async () => {
  const x = tf.tensor2d([Number.NaN, 1, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 4], [2, 3]);
  const compiled = compile(({ x }) => ({ y: x.sum(0) }), { x: { shape: [2, 3] } });
  const { y } = await compiled.run({ x });
  expect(Array.from(y.data)).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 6]);
  await compiled.dispose();
});

it('a sum over very many rows carries no ones along', async () => {
  const shape = [2 ** 17, 2];
  const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: x.sum(0) });
  expect(nodes(fn, { x: shape }, 1).map(({ op }) => op)).not.toContain('MatMul');
  const x = tf.randomUniform(shape, 0, 1, 'float32', 3);
  await expectSame(fn, { x }, 1e-4);
});

it('also in the body of a loop', async () => {
  const lstm = tf.layers.lstm({ units: 3, inputShape: [6, 2] });
  const x = tf.randomNormal([4, 6, 2], 0, 1, 'float32', 5);
  lstm.apply(x);
  const fn = ({ x }: Record<string, tf.Tensor>) => {
    const grads = tf.variableGrads(() => (lstm.apply(x) as tf.Tensor).square().sum().asScalar());
    return Object.fromEntries(Object.values(grads.grads).map((grad, i) => [`g${i}`, grad as tf.Tensor]));
  };
  await expectSame(fn, { x });
});
