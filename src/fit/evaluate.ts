import type { ModelBatch } from '../learner/batch.ts';
import type { Learner } from '../learner/learner.ts';
import type { PlainLoss } from './plain-loss.ts';
import type { Provider } from './provider.ts';

/**
 * Loss and metrics in evaluation mode, means over all samples of `provider`, in the order of the model's metric names.
 * The provider's weights count in the loss alone.
 */
export function evaluate(
  learner: Learner,
  provider: Provider,
  batchSize: number,
  plain?: PlainLoss,
): Promise<number[]> {
  return evaluateBatches(learner, batchesOf(provider, batchSize), plain);
}

/**
 * {@link evaluate} over batches, each counted by its size; they may have different lengths in open axes.
 *
 * For a model of several outputs the first mean is the sum of their losses, as in training, and each other has the name
 * that it goes by. In `model.evaluate`, and so in the `val_…` of `model.fit`, the running sums of the outputs' losses come
 * first, and push all that follows from its name: there `val_loss` is the loss of the first output alone.
 *
 * @param plain takes in the losses.
 */
export async function evaluateBatches(
  learner: Learner,
  batches: AsyncIterable<ModelBatch>,
  plain?: PlainLoss,
): Promise<number[]> {
  let totals: number[] = [];
  let samples = 0;
  for await (const batch of batches) {
    const { size } = batch;
    const found = await learner.evaluate(batch);
    const { losses, metrics } = found;
    plain?.add(found, batch);
    totals = metrics.map((value, k) => (totals[k] ?? 0) + value * size);
    // Weights of samples are the same for every output.
    const weights = batch.lossWeights?.[0];
    if (weights) for (let i = 0; i < size; i++) totals[0] += (weights[i] - 1) * losses[i];
    samples += size;
  }
  return totals.map((total) => total / samples);
}

async function* batchesOf(provider: Provider, batchSize: number): AsyncGenerator<ModelBatch> {
  const { length } = provider;
  const from = (at: number) => Int32Array.from({ length: Math.min(batchSize, length - at) }, (_, i) => at + i);
  for (let at = 0; at < length; at += batchSize) {
    const batch = await provider.batch(from(at));
    if (at + batchSize < length) provider.soon?.(from(at + batchSize));
    yield batch;
  }
}
