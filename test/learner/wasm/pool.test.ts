import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { expectSameGradients, type Host, integers, noise } from './on-both.ts';

type Pool = (x: tf.Tensor4D, size: number | [number, number], strides: number, pad: 'same' | 'valid') => tf.Tensor;

async function everyWindow(x: Host, pool: Pool): Promise<void> {
  for (const size of [1, 2, 3, [2, 3]] as const) {
    for (const strides of [1, 2, 3]) {
      for (const pad of ['same', 'valid'] as const) {
        await expectSameGradients([x], (x) => pool(x as tf.Tensor4D, size as number, strides, pad));
      }
    }
  }
}

describe('pooling gradients on wasm equal those on cpu', () => {
  it('of max pooling', () => everyWindow(noise([2, 7, 6, 5]), tf.maxPool));
  it('of average pooling', () => everyWindow(noise([2, 7, 6, 5]), tf.avgPool));

  it('of max pooling with ties', () => everyWindow({ ...integers([2, 7, 6, 5], 2), dtype: 'float32' }, tf.maxPool));

  it('of max pooling where a window holds nothing above minus infinity, or NaN', async () => {
    const x = noise([1, 4, 4, 2]);
    const values = Float32Array.from(x.values, (v, i) =>
      i < 20 ? Number.NEGATIVE_INFINITY : i === 25 ? Number.NaN : v,
    );
    await expectSameGradients([{ ...x, values }], (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid').step());
    const layer = (x: tf.Tensor) =>
      tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid').where(tf.zeros([1, 2, 2, 2]).equal(0), 0);
    await expectSameGradients([{ ...x, values }], layer);
  });

  it('of three-dimensional pooling', async () => {
    await expectSameGradients([noise([1, 4, 4, 4, 2])], (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'same'));
    await expectSameGradients([noise([1, 4, 4, 4, 2])], (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'same'));
  });
});
