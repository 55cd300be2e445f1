import * as tf from '@tensorflow/tfjs';

/** Runs `f` while `assign` does what variables are assigned by. */
function whileAssigning<T>(assign: tf.Variable['assign'], f: () => T): T {
  const { prototype } = tf.Variable;
  const own = prototype.assign;
  prototype.assign = assign;
  try {
    return f();
  } finally {
    prototype.assign = own;
  }
}

/**
 * Runs `f`, and drops what it assigns to variables. A loss of the user's is looked at more often than it is trained by, and may
 * move a variable each time.
 */
export const withoutAssigning = <T>(f: () => T): T => whileAssigning(() => {}, f);

/** Runs `f`, and adds the variables that it assigns to `assigned`. */
export function noteAssigned<T>(assigned: Set<tf.Variable>, f: () => T): T {
  const { assign } = tf.Variable.prototype;
  return whileAssigning(function (this: tf.Variable, value) {
    assigned.add(this);
    assign.call(this, value);
  }, f);
}
