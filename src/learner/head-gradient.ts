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
  private readonly seen: tf.Tensor[] = [];
  private readonly ofZ: (() => tf.Tensor | undefined)[] = [];
  private ofLosses: (() => tf.Tensor | undefined) | undefined;

  /** @param z what the last layer puts into its activation, or a part of it. @returns what to put there in its place. */
  readonly watchZ = (z: tf.Tensor): tf.Tensor => {
    const { value, gradient } = this.watch(z);
    this.ofZ.push(gradient);
    return value;
  };

  /** @param losses `[n]`. @returns what to go on with in their place. */
  readonly watchLosses = (losses: tf.Tensor1D): tf.Tensor1D => {
    const { value, gradient } = this.watch(losses);
    this.ofLosses = gradient;
    return value as tf.Tensor1D;
  };

  /** The first gradient counts: what differentiates it again comes by once more. */
  private watch(x: tf.Tensor): { value: tf.Tensor; gradient: () => tf.Tensor | undefined } {
    let first: tf.Tensor | undefined;
    const value = watchGradient(x, (dy) => {
      if (first !== undefined) return;
      first = tf.keep(tf.clone(dy));
      this.seen.push(first);
    });
    return { value, gradient: () => first };
  }

  /** ‖∂lᵢ/∂zᵢ‖₂, `[n]`, when the gradient was taken; `undefined` where it did not come by. */
  norms(): tf.Tensor1D | undefined {
    const ofLosses = this.ofLosses?.();
    const ofZ = this.ofZ.map((gradient) => gradient()).filter((one) => one !== undefined);
    if (ofLosses === undefined || ofZ.length === 0) return undefined;
    return tf.tidy(() => tf.divNoNan(normsOf(ofZ), tf.abs(ofLosses)) as tf.Tensor1D);
  }

  /** Disposes of what it has seen. */
  dispose(): void {
    tf.dispose(this.seen);
  }
}

/** The norm of each row over all of the tensors, `[n]`. */
export function normsOf(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const squares = tensors.map((one) => tf.sum<tf.Tensor1D>(tf.square(tf.reshape(one, [one.shape[0], -1])), 1));
  return tf.sqrt(squares.reduce((total, square) => tf.add(total, square)));
}
