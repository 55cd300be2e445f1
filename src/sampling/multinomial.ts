import { checkDraw, type Draw, emptyDraw } from './draw.ts';
import type { Random } from './random.ts';

/**
 * b independent draws with replacement, weights 1/(B p): the resampling of Katharopoulos & Fleuret 2018, Algorithm 1.
 *
 * @param probabilities (B,) ≥ 0; divided by their sum.
 */
export function multinomial(probabilities: ArrayLike<number>, b: number, random: Random): Draw {
  const B = probabilities.length;
  checkDraw(probabilities, b);

  const cumulative = new Float64Array(B);
  let total = 0;
  let last = 0;
  for (let i = 0; i < B; i++) {
    if (probabilities[i] > 0) last = i;
    cumulative[i] = total += probabilities[i];
  }

  const { rows, weights } = emptyDraw(b);
  for (let k = 0; k < b; k++) {
    const i = firstAbove(cumulative, random.uniform() * total, last);
    rows[k] = i;
    weights[k] = total / (B * probabilities[i]);
  }
  return { rows, weights };
}

/** The first i ≤ last with cumulative[i] > point. Strictly above: what has no probability is never drawn. */
function firstAbove(cumulative: Float64Array, point: number, last: number): number {
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] > point) high = middle;
    else low = middle + 1;
  }
  return low;
}
