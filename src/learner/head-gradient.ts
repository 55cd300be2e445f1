import * as tf from '@tensorflow/tfjs';

/** `see(dy)` when the gradient passes x on its way back; values and gradients are as without it. */
const watchGradient = tf.op({
  watchGradient_: (x: tf.Tensor, see: (dy: tf.Tensor) => void): tf.Tensor =>
    tf.customGrad((given) => ({
      value: tf.clone(given as tf.Tensor),
      gradFunc: (dy) => {
        see(dy);
        return dy;
      },
    }))(x),
});

/**
 * The scores of the samples that a step trains on, from the gradient that it takes anyway. On its way to the weights
 * ∂(Σ wᵢ lᵢ / n)/∂zᵢ passes the last pre-activation; divided by what came to lᵢ, wᵢ / n, it is ∂lᵢ/∂zᵢ.
 */
export class HeadGradient {
  private readonly ofZ: tf.Tensor[] = [];
  private ofLosses: tf.Tensor | undefined;

  /** @param z what the last layer puts into its activation, or a part of it. @returns what to put there in its place. */
  readonly watchZ = (z: tf.Tensor): tf.Tensor => watchGradient(z, (dy) => void this.ofZ.push(tf.keep(tf.clone(dy))));

  /** @param losses `[n]`. @returns what to go on with in their place. */
  readonly watchLosses = (losses: tf.Tensor1D): tf.Tensor1D =>
    watchGradient(losses, (dy) => {
      this.ofLosses = tf.keep(tf.clone(dy));
    }) as tf.Tensor1D;

  /** ‖∂lᵢ/∂zᵢ‖₂, `[n]`, when the gradient was taken; 0 where a loss has no part in it. */
  norms(size: number): tf.Tensor1D {
    const norms = tf.tidy(() => {
      if (this.ofLosses === undefined || this.ofZ.length === 0) return tf.zeros<tf.Rank.R1>([size]);
      return tf.divNoNan(normsOf(this.ofZ), tf.abs(this.ofLosses)) as tf.Tensor1D;
    });
    this.dispose();
    return norms;
  }

  /** Disposes of what it has seen. */
  dispose(): void {
    tf.dispose(this.ofZ);
    this.ofLosses?.dispose();
  }
}

/** The norm of each row over all of the tensors, `[n]`. */
export function normsOf(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const squares = tensors.map((one) => tf.sum<tf.Tensor1D>(tf.square(tf.reshape(one, [one.shape[0], -1])), 1));
  return tf.sqrt(squares.reduce((total, square) => tf.add(total, square)));
}
