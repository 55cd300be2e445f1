import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { prepareWasm, useFastestBackend } from '../../../src/learner/wasm/prepare.ts';

it('leaves the backend as it was where wasm cannot run', async () => {
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('cpu');
  tf.env().set('WASM_HAS_SIMD_SUPPORT', false);
  expect(await prepareWasm()).toBe(false);
  expect(tf.getBackend()).toBe('cpu');
  expect(await useFastestBackend()).toBe('cpu');
  tf.env().set('WASM_HAS_SIMD_SUPPORT', true);
});

it('makes wasm current, as often as it is asked', async () => {
  const listeners = process.listenerCount('uncaughtException');
  expect(await prepareWasm()).toBe(true);
  expect(process.listenerCount('uncaughtException')).toBe(listeners);
  const kernel = tf.getKernel('Sum', 'wasm');
  await tf.setBackend('cpu');
  expect(await prepareWasm()).toBe(true);
  expect(tf.getBackend()).toBe('wasm');
  expect(tf.getKernel('Sum', 'wasm')).toBe(kernel);
});

it('has a kernel for all that cpu computes, complex numbers and the canvas aside', () => {
  const names = (backend: string) => tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
  const wasm = new Set(names('wasm'));
  const missing = names('cpu').filter((name) => !wasm.has(name));
  expect(missing.sort()).toEqual(['Complex', 'ComplexAbs', 'Draw', 'FFT', 'IFFT', 'Imag', 'Real']);
});

it('trades cpu for wasm and leaves a backend of another name alone', async () => {
  await tf.setBackend('cpu');
  expect(await useFastestBackend()).toBe('wasm');
  tf.registerBackend('chosen', () => tf.engine().findBackend('cpu'), 0);
  await tf.setBackend('chosen');
  expect(await useFastestBackend()).toBe('chosen');
  await tf.setBackend('wasm');
});
