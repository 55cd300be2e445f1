import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { useWasm } from '../../support/wasm.ts';
import { expectSame, expectSameGradients, integers, noise } from './on-both.ts';

describe('matrix products on wasm equal those on cpu', () => {
  const sizes: [m: number, n: number, k: number][] = [
    [1, 1, 1],
    [4, 8, 3],
    [7, 13, 5],
    [9, 10, 600],
  ];
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      it(`of ${transposeA ? 'Aᵀ' : 'A'}·${transposeB ? 'Bᵀ' : 'B'} and their gradients`, async () => {
        for (const [m, n, k] of sizes) {
          for (const [batchA, batchB] of [
            [[], []],
            [[3], [3]],
            [[3], [1]],
          ] as number[][][]) {
            const a = noise([...batchA, ...(transposeA ? [k, m] : [m, k])], 1);
            const b = noise([...batchB, ...(transposeB ? [n, k] : [k, n])], 2);
            const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, transposeA, transposeB);
            await expectSame([a, b], product);
            // TensorFlow.js does not sum the gradient of a broadcast batch, on any backend.
            if (batchA.join() === batchB.join()) await expectSameGradients([a, b], product);
          }
        }
      });
    }
  }

  // The cpu kernel is wrong where both batches are broadcast, so that the oracle is one product per matrix.
  it('of batches that are both broadcast', async () => {
    await useWasm();
    tf.tidy(() => {
      const a = tf.tensor4d(Array.from(noise([2, 1, 3, 4], 1).values), [2, 1, 3, 4]);
      const b = tf.tensor4d(Array.from(noise([1, 3, 4, 5], 2).values), [1, 3, 4, 5]);
      const product = tf.matMul(a, b);
      expect(product.shape).toEqual([2, 3, 3, 5]);
      for (let i = 0; i < 2; i++) {
        for (let j = 0; j < 3; j++) {
          const [left, right] = [a.slice([i, 0], [1, 1]).reshape([3, 4]), b.slice([0, j], [1, 1]).reshape([4, 5])];
          const expected = tf.matMul(left as tf.Tensor2D, right as tf.Tensor2D).dataSync();
          expect(product.slice([i, j], [1, 1]).dataSync()).toEqual(expected);
        }
      }
    });
  });

  it('of matrices wide enough to be packed', async () => {
    await expectSame([noise([65, 21], 1), noise([21, 1031], 2)], (a, b) => tf.matMul(a, b));
    await expectSame([noise([21, 65], 1), noise([1031, 21], 2)], (a, b) => tf.matMul(a, b, true, true));
  });

  it('of integers', () => expectSame([integers([3, 4], 9, 1), integers([4, 2], 9, 2)], (a, b) => tf.matMul(a, b)));
});
