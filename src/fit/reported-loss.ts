import type { StepResult } from '../learner/learner.ts';
import type { Pick } from '../methods/method.ts';

/** The objective of a step with an estimate of the mean loss of the data in place of that of the pick. */
export function reportedLoss({ weights, unbiased, poolLoss }: Pick, { loss, losses }: StepResult): number {
  if (unbiased === undefined && poolLoss === undefined) return loss;
  let trained = 0;
  let estimate = 0;
  for (let i = 0; i < losses.length; i++) {
    trained += ((weights?.[i] ?? 1) * losses[i]) / losses.length;
    estimate += ((unbiased?.[i] ?? 1) * losses[i]) / losses.length;
  }
  return loss - trained + (poolLoss ?? estimate);
}
