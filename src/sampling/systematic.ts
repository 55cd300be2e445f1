import { checkDraw, type Draw, emptyDraw } from './draw.ts';
import type { Random } from './random.ts';

/**
 * b equally spaced points, at one uniform offset, on the cumulative sum of the pool in a random order; weights 1/(B p).
 * Row i comes ⌊b pᵢ⌋ or ⌈b pᵢ⌉ times, b pᵢ on average (Madow 1949), so that the estimate varies less than multinomial's.
 *
 * @param probabilities (B,) ≥ 0; divided by their sum.
 */
export function systematic(probabilities: ArrayLike<number>, b: number, random: Random): Draw {
  const B = probabilities.length;
  checkDraw(probabilities, b);

  const order = random.permutation(B);
  let total = 0;
  for (const i of order) total += probabilities[i];

  const { rows, weights } = emptyDraw(b);
  const offset = random.uniform();
  let next = 0;
  let cumulative = 0;
  let row = 0;
  for (let k = 0; k < b; k++) {
    const point = ((offset + k) / b) * total;
    // Strictly above the point, and only rows with a probability: rounding can never draw a zero.
    while (cumulative <= point && next < B) {
      const i = order[next++];
      if (probabilities[i] > 0) row = i;
      cumulative += probabilities[i];
    }
    rows[k] = row;
    weights[k] = total / (B * probabilities[row]);
  }
  return { rows, weights };
}
