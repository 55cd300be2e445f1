import { cumulativeSum, firstAbove } from './cumulative.ts';
import { checkDraw, emptyDraw, resampling } from './draw.ts';
import { ascending, descending } from './order.ts';

/**
 * b different rows of the pool with inclusion probabilities πᵢ = min(1, c pᵢ), Σπ = b, and Horvitz–Thompson weights
 * b/(B π). Drawn by Madow's (1949) systematic method on the pool in a random order, for which the π are exact.
 *
 * Probabilities (B,) ≥ 0 are divided by their sum. Where fewer than b are positive, the others share what is left. Takes
 * B + 1 uniform numbers: a key for each row from the likeliest on, by which they are ordered, and the offset.
 */
export const withoutReplacement = resampling(
  (B) => B + 1,
  (B) => B,
  (probabilities, b, numbers) => {
    const B = probabilities.length;
    const { likeliest, certain, shares } = inclusions(probabilities, b);
    const { rows, weights } = emptyDraw(b);
    // The certain rows apart, so that rounding can neither miss nor repeat one of them.
    for (let k = 0; k < certain; k++) {
      rows[k] = likeliest[k];
      weights[k] = b / B;
    }

    // What has no share stands last, where no point falls.
    const order = ascending(Float64Array.from(shares, (share, k) => (share > 0 ? numbers[k] : 2)));
    const cumulative = cumulativeSum(Float64Array.from(order, (k) => shares[k]));
    const total = cumulative[B - 1];
    const offset = numbers[B];
    const points = b - certain;
    let size = 0;
    for (const share of shares) if (share > 0) size++;
    let ahead = 0;
    for (let k = 0; k < points; k++) {
      // Rounding could put two points into one row, or leave fewer rows than points: each goes at least one row on, and
      // none so far that the rows do not last.
      ahead = Math.max(ahead, firstAbove(cumulative, ((offset + k) / points) * total) - k);
      const drawn = order[k + Math.min(ahead, size - points)];
      rows[certain + k] = likeliest[drawn];
      weights[certain + k] = b / (B * shares[drawn]);
    }
    return { rows, weights };
  },
);

/** π = min(1, c p) with Σπ = b, (B,) float64. */
export function inclusionProbabilities(probabilities: ArrayLike<number>, b: number): Float64Array {
  checkDraw(probabilities, b, probabilities.length);
  const { likeliest, certain, shares } = inclusions(probabilities, b);
  const pi = new Float64Array(probabilities.length);
  for (const [k, row] of likeliest.entries()) pi[row] = k < certain ? 1 : shares[k];
  return pi;
}

interface Inclusions {
  /** (B,) the rows from the likeliest on. */
  readonly likeliest: Int32Array;
  /** How many of these are drawn in any case. */
  readonly certain: number;
  /** (B,) π of the others in that order, 0 for the certain ones. */
  readonly shares: Float64Array;
}

/**
 * In the order of their probabilities, row k is certain if (b − k) pₖ ≥ Σ of the p from k on, and the first that is not
 * ends them. The sums begin with the smallest, so that none of them is lost in a larger one.
 */
function inclusions(probabilities: ArrayLike<number>, b: number): Inclusions {
  const B = probabilities.length;
  const likeliest = descending(probabilities);
  const rest = new Float64Array(B);
  let sum = 0;
  for (let k = B - 1; k >= 0; k--) rest[k] = sum += probabilities[likeliest[k]];

  let certain = 0;
  while (certain < b && (b - certain) * (probabilities[likeliest[certain]] / rest[certain]) >= 1) certain++;
  const shares = new Float64Array(B);
  for (let k = certain; k < B && certain < b; k++) {
    // Nothing but zeros left: what c p tends to as a uniform share added to p tends to zero.
    const missing = b - certain;
    shares[k] = rest[certain] > 0 ? missing * (probabilities[likeliest[k]] / rest[certain]) : missing / (B - certain);
  }
  return { likeliest, certain, shares };
}
