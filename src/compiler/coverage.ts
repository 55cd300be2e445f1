/** Which kernels of TensorFlow.js are compiled. */
import * as tf from '@tensorflow/tfjs';
import { groups, lowerings } from './lower/index.ts';

export interface Coverage {
  /** The kernels that are lowered, by group, in alphabetical order. */
  readonly lowered: Readonly<Record<string, readonly string[]>>;
  /** The kernels that the given backend has and the compiler has not; a model that needs one trains eagerly. */
  readonly missing: readonly string[];
}

/** Compares the lowerings with a backend of TensorFlow.js. */
export function coverage(backend = 'cpu'): Coverage {
  const lowered = Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, Object.keys(group).sort()]));
  const missing = tf.getKernelsForBackend(backend).map((kernel) => kernel.kernelName);
  return { lowered, missing: missing.filter((name) => !isLowered(name)).sort() };
}

/** Whether a kernel is lowered. */
const isLowered = (kernel: string): boolean => Object.hasOwn(lowerings, kernel);
