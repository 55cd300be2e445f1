import type { Fitted } from '../../decision/index.ts';
import type { ModelBatch } from '../../learner/batch.ts';
import type { StepResult } from '../../learner/learner.ts';
import type { Pick } from '../method.ts';
import { originalScores } from './original-scores.ts';

/** The size (b,) of the weight that the user gives each sample, on average over the outputs; absent where all are 1. */
export function givenWeights({ lossWeights, size }: ModelBatch): Float32Array | undefined {
  if (lossWeights === undefined) return undefined;
  const mean = (k: number) => lossWeights.reduce((sum, weights) => sum + Math.abs(weights[k]) / lossWeights.length, 0);
  return Float32Array.from({ length: size }, (_, k) => mean(k));
}

/**
 * Tells `fitted` the losses of a step as the model gave them, neither times the user's weights nor smoothed: validation
 * samples are not weighted as those of training are, and all that it does is to compare the two. A sample of weight 0 is not
 * trained on, and does not count. One of a negative weight has a loss below 0.
 *
 * @param seen (b,) whether a sample was trained on before.
 */
export function observeFitted(
  fitted: Fitted,
  { batch, weights, unbiased = weights }: Pick,
  { losses, unweighted }: StepResult,
  seen: (k: number) => boolean,
): void {
  if (unweighted === undefined) {
    fitted.observe(originalScores(losses), seen, unbiased);
    return;
  }
  const given = givenWeights(batch);
  const counted = Float64Array.from(unweighted, (_, k) => ((given?.[k] ?? 1) > 0 ? (unbiased?.[k] ?? 1) : 0));
  const isNegative = (k: number) => batch.lossWeights?.some((weights) => weights[k] < 0);
  fitted.observe(
    unweighted.map((loss, k) => (isNegative(k) ? -loss : loss)),
    seen,
    counted,
  );
}
