import type { ModelBatch } from '../learner/batch.ts';
import type { Evaluation } from '../learner/learner.ts';

/**
 * The mean loss of samples without the user's weights, with which the losses of a method are compared. What has weight 0
 * is left out: it is in the batch for its shape alone.
 */
export class PlainLoss {
  private sum = 0;
  private count = 0;

  /** Takes in what the samples of a batch lose. */
  add({ losses, metrics }: Evaluation, { size, lossWeights }: ModelBatch): void {
    if (lossWeights === undefined) {
      // To the last bit what is reported.
      this.sum += metrics[0] * size;
      this.count += size;
      return;
    }
    // Weights of samples are the same for every output.
    const [weights] = lossWeights;
    for (let i = 0; i < size; i++) {
      if (weights[i] === 0) continue;
      this.sum += losses[i];
      this.count++;
    }
  }

  /** NaN where there was no sample. */
  get mean(): number {
    return this.sum / this.count;
  }
}
