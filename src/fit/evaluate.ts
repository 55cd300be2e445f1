import type { Learner } from '../learner/learner.ts';
import type { Provider } from './provider.ts';

/**
 * Loss and metrics in evaluation mode, means over all samples of `provider`, in the order of the model's metric names.
 * The provider's weights count in the loss alone.
 */
export async function evaluate(learner: Learner, provider: Provider, batchSize: number): Promise<number[]> {
  let totals: number[] = [];
  for (let at = 0; at < provider.length; at += batchSize) {
    const size = Math.min(batchSize, provider.length - at);
    const batch = await provider.batch(Int32Array.from({ length: size }, (_, i) => at + i));
    const { losses, metrics } = await learner.evaluate(batch);
    totals = metrics.map((value, k) => (totals[k] ?? 0) + value * size);
    // Weights of samples are the same for every output.
    const weights = batch.lossWeights?.[0];
    if (weights) for (let i = 0; i < size; i++) totals[0] += (weights[i] - 1) * losses[i];
  }
  return totals.map((total) => total / provider.length);
}
