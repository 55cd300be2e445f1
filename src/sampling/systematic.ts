import { cumulativeSum, firstAbove, lastAdding } from './cumulative.ts';
import { emptyDraw, resampling } from './draw.ts';
import { ascending } from './order.ts';

/**
 * b equally spaced points, at one uniform offset, on the cumulative sum of the pool in a random order; weights 1/(B p).
 * Row i comes ⌊b pᵢ⌋ or ⌈b pᵢ⌉ times, b pᵢ on average (Madow 1949), so that the estimate varies less than multinomial's.
 *
 * Probabilities (B,) ≥ 0 are divided by their sum. Takes B + 1 uniform numbers: a key for each row, by which they are
 * ordered, and the offset.
 *
 * @example
 * ```ts
 * const { rows } = systematic([0.25, 0.75], 4, new Random(1)); // once the first row, three times the second
 * ```
 */
export const systematic = resampling(
  (B) => B + 1,
  () => Infinity,
  (probabilities, b, numbers) => {
    const B = probabilities.length;
    const order = ascending(numbers.subarray(0, B));
    const offset = numbers[B];
    const inOrder = new Float64Array(B);
    for (let r = 0; r < B; r++) inOrder[r] = probabilities[order[r]];
    const cumulative = cumulativeSum(inOrder);
    const last = lastAdding(cumulative);
    const total = cumulative[B - 1];
    const { rows, weights } = emptyDraw(b);
    for (let k = 0; k < b; k++) {
      const row = order[Math.min(firstAbove(cumulative, ((offset + k) / b) * total), last)];
      rows[k] = row;
      weights[k] = total / (B * probabilities[row]);
    }
    return { rows, weights };
  },
);
