import * as tf from '@tensorflow/tfjs';

/** The kernels of the backends that TensorFlow.js brings along, as they were when this library was loaded. */
const own = new Map(
  ['cpu', 'webgl'].flatMap((backend) =>
    tf.getKernelsForBackend(backend).map((config) => [`${backend} ${config.kernelName}`, config] as const),
  ),
);

/** Whether a program has put a kernel of its own in the place of that one. What is lowered computes as TensorFlow.js's. */
export function isExchanged(kernelName: string, backend: string): boolean {
  const known = own.get(`${backend} ${kernelName}`);
  return known !== undefined && tf.getKernel(kernelName, backend) !== known;
}

/**
 * The kernels of the backend that is set which a program has exchanged for its own, by name.
 *
 * @example
 * ```ts
 * console.log(exchangedKernels());
 * ```
 */
export function exchangedKernels(): string {
  const backend = tf.getBackend();
  const names = [...own.values()].filter((config) => config.backendName === backend).map((config) => config.kernelName);
  return names.filter((name) => isExchanged(name, backend)).join();
}
