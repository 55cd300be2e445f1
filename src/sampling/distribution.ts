import { fault } from '../errors.ts';
import { type Checks, checkedOptions, elsewhere, when } from '../options.ts';
import { largestScore, requireList } from './scores.ts';

export interface DistributionOptions {
  /** λ in [0, 1], the share of uniform mixed in, which bounds every weight by 1/λ. Default 0. */
  readonly mixture?: number;
  /** (B,) the samples the scores belong to, for the error message. */
  readonly indices?: ArrayLike<number>;
  /** (B,) where to put the result. */
  readonly out?: Float64Array;
}

const checks: Checks<DistributionOptions> = {
  mixture: (_, value) => checkMixture(value as number),
  indices: elsewhere,
  out: when((value) => value instanceof Float64Array, 'a Float64Array, one number a score'),
};

/**
 * Scores to probabilities: (1 − λ) s / Σs + λ/B, (B,) float64.
 *
 * All scores zero is uniform. Scores are divided by the largest before they are summed, so that neither a sum beyond
 * the range of doubles nor subnormal scores matter; what is 10³⁰⁸ times smaller than the largest counts as zero.
 *
 * @throws UnequalError naming the samples whose scores are NaN, infinite or negative.
 *
 * @example
 * ```ts
 * const p = distribution([1, 3], { mixture: 0.1 }); // 0.275, 0.725
 * ```
 */
export function distribution(scores: ArrayLike<number>, options?: DistributionOptions): Float64Array {
  requireList('scores', scores);
  const B = scores.length;
  const { mixture = 0, indices, out: p = new Float64Array(B) } = checkedOptions('distribution', options, checks);
  const largest = largestScore(scores, indices);
  if (largest === 0) return p.fill(1 / B);

  let sum = 0;
  for (let i = 0; i < B; i++) {
    p[i] = scores[i] / largest;
    sum += p[i];
  }
  for (let i = 0; i < B; i++) p[i] = (1 - mixture) * (p[i] / sum) + mixture / B;
  return p;
}

/** @throws UnequalError unless 0 ≤ λ ≤ 1. For methods to call before the first step. */
function checkMixture(mixture: number): void {
  if (!(mixture >= 0 && mixture <= 1)) {
    throw fault({ wrong: 'bad mixture with the uniform distribution', got: mixture, expected: 'a number in [0, 1]' });
  }
}
