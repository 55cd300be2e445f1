import { fault } from '../errors.ts';

/** A distribution over the ranks 1 (the largest value), …, n, drawn from without a table of n numbers. */
export interface RankDistribution {
  readonly n: number;
  /** P(rank). */
  probability(rank: number): number;
  /** The first rank whose cumulative probability is above u ∈ [0, 1). `quantile(random.uniform())` draws one. */
  quantile(u: number): number;
}

/**
 * P(r) ∝ exp(−ln(s_e) r / n): rank 1 is drawn s_e^((n−1)/n) ≈ s_e times as often as rank n
 * (Loshchilov & Hutter 2015, eq. 2). The inverse of the cumulative distribution is closed.
 *
 * @param pressure s_e ≥ 1; 1 is uniform.
 *
 * @example
 * ```ts
 * const ranks = exponentialRanks(1000, 100); // the first is 100 times as likely as the last
 * console.log(ranks.probability(1));
 * ```
 */
export function exponentialRanks(n: number, pressure: number): RankDistribution {
  checkCount(n);
  if (!(pressure >= 1 && pressure < Infinity)) {
    throw fault({ wrong: 'bad selection pressure s_e', got: pressure, expected: 'a finite number ≥ 1' });
  }
  const rate = Math.log(pressure) / n;
  if (rate === 0) return { n, probability: () => 1 / n, quantile: (u) => Math.floor(u * n) + 1 };
  // Σ_{r ≤ R} exp(−rate (r − 1)) = (1 − exp(−rate R)) / (1 − exp(−rate)); everything in expm1 and log1p, for s_e near 1.
  const mass = -Math.expm1(-rate * n);
  const first = -Math.expm1(-rate) / mass;
  return {
    n,
    probability: (rank) => first * Math.exp(-rate * (rank - 1)),
    quantile: (u) => Math.min(n, Math.floor(-Math.log1p(-u * mass) / rate) + 1),
  };
}

/** Terms summed one by one before the Euler–Maclaurin formula takes over with an error below 10⁻¹⁶. */
const HEAD = 64;

/**
 * P(r) ∝ r^(−α): rank-based prioritization, priority 1/rank to the power α (Schaul et al. 2015, section 3.3).
 *
 * The cumulative sums come from the Euler–Maclaurin formula and the quantile from the integral that they are close to,
 * corrected by a step or two: exact to rounding, O(1), no table.
 *
 * @param alpha α ≥ 0; 0 is uniform.
 *
 * @example
 * ```ts
 * const ranks = powerRanks(1000, 0.7);
 * console.log(ranks.quantile(0.5));
 * ```
 */
export function powerRanks(n: number, alpha: number): RankDistribution {
  checkCount(n);
  if (!(alpha >= 0 && alpha < Infinity)) throw fault({ wrong: 'bad exponent α', got: alpha, expected: 'a number ≥ 0' });

  const head = new Float64Array(Math.min(n, HEAD) + 1);
  for (let r = 1; r < head.length; r++) head[r] = head[r - 1] + r ** -alpha;

  const integral = (x: number) => (alpha === 1 ? Math.log(x) : Math.expm1((1 - alpha) * Math.log(x)) / (1 - alpha));
  // ∫f + f/2 + f′/12 − f‴/720 + …, without its constant.
  const antiderivative = (x: number) => {
    const f = x ** -alpha;
    const f1 = (-alpha * f) / x;
    const f3 = (f1 * (alpha + 1) * (alpha + 2)) / (x * x);
    const f5 = (f3 * (alpha + 3) * (alpha + 4)) / (x * x);
    return integral(x) + f / 2 + f1 / 12 - f3 / 720 + f5 / 30240;
  };
  const constant = n > HEAD ? head[HEAD] - antiderivative(HEAD) : 0;
  const cumulative = (r: number) => (r < head.length ? head[r] : constant + antiderivative(r));
  const total = cumulative(n);

  /** The x at which constant + integral(x) is `sum`. */
  const inverse = (sum: number) => {
    const value = sum - constant;
    return Math.exp(alpha === 1 ? value : Math.log1p(Math.max((1 - alpha) * value, -1)) / (1 - alpha));
  };
  return {
    n,
    probability: (rank) => rank ** -alpha / total,
    quantile: (u) => {
      const sum = u * total;
      // cumulative(r) ≈ constant + integral(r + 1/2), so the first r above the sum is near the ceiling of x − 1/2.
      const guess = n > HEAD && sum >= head[HEAD] ? Math.ceil(inverse(sum) - 0.5) : firstAbove(head, sum);
      let rank = Math.min(Math.max(guess, 1), n);
      while (rank > 1 && cumulative(rank - 1) > sum) rank--;
      while (rank < n && cumulative(rank) <= sum) rank++;
      return rank;
    },
  };
}

function firstAbove(sums: Float64Array, point: number): number {
  let low = 1;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle] > point) high = middle;
    else low = middle + 1;
  }
  return low;
}

function checkCount(n: number): void {
  if (!(Number.isInteger(n) && n >= 1)) throw fault({ wrong: 'no ranks', got: n, expected: 'an integer ≥ 1' });
}
