import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { imagesPerGroup } from '../../src/compiler/lower/convolution-gradients.ts';
import { expectSame } from './kernels.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const images = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

interface Case {
  batch: number;
  size: [number, number];
  channels: [number, number];
  kernel: [number, number];
  stride: [number, number] | number;
  pad: 'same' | 'valid';
}

type Convolve = (x: tf.Tensor, filter: tf.Tensor) => tf.Tensor;

/** Value and both gradients of a convolution, weighted at random so that no two entries are treated alike. */
async function check(x: tf.Tensor, filter: tf.Tensor, convolve: Convolve): Promise<void> {
  const weights = images(convolve(x, filter).shape, 3);
  await expectSame(
    ({ x, filter, weights }) => {
      const grads = tf.grads((x, filter) => convolve(x, filter).mul(weights).sum())([x, filter]);
      return { y: convolve(x, filter), ofX: grads[0], ofFilter: grads[1] };
    },
    { x, filter, weights },
  );
}

const named = ({ batch, size, channels, kernel, stride, pad }: Case) =>
  `${batch}×${size.join('×')}×${channels[0]} → ${channels[1]}, ${kernel.join('×')}, stride ${stride}, ${pad}`;

const cases: Case[] = [
  { batch: 2, size: [8, 8], channels: [3, 5], kernel: [3, 3], stride: 1, pad: 'same' },
  { batch: 2, size: [8, 8], channels: [4, 40], kernel: [3, 3], stride: 1, pad: 'same' },
  { batch: 3, size: [9, 7], channels: [2, 4], kernel: [3, 3], stride: 1, pad: 'valid' },
  { batch: 4, size: [8, 8], channels: [16, 32], kernel: [3, 3], stride: 2, pad: 'same' },
  { batch: 3, size: [9, 7], channels: [2, 4], kernel: [3, 3], stride: 2, pad: 'same' },
  { batch: 2, size: [10, 9], channels: [3, 2], kernel: [3, 3], stride: 2, pad: 'valid' },
  { batch: 2, size: [11, 12], channels: [3, 2], kernel: [5, 4], stride: 3, pad: 'same' },
  { batch: 2, size: [11, 12], channels: [3, 2], kernel: [2, 5], stride: [3, 2], pad: 'valid' },
  { batch: 4, size: [6, 6], channels: [16, 32], kernel: [1, 1], stride: 1, pad: 'same' },
  { batch: 2, size: [17, 16], channels: [16, 3], kernel: [1, 1], stride: 1, pad: 'same' },
  { batch: 2, size: [7, 6], channels: [5, 20], kernel: [1, 1], stride: 2, pad: 'same' },
  { batch: 1, size: [5, 1], channels: [2, 3], kernel: [3, 1], stride: 1, pad: 'same' },
  { batch: 2, size: [4, 4], channels: [1, 1], kernel: [4, 4], stride: 1, pad: 'valid' },
  // One channel, one tap and whole blocks of results, forward and in the gradient by x: such filters are the same in blocks.
  { batch: 2, size: [4, 5], channels: [1, 16], kernel: [1, 1], stride: 1, pad: 'same' },
  { batch: 2, size: [5, 4], channels: [4, 1], kernel: [2, 2], stride: 2, pad: 'same' },
];

describe('conv2d', () => {
  it.each(cases.map((c) => [named(c), c] as const))('%s', async (_, { batch, size, channels, kernel, stride, pad }) => {
    const x = images([batch, ...size, channels[0]], 1);
    const filter = images([...kernel, ...channels], 2);
    await check(x, filter, (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad));
  });

  it('agrees for any geometry', async () => {
    const geometry = fc.record({
      batch: fc.integer({ min: 1, max: 4 }),
      size: fc.tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 3, max: 9 })),
      channels: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 12 })),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      pad: fc.constantFrom<('same' | 'valid' | number)[]>('same', 'valid', 1),
    });
    await fc.assert(
      fc.asyncProperty(geometry, async ({ batch, size, channels, kernel, stride: strides, pad }) => {
        // TensorFlow.js takes the stride of the height for both when the pad is a number.
        const stride = typeof pad === 'number' ? strides[0] : strides;
        const rounding = typeof pad === 'number' ? 'floor' : undefined;
        const x = images([batch, ...size, channels[0]], 1);
        const filter = images([...kernel, ...channels], 2);
        await check(x, filter, (x, f) =>
          tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad as 'same', 'NHWC', 1, rounding),
        );
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  it.each([1, 2].flatMap((stride) => [1, 2].map((pad) => [stride, pad])))(
    'a kernel that is not square, stride %i, with a pad that is a number, %i: TensorFlow.js takes the height for both sides',
    async (stride, pad) => {
      for (const kernel of [
        [3, 1],
        [3, 2],
        [1, 3],
        [2, 3],
        [1, 1],
      ] as const) {
        for (const size of [
          [6, 5],
          [5, 3],
          [3, 1],
        ]) {
          const x = images([2, ...size, 3], 1);
          const filter = images([...kernel, 3, 4], 2);
          await check(x, filter, (x, f) =>
            tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad, 'NHWC', 1, 'floor'),
          );
        }
      }
    },
  );

  it.each([
    // More on one side than the kernel is long.
    [
      [2, 3],
      [
        [0, 0],
        [0, 4],
        [3, 0],
        [0, 0],
      ],
    ],
    [
      [2, 2],
      [
        [0, 0],
        [1, 0],
        [0, 3],
        [0, 0],
      ],
    ],
  ] as const)('a kernel of %j with pads %j', async (kernel, pads) => {
    const [x, filter] = [images([2, 5, 4, 3], 1), images([...kernel, 3, 4], 2)];
    const explicit = pads as unknown as 'same';
    await check(x, filter, (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, explicit));
  });

  it('and where no window reaches anything', async () => {
    const [x, filter] = [images([2, 6, 3, 2], 1), images([5, 1, 2, 3], 2)];
    await check(x, filter, (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 1, 'NHWC', 1, 'floor'));
  });

  it('dilated, forward', async () => {
    const [x, filter] = [images([2, 9, 8, 3], 1), images([3, 2, 3, 4], 2)];
    for (const pad of ['same', 'valid'] as const) {
      await expectSame(
        ({ x, filter }) => ({ y: tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad, 'NHWC', [2, 3]) }),
        { x, filter },
      );
    }
  });

  it('fused with a bias and an activation', async () => {
    // The twelve channels are filled up to a block.
    const [x, filter, bias] = [images([2, 6, 6, 3], 1), images([3, 3, 3, 12], 2), images([12], 3)];
    for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid'] as const) {
      await expectSame(
        ({ x, filter, bias }): Record<string, tf.Tensor> => {
          const f = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
            tf.fused.conv2d({
              x: x as tf.Tensor4D,
              filter: filter as tf.Tensor4D,
              bias,
              strides: 1,
              pad: 'same',
              activation,
            });
          if (activation === 'elu' || activation === 'sigmoid') return { y: f(x, filter, bias) };
          const grads = tf.grads((x, filter, bias) => f(x, filter, bias).square().sum())([x, filter, bias]);
          return { y: f(x, filter, bias), ofX: grads[0], ofFilter: grads[1], ofBias: grads[2] };
        },
        { x, filter, bias },
      );
    }
  });

  it.each([
    ['stride 1', 1, [2, 5, 5, 3]],
    ['stride 2', 2, [2, 10, 10, 3]],
  ] as const)('transposed, %s', async (_, stride, outShape) => {
    const [x, filter] = [images([2, 5, 5, 4], 1), images([3, 3, 3, 4], 2)];
    await check(x, filter, (x, f) =>
      tf.conv2dTranspose(
        x as tf.Tensor4D,
        f as tf.Tensor4D,
        [...outShape] as [number, number, number, number],
        stride,
        'same',
      ),
    );
  });
});

describe('depthwise', () => {
  it('dilated, forward', async () => {
    await expectSame(
      ({ x, filter }) => ({ y: tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same', 'NHWC', 2) }),
      { x: images([2, 9, 8, 3], 1), filter: images([3, 3, 3, 2], 2) },
    );
  });

  it.each([1, 2])('a kernel that is not square, with a pad that is a number, stride %i', async (stride) => {
    for (const kernel of [
      [3, 1],
      [1, 3],
    ] as const) {
      const [x, filter] = [images([2, 6, 5, 3], 1), images([...kernel, 3, 2], 2)];
      await check(x, filter, (x, f) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, 1, 'NHWC', 1, 'floor'),
      );
    }
  });
});

describe('imagesPerGroup', () => {
  it('fills the products of small images and divides the batch', () => {
    expect(imagesPerGroup(128, 1024)).toBe(1);
    expect(imagesPerGroup(128, 64)).toBe(4);
    expect(imagesPerGroup(128, 16)).toBe(16);
    expect(imagesPerGroup(6, 16)).toBe(2);
    expect(imagesPerGroup(7, 1)).toBe(1);
  });
});
