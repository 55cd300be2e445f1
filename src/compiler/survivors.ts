/** Tensors that a traced function keeps for later calls, in a field of a layer or in a closure. */
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { Recorder } from './recorder.ts';

const keptBy = new WeakMap<object, ReadonlySet<tf.Tensor>>();

/**
 * The tensors that a trace left behind which failed because of them.
 *
 * @example
 * ```ts
 * const double = compile(({ x }) => ({ y: x.mul(2) }), { x: { shape: [null] } });
 * await double.run({ x }).catch((error) => console.log(survivorsOf(error).size));
 * ```
 */
export const survivorsOf = (error: unknown): ReadonlySet<tf.Tensor> => keptBy.get(error as object) ?? new Set();

/**
 * What is kept and the same in every call (a mask, a table of positions) becomes a real tensor, as it would be without a
 * trace. What depends on the inputs or on variables is state that the graph knows nothing of: such a function cannot be
 * compiled.
 */
export class Survivors {
  readonly #kept = new Set<tf.Tensor>();
  readonly #excepted = new Set<tf.Tensor>();

  constructor(private readonly recorder: Recorder) {}

  add(tensor: tf.Tensor): void {
    this.#kept.add(tensor);
  }

  /** The tensor is an output: whoever asked for it takes care of it. */
  except(tensor: tf.Tensor): void {
    this.#excepted.add(tensor);
  }

  /** @throws UnequalError if a tensor is kept that is not the same in every call. */
  check(): void {
    for (const tensor of this.#kept) if (this.#gone(tensor)) this.#kept.delete(tensor);
    for (const tensor of this.#kept) {
      if (!this.recorder.isConstant(tensor)) {
        const layer = this.recorder.layerOf(tensor);
        const error = fault({
          wrong: `${layer === undefined ? 'the function' : `the layer ${layer}`} keeps a tensor that each call makes anew`,
          got: `a tensor of shape [${tensor.shape}]`,
          expected: 'kept tensors that are the same in every call',
          mend: "use engine: 'eager'",
        });
        keptBy.set(error, this.#kept);
        throw error;
      }
    }
  }

  /** Gives what is kept real data. To be called when the backend that was set is back. */
  makeReal(): void {
    for (const tensor of this.#kept) {
      const real = tf.tidy(() => tf.keep(this.recorder.compute(tensor)));
      (tensor as { dataId: object }).dataId = real.dataId;
    }
  }

  #gone(tensor: tf.Tensor): boolean {
    return (
      tensor.isDisposed || this.#excepted.has(tensor) || tensor instanceof tf.Variable || !this.recorder.made(tensor)
    );
  }
}
