import { type Checks, checkedOptions } from '../../options.ts';
import type { Method } from '../method.ts';
import { type ImportanceOptions, importance } from './importance.ts';
import { importanceChecks } from './importance-options.ts';

const { score: _, ...checks } = importanceChecks;
export const lossSamplingChecks: Checks<Omit<ImportanceOptions, 'score'>> = checks;

/**
 * Algorithm 1 with the loss as the score, p ∝ lᵢ: "loss" in the paper's comparisons. Unbiased, from freshly scored
 * presamples; the loss is a poorer
 * stand-in for the gradient norm than the upper bound is.
 *
 * References: Katharopoulos & Fleuret, ICML 2018, section 4 ("loss").
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: lossSampling() });
 * ```
 */
export function lossSampling(options: Omit<ImportanceOptions, 'score'> = {}): Method {
  options = checkedOptions('lossSampling', options, lossSamplingChecks);
  return importance({ name: 'lossSampling', scores: 'fresh', weightPower: 1, ...options, score: 'loss' });
}
