import { type Check, type Checks, checkedOptions, choice, isPlain } from '../../options.ts';
import type { Method } from '../method.ts';
import { type StoredScoresOptions, storedScores, storedScoresChecks } from '../selection/stored-scores.ts';
import { type ImportanceOptions, importance } from './importance.ts';
import { importanceChecks } from './importance-options.ts';

export type GradientNormOptions =
  | ({ over?: 'presample' } & Omit<ImportanceOptions, 'score' | 'scores'>)
  | ({ over: 'data' } & Omit<StoredScoresOptions, 'score' | 'begin'>);

const over: Check = choice('presample', 'data');

type Over<Which extends string, Options> = Options & { over?: Which };

const { score: _, scores: __, ...presampleChecks } = importanceChecks;
export const overPresampleChecks: Checks<Over<'presample', Omit<ImportanceOptions, 'score' | 'scores'>>> = {
  over,
  ...presampleChecks,
};

const { score: ___, begin: ____, ...dataChecks } = storedScoresChecks;
export const overDataChecks: Checks<Over<'data', Omit<StoredScoresOptions, 'score' | 'begin'>>> = {
  over,
  ...dataChecks,
};

/** Options of stored norms, where those of a presample are asked for. */
const ofData = Object.fromEntries(
  Object.keys(overDataChecks)
    .filter((option) => !Object.hasOwn(overPresampleChecks, option))
    .map((option) => [option, "it needs over: 'data'"]),
);

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
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: gradientNorm() });
 * ```
 */
export function gradientNorm(options: GradientNormOptions = {}): Method {
  if (isPlain(options) && options.over === 'data') {
    const { over, ...rest } = checkedOptions('gradientNorm', options, overDataChecks);
    return storedScores({ name: 'gradientNorm', recompute: 1, ...rest, score: 'gradient-norm', begin: 'pass' });
  }
  const { over, ...rest } = checkedOptions('gradientNorm', options, overPresampleChecks, ofData);
  return importance({ name: 'gradientNorm', weightPower: 1, ...rest, scores: 'fresh', score: 'gradient-norm' });
}
