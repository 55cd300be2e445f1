import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { expectLinearGradient, expectSame, expectSameGradients, integers, noise } from './on-both.ts';

const ints = (...values: number[]) => tf.tensor1d(values, 'int32');
const rank4 = (x: tf.Tensor) => x.reshape([2, 4, 6, 2]) as tf.Tensor4D;

describe('operations on wasm equal those on cpu', () => {
  const x = noise([8, 12]);
  const operations: Record<string, (x: tf.Tensor) => tf.Tensor | tf.Tensor[]> = {
    'scatter, gather': (x) => [
      tf.scatterND(tf.tensor2d([[1], [4], [1]], [3, 1], 'int32'), x.slice(0, 3), [8, 12]),
      // The cpu kernel writes into its input.
      tf.tensorScatterUpdate(x.mul(2), tf.tensor2d([[1], [4]], [2, 1], 'int32'), x.slice(0, 2)),
      tf.gatherND(
        x,
        tf.tensor2d(
          [
            [1, 2],
            [4, 0],
          ],
          [2, 2],
          'int32',
        ),
      ),
      tf.sparseToDense(ints(1, 3), x.flatten().slice(0, 2), [5], 0) as tf.Tensor,
    ],
    'one-hot, diagonal, ranges': (x) => [
      tf.oneHot(x.argMax(1) as tf.Tensor1D, 12),
      tf.diag(x.slice([0, 0], [1, 3]).flatten()),
      tf.eye(3),
      tf.linspace(0, 1, 7),
      tf.range(0, 5, 2, 'int32'),
      tf.fill([2, 2], 0.5),
    ],
    counts: (x) => [
      tf.bincount(x.argMax(1) as tf.Tensor1D, tf.ones([8]), 12),
      tf.denseBincount(x.argMax(1) as tf.Tensor1D, tf.ones([8]), 12),
    ],
    'top k, arg': (x) => [tf.topk(x, 3).values, tf.topk(x, 3).indices, x.argMax(0), x.argMin(1)],
    cumulative: (x) => [x.cumsum(0), x.cumprod(1, true, true)],
    'space and depth': (x) => [
      tf.spaceToBatchND(
        rank4(x),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      tf.batchToSpaceND(
        x.reshape([4, 2, 3, 4]),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      tf.depthToSpace(x.reshape([1, 2, 4, 12]) as tf.Tensor4D, 2),
    ],
    image: (x) => [
      tf.image.resizeBilinear(rank4(x), [5, 3]),
      tf.image.resizeNearestNeighbor(rank4(x), [5, 3]),
      tf.image.flipLeftRight(rank4(x)),
      tf.image.cropAndResize(rank4(x), tf.tensor2d([[0.1, 0.2, 0.8, 0.9]]), ints(1), [3, 3]),
    ],
    'comparison and logic': (x) => [
      x.greater(0),
      x.lessEqual(0.1).logicalAnd(x.greater(-0.5)),
      tf.logicalXor(x.greater(0), x.less(0.5)),
      x.greater(0).any(1),
      x.greater(-2).all(0),
      x.isNaN(),
      x.div(0).isInf(),
      x.isFinite(),
    ],
    'casts and integers': (x) => [
      x.mul(10).toInt(),
      x.mul(10).toInt().add(3).mul(tf.scalar(2, 'int32')),
      tf.floorDiv(x.mul(10).toInt(), tf.scalar(3, 'int32')),
      x.toBool(),
      x.mul(10).toInt().sum(),
      x.mul(10).toInt().max(1),
      x.greater(0).sum(1),
      x.mul(10).toInt().square(),
      x.mul(10).toInt().abs().neg(),
      tf.maximum(x.mul(10).toInt(), tf.scalar(1, 'int32')),
    ],
    rounding: (x) => [x.mul(5).round(), x.mul(5).ceil(), x.mul(5).floor(), x.reciprocal(), x.sign(), x.abs().rsqrt()],
    'reverse, strided slice, roll': (x) => [
      x.reverse(1),
      tf.stridedSlice(x, [7, 1], [0, 12], [-2, 3]),
      tf.reverse(x, [0, 1]),
      tf.concat([x.slice(2), x.slice(0, 2)], 0),
    ],
    broadcasts: (x) => [x.add(x.slice(0, 1)), x.sub(x.slice([0, 0], [8, 1])), tf.broadcastTo(x.slice(0, 1), [4, 12])],
    'unique, search': (x) => [
      tf.unique(x.argMax(1)).values,
      tf.lowerBound(tf.tensor1d([0, 0.2, 0.5]), x.flatten().slice(0, 10) as tf.Tensor1D),
    ],
    'where, select': (x) => [
      tf.where(x.greater(0), x, x.mul(2)),
      tf.where(x.slice([0, 0], [8, 1]).greater(0), x, x.neg()),
    ],
    softmax: (x) => [x.softmax(), x.logSoftmax(), x.reshape([2, 4, 12]).softmax()],
    'local response': (x) => tf.localResponseNormalization(rank4(x), 2),
    transposes: (x) => [x.transpose(), x.reshape([2, 4, 12]).transpose([2, 0, 1]), rank4(x).transpose([0, 3, 1, 2])],
    pooling: (x) => [tf.pool(rank4(x), [2, 2], 'max', 'same', [2, 2]), tf.pool(rank4(x), [2, 2], 'avg', 'valid', 1, 1)],
  };
  for (const [name, f] of Object.entries(operations)) it(name, () => expectSame([x], f));

  it('of integers', () =>
    expectSame([integers([6], 9, 1), integers([6], 5, 2)], (a, b) => [
      a.add(b),
      a.mul(b),
      a.sub(b),
      tf.mod(a, b.add(1)),
    ]));
});

describe('gradients of operations on wasm equal those on cpu', () => {
  const x = noise([8, 12]);
  const operations: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    'max pooling 3d': (x) => tf.maxPool3d(x.reshape([1, 4, 4, 3, 2]) as tf.Tensor5D, 2, 1, 'same'),
    'average pooling 3d': (x) => tf.avgPool3d(x.reshape([1, 4, 4, 3, 2]) as tf.Tensor5D, 2, 1, 'valid'),
    'conv 3d': (x) => tf.conv3d(x.reshape([1, 4, 4, 3, 2]) as tf.Tensor5D, tf.ones([2, 2, 2, 2, 3]), 2, 'same'),
    'dilation 2d': (x) => tf.dilation2d(rank4(x), tf.ones([2, 2, 2]).mul(0.1) as tf.Tensor3D, 1, 'same'),
    'dilation 2d, strides': (x) => tf.dilation2d(rank4(x), tf.ones([2, 2, 2]).mul(0.1) as tf.Tensor3D, 2, 'valid'),
    'batch to space': (x) =>
      tf.batchToSpaceND(
        x.reshape([4, 2, 3, 4]),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    gather: (x) => tf.gather(x, ints(1, 1, 5)),
    'local response': (x) => tf.localResponseNormalization(rank4(x), 2),
  };
  for (const [name, f] of Object.entries(operations)) it(name, () => expectSameGradients([x], f));

  it('conv 3d with respect to its filter', () =>
    expectSameGradients([noise([1, 4, 4, 3, 2], 1), noise([2, 2, 2, 2, 3], 2)], (x, w) =>
      tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same'),
    ));

  it('dilation 2d with respect to its filter', () =>
    expectSameGradients([noise([2, 4, 6, 2], 1), noise([2, 2, 2], 2)], (x, w) =>
      tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, 1, 'same'),
    ));

  // Of a resized image the cpu backend's gradients are wrong: nearest for more than one image, bilinear for images that
  // are not square. Resizing is linear, so that differences are exact.
  it('resize', async () => {
    const sizes: [number, number][] = [
      [8, 12],
      [3, 2],
      [7, 9],
    ];
    for (const size of sizes) {
      for (const corners of [false, true]) {
        await expectLinearGradient(noise([2, 4, 6, 2]), (x) =>
          tf.image.resizeBilinear(x as tf.Tensor4D, size, corners),
        );
        await expectLinearGradient(noise([2, 4, 6, 2]), (x) =>
          tf.image.resizeNearestNeighbor(x as tf.Tensor4D, size, corners),
        );
      }
    }
  });
});
