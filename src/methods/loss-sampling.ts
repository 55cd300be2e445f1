import { type ImportanceOptions, importance } from './importance.ts';
import type { Method } from './method.ts';

/**
 * Algorithm 1 with the loss as the score, p ∝ lᵢ: "loss" in the paper's comparisons. Unbiased, from freshly scored
 * presamples; the loss is a poorer
 * stand-in for the gradient norm than the upper bound is.
 *
 * References: Katharopoulos & Fleuret, ICML 2018, section 4 ("loss").
 */
export function lossSampling(options: Omit<ImportanceOptions, 'score'> = {}): Method {
  return importance({ name: 'lossSampling', scores: 'fresh', weightPower: 1, ...options, score: 'loss' });
}
