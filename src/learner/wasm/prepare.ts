import * as tf from '@tensorflow/tfjs';
import { registerTrainingKernels } from './register.ts';

let registered = false;

/**
 * Makes TensorFlow.js's `wasm` backend the current one, with the kernels it lacks for training.
 *
 * The backend finds its binary by itself: in Node in its own package, in a browser next to the script that holds it, or
 * where the page has said with `setWasmPaths`.
 *
 * @returns Whether `wasm` is current now. If not — the package is not installed, the binary does not load, or there is
 *   no SIMD — the backend stays the one it was.
 */
export async function prepareWasm(): Promise<boolean> {
  const before = tf.getBackend();
  try {
    await import('@tensorflow/tfjs-backend-wasm');
    // The kernels are SIMD throughout, and every engine of today has it.
    if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) return false;
    if (!(await withoutNewListeners(() => tf.setBackend('wasm')))) return await giveUp(before);
  } catch {
    return await giveUp(before);
  }
  if (!registered) registerTrainingKernels();
  registered = true;
  return true;
}

async function giveUp(before: string): Promise<false> {
  if (before !== undefined && tf.getBackend() !== before) await tf.setBackend(before);
  return false;
}

/**
 * In Node the backend's loader listens to `uncaughtException` and `unhandledRejection` only to throw again, which hides
 * an error of the program behind a page of the loader's source and changes the exit code. These listeners go.
 */
async function withoutNewListeners<T>(load: () => Promise<T>): Promise<T> {
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return load();
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = events.map((event) => process.rawListeners(event));
  const result = await load();
  for (const [index, event] of events.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (!before[index].includes(listener)) process.removeListener(event, listener as () => void);
    }
  }
  return result;
}

/**
 * Trades the `cpu` backend for `wasm`, which trains tens of times faster, completes a `wasm` that is current, and leaves every other backend alone: one on a
 * GPU is faster still, and one of another name is there because someone chose it. A choice of `cpu` cannot be told from
 * the default, so whoever wants `cpu` does not call this.
 *
 * @returns The name of the backend that is current now.
 */
export async function useFastestBackend(): Promise<string> {
  await tf.ready();
  if (['cpu', 'wasm'].includes(tf.getBackend())) await prepareWasm();
  return tf.getBackend();
}
