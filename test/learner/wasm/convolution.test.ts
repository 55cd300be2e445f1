import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { expectSameGradients, noise } from './on-both.ts';

type Shape4 = [number, number, number, number];
const gradients = (x: number[], w: number[], strides: [number, number], pad: 'same' | 'valid' | number) =>
  expectSameGradients([noise(x, 1), noise(w, 2)], (x, w) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad),
  );

describe('convolution gradients on wasm equal those on cpu', () => {
  const sizes: [height: number, width: number][] = [
    [8, 8],
    [5, 7],
    [1, 6],
  ];
  const filters: [height: number, width: number][] = [
    [1, 1],
    [3, 3],
    [2, 4],
    [5, 1],
  ];
  const strides: [number, number][] = [
    [1, 1],
    [2, 2],
    [2, 1],
    [3, 3],
  ];
  for (const pad of ['same', 'valid'] as const) {
    for (const stride of strides) {
      it(`${pad}, stride ${stride.join('×')}`, async () => {
        for (const [height, width] of sizes) {
          for (const [i, j] of filters) {
            if (pad === 'valid' && (i > height || j > width)) continue;
            await gradients([2, height, width, 3], [i, j, 3, 5], stride, pad);
          }
        }
      });
    }
  }

  it('whatever the number of channels', async () => {
    for (const channels of [1, 4, 8, 13]) {
      for (const filters of [1, 4, 9]) {
        for (const stride of [1, 2]) {
          await gradients([2, 5, 6, channels], [3, 3, channels, filters], [stride, stride], 'same');
        }
      }
    }
  });

  it('with explicit padding, also more of it than the filter reaches', async () => {
    for (const stride of [1, 2]) {
      await gradients([1, 6, 5, 2], [3, 3, 2, 4], [stride, stride], 1);
      await gradients([1, 6, 5, 2], [3, 3, 2, 4], [stride, stride], 3);
      await gradients([1, 6, 5, 2], [2, 2, 2, 4], [stride, stride], 2);
    }
  });

  it('of a transposed convolution', async () => {
    for (const stride of [1, 2]) {
      for (const pad of ['same', 'valid'] as const) {
        const size = pad === 'same' ? 4 * stride : (4 - 1) * stride + 3;
        await expectSameGradients([noise([2, 4, 4, 3], 1), noise([3, 3, 5, 3], 2)], (x, w) =>
          tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, size, size, 5] as Shape4, stride, pad),
        );
      }
    }
  });

  it('with sums long enough to need partial sums', () => gradients([4, 18, 18, 3], [3, 3, 3, 4], [1, 1], 'same'));
});
