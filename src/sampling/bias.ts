import { fault } from '../errors.ts';
import { requireList } from './scores.ts';

/**
 * Biased weights wᵢᵏ, k ∈ (−∞, 1] (Katharopoulos & Fleuret 2017, arXiv:1706.00043, eq. 8): k = 1 leaves the estimate
 * unbiased, k = 0 drops the weights, and k → −∞ tends to minimise the largest loss.
 *
 * @param weights (b,) unbiased weights of the samples drawn, > 0.
 * @param scores (b,) their scores. Where given, the result is scaled so that Σ wᵏ s = Σ w s, as the authors' library
 *   does, which keeps the size of the step.
 * @param out (b,) where to put the result; may be `weights` itself.
 *
 * @example
 * ```ts
 * const weights = biased([0.5, 2], 0.5); // each to the power 0.5, scaled
 * ```
 */
export function biased(
  weights: ArrayLike<number>,
  k: number,
  scores?: ArrayLike<number>,
  out: Float64Array = new Float64Array(weights?.length ?? 0),
): Float64Array {
  checkBias(k);
  requireList('weights', weights);
  if (scores !== undefined) requireList('scores', scores, weights.length);
  let before = 0;
  let after = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i];
    out[i] = k === 1 ? w : w ** k;
    if (!(out[i] < Infinity)) {
      throw fault({ wrong: `the weight ${w} to the power ${k} is no finite number`, mend: 'use a k nearer to 1' });
    }
    if (scores !== undefined) {
      before += w * scores[i];
      after += out[i] * scores[i];
    }
  }
  if (before > 0 && after > 0) for (let i = 0; i < out.length; i++) out[i] *= before / after;
  return out;
}

/** @throws UnequalError unless k ∈ (−∞, 1]. For methods to call before the first step. */
function checkBias(k: number): void {
  if (!(k <= 1 && k > -Infinity)) {
    throw fault({ wrong: 'bad bias k of the weights', got: k, expected: 'a finite number ≤ 1 (1 is unbiased)' });
  }
}
