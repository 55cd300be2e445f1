import type { Fitted } from '../../decision/index.ts';
import type { StepResult } from '../../learner/learner.ts';
import type { Pick } from '../method.ts';
import { originalScores } from './original-scores.ts';

/**
 * Tells `fitted` the losses of a step as the model gave them, neither times the user's weights nor smoothed: validation
 * samples are not weighted as those of training are, and all that it does is to compare the two. A sample of weight 0 is not
 * trained on, and does not count.
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
  const counts = (k: number) => batch.lossWeights?.some((weights) => weights[k] > 0) ?? true;
  const counted = Float64Array.from(unweighted, (_, k) => (counts(k) ? (unbiased?.[k] ?? 1) : 0));
  fitted.observe(unweighted, seen, counted);
}
