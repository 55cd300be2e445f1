import { type ImportanceOptions, importance } from './importance.ts';
import type { Method } from './method.ts';
import { checkChoice } from './options.ts';
import { type StoredScoresOptions, storedScores } from './stored-scores.ts';

export type GradientNormOptions =
  | ({ over?: 'presample' } & Omit<ImportanceOptions, 'score' | 'scores'>)
  | ({ over: 'data' } & Omit<StoredScoresOptions, 'score' | 'begin'>);

/**
 * Sampling in proportion to the exact norm of each sample's gradient, p ∝ ‖Gᵢ‖, which no other distribution beats in
 * the variance of the gradient.
 *
 * `over: 'presample'` takes the norms of a presample every step and starts when that pays, with the options of
 * {@link importance}. `over: 'data'` takes those of all samples before the first step and every `recompute` epochs
 * (default 1) and draws by what is stored in between, with the options of {@link storedScores}; its passes go backward
 * as well as forward and count in the time.
 *
 * References: Needell, Ward & Srebro 2014; Zhao & Zhang, Stochastic Optimization with Importance Sampling, ICML 2015,
 * eq. 9; Alain et al., Variance Reduction in SGD by Distributed Importance Sampling, 2015 (arXiv:1511.06481).
 */
export function gradientNorm(options: GradientNormOptions = {}): Method {
  checkChoice('over', options.over ?? 'presample', ['presample', 'data']);
  if (options.over === 'data') {
    const { over, ...rest } = options;
    return storedScores({ name: 'gradientNorm', recompute: 1, ...rest, score: 'gradient-norm', begin: 'pass' });
  }
  const { over, ...rest } = options;
  return importance({ name: 'gradientNorm', weightPower: 1, ...rest, scores: 'fresh', score: 'gradient-norm' });
}
