import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { expectSame, expectSameGradients, integers, noise } from './on-both.ts';

describe('segment sums on wasm equal those on cpu', () => {
  it('of vectors and matrices', async () => {
    for (const shape of [[20], [20, 3], [20, 2, 4]]) {
      await expectSame([noise(shape), integers([20], 6)], (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 6));
    }
  });

  it('dropping what lies outside the segments', () =>
    expectSame([noise([8, 2]), { shape: [8], values: [0, 1, -1, 5, 2, 2, 9, 0], dtype: 'int32' }], (x, ids) =>
      tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5),
    ));

  it('of integers, as floats', () =>
    expectSame([integers([9, 2], 50), integers([9], 3)], (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 3)));

  it('as the gradient of a gather', async () => {
    for (const axis of [0, 1]) {
      await expectSameGradients([noise([5, 6, 2])], (x) => tf.gather(x, tf.tensor1d([4, 0, 4, 1], 'int32'), axis));
    }
  });
});
