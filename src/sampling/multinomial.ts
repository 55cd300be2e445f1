import { cumulativeSum, firstAbove, lastAdding } from './cumulative.ts';
import { emptyDraw, resampling } from './draw.ts';

/**
 * b independent draws with replacement, weights 1/(B p): the resampling of Katharopoulos & Fleuret 2018, Algorithm 1.
 *
 * Probabilities (B,) ≥ 0 are divided by their sum. Takes b uniform numbers, one a draw.
 *
 * @example
 * ```ts
 * const { rows, weights } = multinomial([0.25, 0.75], 2, new Random(1));
 * ```
 */
export const multinomial = resampling(
  (_, b) => b,
  () => Infinity,
  (probabilities, b, numbers) => {
    const B = probabilities.length;
    const cumulative = cumulativeSum(probabilities);
    const last = lastAdding(cumulative);
    const total = cumulative[B - 1];
    const { rows, weights } = emptyDraw(b);
    for (let k = 0; k < b; k++) {
      const row = Math.min(firstAbove(cumulative, numbers[k] * total), last);
      rows[k] = row;
      weights[k] = total / (B * probabilities[row]);
    }
    return { rows, weights };
  },
);
