import * as tf from '@tensorflow/tfjs';

/**
 * Runs `f`, and drops what it assigns to variables. A loss of the user's is looked at more often than it is trained by, and may
 * move a variable each time.
 */
export function withoutAssigning<T>(f: () => T): T {
  const { prototype } = tf.Variable;
  const { assign } = prototype;
  prototype.assign = () => {};
  try {
    return f();
  } finally {
    prototype.assign = assign;
  }
}
