import { checkDraw, emptyDraw, resampling } from './draw.ts';
import { ascending, descending } from './order.ts';

/**
 * b different rows of the pool with inclusion probabilities πᵢ = min(1, c pᵢ), Σπ = b, and Horvitz–Thompson weights
 * b/(B π). Drawn by Madow's (1949) systematic method on the pool in a random order, for which the π are exact.
 *
 * Probabilities (B,) ≥ 0 are divided by their sum. Where fewer than b are positive, the others share what is left. Takes
 * B + 1 uniform numbers: a key for each row from the likeliest on, by which they are ordered, and the offset.
 *
 * @example
 * ```ts
 * const { rows, weights } = withoutReplacement([0.2, 0.3, 0.5], 2, new Random(1)); // two rows, none twice
 * ```
 */
export const withoutReplacement = resampling(
  (B) => B + 1,
  (B) => B,
  (probabilities, b, numbers) => {
    const B = probabilities.length;
    const { certain, likeliest, shares, keys, order, cumulative } = inclusions(probabilities, b);
    const { rows, weights } = emptyDraw(b);
    // The certain rows apart, so that rounding can neither miss nor repeat one of them.
    for (let k = 0; k < certain; k++) {
      rows[k] = likeliest[k];
      weights[k] = b / B;
    }

    // What has no share stands last, where no point falls.
    let size = 0;
    for (let k = 0; k < B; k++) {
      if (shares[k] > 0) size++;
      keys[k] = shares[k] > 0 ? numbers[k] : 2;
    }
    ascending(keys, order);
    let total = 0;
    for (let k = 0; k < B; k++) cumulative[k] = total += shares[order[k]];
    const offset = numbers[B];
    const points = b - certain;
    let above = 0;
    let ahead = 0;
    for (let k = 0; k < points; k++) {
      // The first row above the point; points go upwards.
      const point = ((offset + k) / points) * total;
      while (above < B && cumulative[above] <= point) above++;
      // Rounding could put two points into one row, or leave fewer rows than points: each goes at least one row on, and
      // none so far that the rows do not last.
      ahead = Math.max(ahead, above - k);
      const drawn = order[k + Math.min(ahead, size - points)];
      rows[certain + k] = likeliest[drawn];
      weights[certain + k] = b / (B * shares[drawn]);
    }
    return { rows, weights };
  },
);

/**
 * π = min(1, c p) with Σπ = b, (B,) float64.
 *
 * @example
 * ```ts
 * inclusionProbabilities([0.2, 0.3, 0.5], 2);
 * ```
 */
export function inclusionProbabilities(probabilities: ArrayLike<number>, b: number): Float64Array {
  const inRange = checkDraw(probabilities, b, probabilities.length);
  const { certain, likeliest, shares } = inclusions(inRange, b);
  const pi = new Float64Array(probabilities.length);
  for (let k = 0; k < pi.length; k++) pi[likeliest[k]] = k < certain ? 1 : shares[k];
  return pi;
}

/** Room for the numbers of a pool of B, kept for the next pool of that size: a draw is too short to allocate in. */
class Workspace {
  /** How many of the likeliest rows are drawn in any case. */
  certain = 0;
  /** (B,) the rows from the likeliest on. */
  readonly likeliest: Int32Array;
  /** (B,) π of the others in that order, 0 for the certain ones. */
  readonly shares: Float64Array;
  /** (B,) Σ of the probabilities from each of these rows on. */
  readonly rest: Float64Array;
  readonly keys: Float64Array;
  readonly order: Int32Array;
  readonly cumulative: Float64Array;

  constructor(readonly size: number) {
    this.likeliest = new Int32Array(size);
    this.order = new Int32Array(size);
    this.shares = new Float64Array(size);
    this.rest = new Float64Array(size);
    this.keys = new Float64Array(size);
    this.cumulative = new Float64Array(size);
  }
}

let kept = new Workspace(0);

/**
 * In the order of their probabilities, row k is certain if (b − k) pₖ ≥ Σ of the p from k on, and the first that is not
 * ends them. The sums begin with the smallest, so that none of them is lost in a larger one.
 *
 * @returns what holds until the next call.
 */
function inclusions(probabilities: ArrayLike<number>, b: number): Workspace {
  const B = probabilities.length;
  if (kept.size !== B) kept = new Workspace(B);
  const { likeliest, rest, shares } = kept;
  descending(probabilities, likeliest);
  let sum = 0;
  for (let k = B - 1; k >= 0; k--) rest[k] = sum += probabilities[likeliest[k]];

  let certain = 0;
  while (certain < b && (b - certain) * (probabilities[likeliest[certain]] / rest[certain]) >= 1) certain++;
  const missing = b - certain;
  const left = missing > 0 ? rest[certain] : 0;
  for (let k = 0; k < B; k++) {
    if (k < certain || missing === 0) shares[k] = 0;
    else if (left > 0) shares[k] = missing * (probabilities[likeliest[k]] / left);
    // Nothing but zeros left: what c p tends to as a uniform share added to p tends to zero.
    else shares[k] = missing / (B - certain);
  }
  kept.certain = certain;
  return kept;
}
