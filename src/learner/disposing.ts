import * as tf from '@tensorflow/tfjs';

/**
 * Runs `f` while no tensor goes: a loss reads what a layer has left in a field, which a pass without training disposes of, and who replaces
 * a tensor that was there before disposes of that. What `f` itself has made goes at its end.
 */
export function withoutDisposing(f: () => void): void {
  const { prototype } = tf.Tensor;
  const { dispose } = prototype;
  const first = tf.tidy(() => tf.scalar(0).id);
  const made: tf.Tensor[] = [];
  prototype.dispose = function (this: tf.Tensor) {
    if (this.id > first) made.push(this);
  };
  try {
    tf.tidy(f);
  } finally {
    prototype.dispose = dispose;
    tf.dispose(made);
  }
}
