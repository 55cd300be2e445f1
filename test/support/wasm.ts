import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { completeWasm } from '../../src/learner/wasm/complete.ts';

/** Makes TensorFlow.js's `wasm` backend the current one, with the kernels it lacks for training. */
export async function useWasm(): Promise<void> {
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend cannot be loaded');
  await completeWasm();
}
