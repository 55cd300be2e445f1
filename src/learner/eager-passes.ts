import * as tf from '@tensorflow/tfjs';
import type { UnequalError } from '../errors.ts';
import { noteAssigned } from './assigning.ts';
import { backward, minimized, namedGradients, sumOf } from './backward.ts';
import type { ModelBatch } from './batch.ts';
import type { Counters, StepOptions, StepResult } from './learner.ts';
import { notFinite } from './not-finite.ts';
import type { BatchTensors, Objective } from './objective.ts';
import { learningRateOf } from './optimizer.ts';
import { withSeed } from './seeded.ts';
import { take, taken, tensors } from './taken.ts';

/** One per parameter, in the model's order; `undefined` where there is none. */
type Gradients = (tf.Tensor | undefined)[];

/**
 * The passes of a training step, one operation at a time on the backend that is set. Each looks whether its numbers are finite, and
 * takes nothing back where they are not.
 */
export class EagerPasses {
  /** What the passes have assigned. */
  readonly assigned = new Set<tf.Variable>();

  constructor(
    private readonly objective: Objective,
    private readonly counters: Counters,
  ) {}

  /** Forward and backward; the caller disposes of the gradients. @throws UnequalError if anything in it is not finite. */
  async differentiate(
    batch: ModelBatch,
    weights: ArrayLike<number> | undefined,
    options: StepOptions,
  ): Promise<StepResult & { grads: Gradients }> {
    const { finite, grads, ...seen } = this.pass(backward, batch, weights, options);
    const result = await taken(seen);
    if (Number.isFinite((await take(finite))[0]) && Number.isFinite(result.loss)) return { ...result, grads };
    tf.dispose(grads);
    throw this.fault(
      Number.isFinite(result.loss) ? 'the gradient is not finite' : lossNotFinite,
      `loss ${result.loss}`,
    );
  }

  /** Lets the user's optimizer make the step. @throws UnequalError if the loss or the new weights are not finite. */
  async minimize(batch: ModelBatch, weights: ArrayLike<number> | undefined, options: StepOptions): Promise<StepResult> {
    const result = await taken(this.pass(minimized, batch, weights, options));
    if (!Number.isFinite(result.loss)) throw this.fault(lossNotFinite, `loss ${result.loss}`);
    await this.checkWeights();
    return result;
  }

  /** Hands the gradients to the user's optimizer and disposes of them. @throws UnequalError if the new weights are not finite. */
  async update(grads: Gradients): Promise<void> {
    const { parameters, model } = this.objective;
    // As in model.fit, what an optimizer of the user's leaves behind goes.
    noteAssigned(this.assigned, () => tf.tidy(() => model.optimizer.applyGradients(namedGradients(parameters, grads))));
    tf.dispose(grads);
    await this.checkWeights();
  }

  private pass<T extends tf.TensorContainer>(
    by: (objective: Objective, batch: BatchTensors, importance?: tf.Tensor1D, withScores?: boolean) => T,
    batch: ModelBatch,
    weights: ArrayLike<number> | undefined,
    { seed, scores }: StepOptions,
  ): T {
    this.counters.forward += batch.size;
    this.counters.backward += batch.size;
    const run = () => {
      const importance = weights && tf.tensor1d(Float32Array.from(weights));
      // Scores may call a loss function of the user's again, which model.fit calls once a step.
      return by(this.objective, tensors(batch), importance, scores);
    };
    return noteAssigned(this.assigned, () => withSeed(seed, () => tf.tidy(run)));
  }

  private async checkWeights(): Promise<void> {
    const [size] = await take(tf.tidy(() => sumOf(this.objective.parameters)));
    if (!Number.isFinite(size)) throw this.fault('the weights are not finite', 'NaN or infinity after the update');
  }

  private fault(wrong: string, got: string): UnequalError {
    return notFinite(wrong, got, learningRateOf(this.objective.model.optimizer));
  }
}

const lossNotFinite = 'the loss is not finite';
