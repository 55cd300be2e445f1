/**
 * Gradients that TensorFlow.js writes as more kernels than they need, written with fewer while a function is traced.
 */
import * as tf from '@tensorflow/tfjs';

/**
 * TensorFlow.js slices the gradient of `tile` into its repetitions and adds them up one by one: 128 slices for each mean and
 * variance of a layer normalisation of width 128. The same sum is one reduction.
 */
const tile: tf.GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => ({
    x: () => {
      const [x] = saved;
      const { reps } = attributes as unknown as { reps: number[] };
      const repeated = reps.map((_, axis) => axis).filter((axis) => reps[axis] > 1);
      // [r₀, s₀, r₁, s₁, …], with r where there is more than one.
      const shape = x.shape.flatMap((size, axis) => (reps[axis] > 1 ? [reps[axis], size] : [size]));
      const axes = repeated.map((axis, before) => axis + before);
      return tf.reshape(tf.sum(tf.reshape(dy as tf.Tensor, shape), axes), x.shape);
    },
  }),
};

/** TensorFlow.js's own, from before a program registers another. */
const original = tf.getGradient('Tile');

/** Puts them in the place of TensorFlow.js's own. Returns the way back. */
export function lightGradients(): () => void {
  if (original === undefined || tf.getGradient('Tile') !== original) return () => {};
  tf.registerGradient(tile);
  return () => tf.registerGradient(original);
}
