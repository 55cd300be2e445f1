import { checkDraw, type Draw, emptyDraw } from './draw.ts';
import type { Random } from './random.ts';

/**
 * b different rows of the pool with inclusion probabilities πᵢ = min(1, c pᵢ), Σπ = b, and Horvitz–Thompson weights
 * b/(B π). Drawn by Madow's (1949) systematic method on the pool in a random order, for which the π are exact.
 *
 * @param probabilities (B,) ≥ 0; divided by their sum. Where fewer than b are positive, the others share what is left.
 */
export function withoutReplacement(probabilities: ArrayLike<number>, b: number, random: Random): Draw {
  const B = probabilities.length;
  const pi = inclusionProbabilities(probabilities, b);

  const { rows, weights } = emptyDraw(b);
  let drawn = 0;
  const take = (i: number) => {
    rows[drawn] = i;
    weights[drawn++] = b / (B * pi[i]);
  };

  // The certain rows apart, so that rounding can neither miss nor repeat one of them.
  let rest = new Int32Array(B);
  let size = 0;
  for (let i = 0; i < B; i++) {
    if (pi[i] === 1) take(i);
    else if (pi[i] > 0) rest[size++] = i;
  }
  rest = random.shuffle(rest.subarray(0, size));

  const points = b - drawn;
  let total = 0;
  for (const i of rest) total += pi[i];
  const offset = random.uniform();
  let cumulative = 0;
  let left = size;
  for (let k = 0; k < points; left--) {
    const i = rest[size - left];
    cumulative += pi[i];
    // The second condition holds only where rounding would leave fewer rows than points.
    if (cumulative > ((offset + k) / points) * total || left === points - k) {
      take(i);
      k++;
    }
  }
  return { rows, weights };
}

/**
 * π = min(1, c p) with Σπ = b, (B,) float64, found exactly: a row with (b − k) p ≥ Σ of the p that are left is certain,
 * k being the number of certain rows; repeat until there is no new one. The sums are taken afresh, never subtracted.
 */
export function inclusionProbabilities(probabilities: ArrayLike<number>, b: number): Float64Array {
  const B = probabilities.length;
  checkDraw(probabilities, b, B);
  const pi = new Float64Array(B);
  let certain = 0;
  for (;;) {
    const missing = b - certain;
    if (missing === 0) return pi;
    let sum = 0;
    for (let i = 0; i < B; i++) if (pi[i] < 1) sum += probabilities[i];
    // Nothing but zeros left: what c p tends to as a uniform share added to p tends to zero.
    const share = sum > 0 ? (i: number) => missing * (probabilities[i] / sum) : () => missing / (B - certain);
    const before = certain;
    for (let i = 0; i < B; i++) {
      if (pi[i] < 1 && share(i) >= 1) {
        pi[i] = 1;
        certain++;
      }
    }
    if (certain === before) {
      for (let i = 0; i < B; i++) if (pi[i] < 1) pi[i] = share(i);
      return pi;
    }
  }
}
