import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { fit } from '../../../src/index.ts';
import { completeWasm } from '../../../src/learner/wasm/complete.ts';
import { useWasm } from '../../support/wasm.ts';

it('refuses to train where there is no SIMD', async () => {
  await tf.setBackend('wasm');
  tf.env().set('WASM_HAS_SIMD_SUPPORT', false);
  await expect(completeWasm()).rejects.toThrow('the wasm backend cannot train here: got no SIMD');
  tf.env().set('WASM_HAS_SIMD_SUPPORT', true);
});

it('lets fit train on wasm, which cannot differentiate a convolution by itself', async () => {
  await tf.setBackend('wasm');
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 4, kernelSize: 3 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const [x, y] = [
    tf.randomNormal([16, 6, 6, 1]),
    tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32').tile([2]), 2),
  ];
  await expect(model.fit(x, y, { verbose: 0 })).rejects.toThrow('Conv2DBackpropFilter');
  const { history } = await fit(model, x, y, { engine: 'eager', epochs: 2 });
  expect(history.loss[1]).toBeLessThan(history.loss[0] as number);
});

it('is done once', async () => {
  await useWasm();
  const kernel = tf.getKernel('Sum', 'wasm');
  await useWasm();
  expect(tf.getKernel('Sum', 'wasm')).toBe(kernel);
});

it('has a kernel for all that cpu computes, complex numbers and the canvas aside', () => {
  const names = (backend: string) => tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
  const wasm = new Set(names('wasm'));
  const missing = names('cpu').filter((name) => !wasm.has(name));
  expect(missing.sort()).toEqual(['Complex', 'ComplexAbs', 'Draw', 'FFT', 'IFFT', 'Imag', 'Real']);
});
