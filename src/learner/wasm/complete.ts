import * as tf from '@tensorflow/tfjs';
import { fault } from '../../errors.ts';
import { registerTrainingKernels } from './register.ts';

let completed = false;

/**
 * Gives TensorFlow.js's `wasm` backend, which is current, the kernels it lacks for training.
 * @throws UnequalError where there is no SIMD, which these kernels use throughout and every engine of today has.
 */
export async function completeWasm(): Promise<void> {
  if (completed) return;
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    throw fault({
      wrong: 'the wasm backend cannot train here',
      got: 'no SIMD',
      mend: "set another: tf.setBackend('cpu')",
    });
  }
  registerTrainingKernels();
  completed = true;
}
