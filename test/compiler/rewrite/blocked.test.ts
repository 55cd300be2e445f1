import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { blockSize } from '../../../src/compiler/rewrite/block-size.ts';
import type { Traceable } from '../../../src/compiler/trace.ts';
import { smallCnn } from '../../../src/models/small-cnn.ts';
import { wideResnet } from '../../../src/models/wide-resnet.ts';
import { expectSame } from '../kernels.ts';
import { operations } from '../operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Loss and gradients of a classifier, by the names of its weights. */
function gradients(model: tf.LayersModel) {
  const weights = model.trainableWeights.map((w) => w.read() as tf.Variable);
  return ({ x, y }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const loss = () =>
      tf.metrics.categoricalCrossentropy(y, model.apply(x, { training: true }) as tf.Tensor).mean() as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, weights);
    return { loss: value, ...grads };
  };
}

const batch = (n: number, size: number) => ({
  x: tf.randomNormal([n, size, size, 3], 0, 1, 'float32', 1),
  y: tf
    .oneHot(
      tf.tensor1d(
        Array.from({ length: n }, (_, i) => i % 10),
        'int32',
      ),
      10,
    )
    .toFloat() as tf.Tensor,
});

/** The operations of the gradient of a classifier of 8×8 images. */
const ofGradients = (model: tf.LayersModel, block: number): string[] =>
  operations(gradients(model), { x: [4, 8, 8, 3], y: [4, 10] }, block);

describe('layOut', () => {
  it('gives the small CNN the gradients of the cpu backend', async () => {
    await expectSame(gradients(smallCnn({ inputShape: [8, 8, 3], seed: 1 })), batch(5, 8), 1e-4);
  });

  it.each(['sample', 'batch'] as const)(
    'gives a wide residual network with %s normalisation its gradients',
    async (normalization) => {
      // A gain before a further normalisation has next to no gradient: the difference of large numbers, which are the measure.
      await expectSame(
        gradients(wideResnet({ depth: 10, width: 1, inputShape: [8, 8, 3], seed: 1, normalization })),
        batch(4, 8),
        1e-4,
        0.05,
      );
    },
  );

  it('keeps the layout through convolutions whose channels fill no block', async () => {
    // Without a seed some weights put a maximum within rounding of another.
    const kernelInitializer = () => tf.initializers.glorotUniform({ seed: 3 });
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          kernelInitializer: kernelInitializer(),
          filters: 16,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          inputShape: [8, 8, 3],
        }),
        tf.layers.conv2d({
          kernelInitializer: kernelInitializer(),
          filters: 10,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
        }),
        tf.layers.conv2d({
          kernelInitializer: kernelInitializer(),
          filters: 32,
          kernelSize: 3,
          strides: 2,
          activation: 'tanh',
        }),
        tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ kernelInitializer: kernelInitializer(), units: 10, activation: 'softmax' }),
      ],
    });
    await expectSame(gradients(model), batch(3, 8), 1e-4);
  });

  it('leaves what a ReLU is given as it is where it is a result too', async () => {
    const { x } = batch(3, 8);
    const filter = tf.randomNormal([3, 3, 3, 16], 0, 1, 'float32', 2) as tf.Tensor4D;
    await expectSame(
      ({ x }) => {
        const before = tf.conv2d(x as tf.Tensor4D, filter, 1, 'same');
        // In the order in which ONNX has images: the result is the convolution itself.
        return { before: before.transpose([0, 3, 1, 2]), after: before.relu() };
      },
      { x },
      1e-4,
    );
  });

  it('moves every convolution of a residual network but those of the gradients by filters', () => {
    const found = ofGradients(wideResnet({ depth: 10, width: 1, inputShape: [8, 8, 3], seed: 1 }), 16);
    const count = (op: string) => found.filter((name) => name === op).length;
    // Nine convolutions and the gradients by their inputs, but that of the images; two shortcuts with a stride are transposed by
    // ONNX's own operation. The gradients by filters are convolutions too, in groups of images.
    expect(count('ConvTranspose')).toBe(2);
    expect(count('nchwc.Conv')).toBeGreaterThanOrEqual(9 + 6);
    expect(count('nchwc.ReorderInput')).toBeLessThan(40);
  });

  // Operands and attributes are then those of the plain convolution. It was taken for the blocked one, and its pixels for channels.
  it.each([8, 16])('moves a convolution whose filter is the same in blocks of %i', (block) => {
    const convolve: Traceable = ({ x, filter }) => ({
      y: tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
    });
    const found = operations(convolve, { x: [2, 4, 5, 1], filter: [1, 1, 1, block] }, block);
    expect(found.filter((name) => name.endsWith('Conv'))).toEqual(['nchwc.Conv']);
  });

  it('leaves the layout with a block of 1 and writes composed operations out', () => {
    const found = ofGradients(smallCnn({ inputShape: [8, 8, 3], seed: 1 }), 1);
    expect(found.filter((name) => name.startsWith('nchwc') || name === 'TiledMaxGradient')).toEqual([]);
    expect(found).toContain('Conv');
  });
});

describe('blockSize', () => {
  it('is a block this processor may have', async () => {
    expect([1, 4, 8, 16]).toContain(await blockSize(ort));
  });

  it('is 1 where the runtime has no such layout', async () => {
    const InferenceSession = { create: () => Promise.reject(new Error('no such domain')) };
    expect(await blockSize({ ...ort, InferenceSession } as never)).toBe(1);
  });
});
