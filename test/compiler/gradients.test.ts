/** Gradients that are traced as fewer kernels than TensorFlow.js has for them. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { reachable } from '../../src/compiler/graph.ts';
import { trace } from '../../src/compiler/trace.ts';
import { expectSame, noise } from './agree.ts';
import type { Tensors } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const nodes = (fn: (inputs: Tensors) => Tensors, x: tf.Tensor): number => {
  const { emitter, outputs } = trace(fn, [{ name: 'x', shape: x.shape, dtype: 'float32' }], []);
  return reachable([...outputs.values()].map((sym) => emitter.full(sym))).length;
};

/** A gradient that differs from repetition to repetition. */
const gradient =
  (reps: number[]) =>
  ({ x }: Tensors): Tensors => ({
    dx: tf.grad((x) =>
      tf
        .tile(x, reps)
        .mul(
          noise(
            x.shape.map((d, i) => d * reps[i]),
            5,
          ),
        )
        .square()
        .sum(),
    )(x),
  });

describe('the gradient of tile', () => {
  test.each([
    [[4], [3]],
    [
      [3, 4],
      [1, 5],
    ],
    [
      [3, 4],
      [2, 1],
    ],
    [
      [2, 3, 1],
      [2, 1, 6],
    ],
    [
      [2, 3, 2, 2],
      [3, 2, 1, 2],
    ],
    [
      [2, 3],
      [1, 1],
    ],
  ])('of %j repeated %j is TensorFlow.js’s', async (shape, reps) => {
    await expectSame(gradient(reps), { x: noise(shape, 1) });
  });

  test('is as small for many repetitions as for a few', () => {
    const x = noise([3, 1], 1);
    expect(nodes(gradient([1, 200]), x)).toBe(nodes(gradient([1, 2]), x));
  });

  test('keeps a gradient that the program has registered', async () => {
    const own = tf.getGradient('Tile');
    tf.registerGradient({ ...own, gradFunc: (_dy, [x]) => ({ x: () => tf.fill(x.shape, 7) }) });
    try {
      await expectSame(gradient([2, 3]), { x: noise([2, 2], 1) });
    } finally {
      tf.registerGradient(own);
    }
  });
});

test('a layer normalisation’s step is as small for a wide layer as for a narrow one', () => {
  const step = (width: number) => {
    const layer = tf.layers.layerNormalization({ inputShape: [4, width] });
    const model = tf.sequential({ layers: [layer] });
    const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
    const fn = ({ x }: Tensors): Tensors => {
      const loss = () => (model.apply(x, { training: true }) as tf.Tensor).square().sum() as tf.Scalar;
      return Object.fromEntries(Object.values(tf.variableGrads(loss, variables).grads).map((g, i) => [`g${i}`, g]));
    };
    return nodes(fn, noise([2, 4, width], 3));
  };
  expect(step(96)).toBe(step(6));
});
