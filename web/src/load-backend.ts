import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';

/** Makes TensorFlow.js compute in WebAssembly. @throws where there is none, in words for the visitor. */
export async function loadBackend(): Promise<void> {
  setWasmPaths({
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': simd,
  });
  // Threads would need memory that is shared, which few pages may have.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  tf.enableProdMode();
  if (typeof WebAssembly === 'undefined' || !(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new Error('This browser has no WebAssembly with SIMD, which the race needs. A newer one has it.');
  if (!(await tf.setBackend('wasm').catch(() => false)))
    throw new Error('The WebAssembly of TensorFlow.js cannot be loaded. Is there a network? Reload the page.');
}
