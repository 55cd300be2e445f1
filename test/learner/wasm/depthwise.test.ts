import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { useWasm } from '../../support/wasm.ts';
import { expectSameGradients, noise } from './on-both.ts';

describe('depthwise convolution gradients', () => {
  it('on wasm equal those on cpu', async () => {
    for (const stride of [1, 2]) {
      for (const pad of ['same', 'valid'] as const) {
        for (const [size, multiplier] of [
          [1, 2],
          [2, 1],
          [3, 3],
        ]) {
          await expectSameGradients([noise([2, 5, 6, 3], 1), noise([size, size, 3, multiplier], 2)], (x, w) =>
            tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad),
          );
        }
      }
    }
  });

  // TensorFlow.js refuses gradients of dilated convolutions, and its cpu kernels ignore the dilation: the oracle is that
  // a linear map and its adjoint agree, ⟨dY, X∗W⟩ = ⟨dX, X⟩ = ⟨dW, W⟩.
  it('with dilation are adjoint to the convolution', async () => {
    await useWasm();
    tf.tidy(() => {
      const tensor = (shape: number[], seed: number) =>
        tf.tensor4d(Array.from(noise(shape, seed).values), shape as never);
      const x = tensor([2, 7, 6, 3], 1);
      const w = tensor([3, 2, 3, 2], 2);
      const y = tf.depthwiseConv2d(x, w, 1, 'same', 'NHWC', 2);
      const dy = tensor(y.shape, 3);
      const kernel = (name: string, inputs: tf.NamedTensorMap, shapes: object) =>
        tf.engine().runKernel(name, inputs, { strides: 1, pad: 'same', dilations: [2, 2], ...shapes }) as tf.Tensor;
      const dx = kernel('DepthwiseConv2dNativeBackpropInput', { dy, filter: w }, { inputShape: x.shape });
      const dw = kernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { filterShape: w.shape });
      const dot = (a: tf.Tensor, b: tf.Tensor) => a.mul(b).sum().dataSync()[0];
      expect(dot(dx, x)).toBeCloseTo(dot(dy, y), 4);
      expect(dot(dw, w)).toBeCloseTo(dot(dy, y), 4);
    });
  });
});
