import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { prepareWasm } from '../../../src/learner/wasm/prepare.ts';

it('leaves the backend as it was where the binary cannot be loaded', async () => {
  setWasmPaths('/nowhere/at/all/');
  await tf.setBackend('cpu');
  expect(await prepareWasm()).toBe(false);
  expect(tf.getBackend()).toBe('cpu');
  expect(tf.scalar(2).add(1).dataSync()[0]).toBe(3);
});
