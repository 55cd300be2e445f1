/**
 * Convolutions and pools on the device against the processor, over channels, kernels, strides, pads and groups: a kernel of the
 * provider that is wrong for some shapes alone would train to other weights without a word.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, test } from 'vitest';
import { compile } from '../../src/compiler/index.ts';
import { expectClose, noise } from '../compiler/agree.ts';
import { hasAdapter } from './adapter.ts';

type Tensors = Record<string, tf.Tensor>;

describe.skipIf(!hasAdapter)('on a device', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  /** Many at once: one session, and one comparison for each output. */
  async function expectSameAsProcessor(fn: (inputs: Tensors) => Tensors, inputs: Tensors): Promise<void> {
    const signature = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, { shape }]));
    const [there, here] = [{ executionProviders: ['webgpu'] }, {}].map((settings) => compile(fn, signature, settings));
    const [actual, expected] = [await there.run(inputs), await here.run(inputs)];
    for (const [name, { data }] of Object.entries(expected)) expectClose(actual[name].data, data, name);
    await there.dispose();
    await here.dispose();
  }

  /** The value of a convolution and both of its gradients. */
  function all(
    name: string,
    x: tf.Tensor4D,
    w: tf.Tensor4D,
    f: (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor,
  ): Tensors {
    const loss = (x: tf.Tensor, w: tf.Tensor) =>
      f(x as tf.Tensor4D, w as tf.Tensor4D)
        .square()
        .sum() as tf.Scalar;
    const [dx, dw] = tf.grads(loss)([x, w]);
    return { [name]: f(x, w), [`${name} ∂x`]: dx, [`${name} ∂w`]: dw };
  }

  test.each([1, 2, 3, 5, 6, 8, 9, 12])('%i channels to others', async (channels) => {
    const to = [1, 3, 4, 6, 8];
    const kernels = Object.fromEntries(
      to.flatMap((k) => [1, 3].map((size) => [`w${k}x${size}`, noise([size, size, channels, k], k + size)])),
    );
    await expectSameAsProcessor(
      ({ x, ...rest }) =>
        Object.assign(
          {},
          ...Object.entries(rest).map(([name, w]) =>
            all(name, x as tf.Tensor4D, w as tf.Tensor4D, (x, w) => tf.conv2d(x, w, 1, 'valid')),
          ),
        ),
      { x: noise([2, 5, 6, channels], 3), ...kernels },
    );
  });

  test('an image as large as the kernel, of few channels to many', async () => {
    await expectSameAsProcessor(
      ({ x, w }) => all('conv', x as tf.Tensor4D, w as tf.Tensor4D, (x, w) => tf.conv2d(x, w, 1, 'valid')),
      { x: noise([2, 3, 3, 1], 3), w: noise([3, 3, 1, 32], 4) },
    );
  });

  test.each([1, 2, 3])('stride %i, in both paddings, depthwise, and pools', async (stride) => {
    const ways = ['same', 'valid'] as const;
    await expectSameAsProcessor(
      ({ x, w, d }) =>
        Object.assign(
          {},
          ...ways.flatMap((pad) => [
            all(`conv ${pad}`, x as tf.Tensor4D, w as tf.Tensor4D, (x, w) => tf.conv2d(x, w, stride, pad)),
            all(`depthwise ${pad}`, x as tf.Tensor4D, d as tf.Tensor4D, (x, d) =>
              tf.depthwiseConv2d(x, d, stride, pad),
            ),
            all(`max ${pad}`, x as tf.Tensor4D, w as tf.Tensor4D, (x, w) =>
              tf.maxPool(x, 2, stride, pad).sum().mul(w.sum()),
            ),
            all(`mean ${pad}`, x as tf.Tensor4D, w as tf.Tensor4D, (x, w) =>
              tf.avgPool(x, 3, stride, pad).sum().mul(w.sum()),
            ),
          ]),
        ),
      { x: noise([2, 9, 8, 6], 3), w: noise([3, 3, 6, 4], 4), d: noise([3, 3, 6, 1], 5) },
    );
  });
});
