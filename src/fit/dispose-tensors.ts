import * as tf from '@tensorflow/tfjs';

/**
 * Frees the tensors in what a user gave. `tf.dispose` looks at every number of a typed array on its way, which takes longer
 * than a step of training does; here they are passed over.
 */
export function disposeTensors(container: unknown, seen = new Set<unknown>()): void {
  if (typeof container !== 'object' || container === null || ArrayBuffer.isView(container) || seen.has(container))
    return;
  if (container instanceof tf.Tensor) {
    container.dispose();
    return;
  }
  seen.add(container);
  for (const one of Array.isArray(container) ? container : Object.values(container)) disposeTensors(one, seen);
}
