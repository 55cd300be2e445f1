/** Sums within matrix products. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { float } from '../../../src/compiler/graph.ts';
import { expectSame } from '../kernels.ts';
import { nodes } from '../operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Tensors = Record<string, tf.Tensor>;

const product = ({ a, b }: Tensors) => tf.matMul(a, b, true);
const given = (): Tensors => ({
  a: tf.randomNormal([7, 5], 0, 1, 'float32', 1),
  b: tf.randomNormal([7, 3], 0, 1, 'float32', 2),
  y: tf.randomNormal([5, 3], 0, 1, 'float32', 3),
});

/** What is summed, and what its product multiplies the other term by; null if it is not summed within the product. */
const sums: [string, (t: Tensors) => tf.Tensor, number | null][] = [
  ['y + ab', (t) => t.y.add(product(t)), 1],
  ['0.9 y + ab', (t) => t.y.mul(0.9).add(product(t)), 0.9],
  ['ab + 0.9 y', (t) => product(t).add(tf.mul(0.9, t.y)), 0.9],
  ['0.9 y + 0.1 ab', (t) => t.y.mul(0.9).add(product(t).mul(0.1)), 0.9],
  ['0.9 y − ab', (t) => t.y.mul(0.9).sub(product(t)), null],
  ['0.9 y that is wanted elsewhere', (t) => t.y.mul(0.9).add(product(t)).mul(t.y.mul(0.9)), 1],
  ['nothing of y + ab', (t) => t.y.mul(0).add(product(t)), 1],
];

describe('a sum with a product', () => {
  it.each(sums)('%s', async (_, fn, factor) => {
    const tensors = given();
    await expectSame((t) => ({ sum: fn(t) }), tensors);
    const shapes = Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
    const found = nodes((t) => ({ sum: fn(t) }), shapes, 1);
    const sum = found.find(({ op, inputs }) => op === 'Gemm' && inputs.length === 3);
    expect(sum === undefined).toBe(factor === null);
    expect(found.some(({ op }) => op === 'Add')).toBe(false);
    if (factor !== null) expect(sum!.attributes.beta).toEqual(factor === 1 ? undefined : float(Math.fround(factor)));
  });
});
