import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, it } from 'vitest';
import { expectSame } from './kernels.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const geometries = [
  ['2×2 tiles', [3, 8, 6, 5], 2, 2, 'valid'],
  ['3×2 tiles', [2, 9, 8, 2], [3, 2], [3, 2], 'valid'],
  ['2×2 with a row left over', [2, 7, 7, 3], 2, 2, 'valid'],
  ['2×2, padded at the end', [2, 7, 5, 3], 2, 2, 'same'],
  ['3×3 overlapping', [2, 8, 9, 3], 3, 2, 'same'],
  ['3×3 overlapping, stride 1', [1, 6, 6, 2], 3, 1, 'same'],
  ['gaps between windows', [2, 9, 9, 2], 2, 3, 'valid'],
] as const;

/** Small whole numbers: most windows hold several equal maxima. */
const tied = (shape: readonly number[]) => tf.randomUniform([...shape], 0, 3, 'float32', 5).floor();
const distinct = (shape: readonly number[]) => tf.randomNormal([...shape], 0, 1, 'float32', 1);

type Pool = (x: tf.Tensor4D) => tf.Tensor;

async function check(x: tf.Tensor, pool: Pool): Promise<void> {
  const weights = tf.randomNormal(pool(x as tf.Tensor4D).shape, 0, 1, 'float32', 2);
  await expectSame(
    ({ x, weights }) => ({
      y: pool(x as tf.Tensor4D),
      gradient: tf.grad((x) =>
        pool(x as tf.Tensor4D)
          .mul(weights)
          .sum(),
      )(x),
    }),
    { x, weights },
  );
}

describe('max pool', () => {
  it.each(geometries)('%s', async (_, shape, size, stride, pad) => {
    const pool: Pool = (x) => tf.maxPool(x, size as number, stride as number, pad);
    await check(distinct(shape), pool);
    await check(distinct(shape).sub(5), pool);
  });

  it.each(geometries)('%s: the first of equal maxima takes the gradient', async (_, shape, size, stride, pad) => {
    await check(tied(shape), (x) => tf.maxPool(x, size as number, stride as number, pad));
  });
});

describe('average pool', () => {
  it.each(geometries)('%s', async (_, shape, size, stride, pad) => {
    await check(distinct(shape), (x) => tf.avgPool(x, size as number, stride as number, pad));
  });
});
