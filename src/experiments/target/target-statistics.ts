import { least } from '../../extent.ts';
import { Random } from '../../sampling/index.ts';

/** The middle value, of two the mean. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  // Infinity − Infinity is no number; two that are infinite have an infinite mean.
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The median values of a method by budget. */
export interface AtBudget {
  readonly budget: number;
  /** One for each seed. */
  readonly values: readonly number[];
}

/** The smallest budget at which the median reaches the target; Infinity where none does. */
export function timeToTarget(runs: readonly AtBudget[], target: number): number {
  const reached = runs.filter(({ values }) => median(values) <= target).map(({ budget }) => budget);
  return least(reached);
}

/**
 * Where the medians cross the target, between two budgets on a line over the logarithm of the budget. The smallest budget
 * where that reaches it already; Infinity where none does.
 */
export function crossing(runs: readonly AtBudget[], target: number): number {
  const points = runs
    .map(({ budget, values }) => ({ x: Math.log(budget), y: median(values) }))
    .sort((a, b) => a.x - b.x);
  const k = points.findIndex(({ y }) => y <= target);
  if (k < 0) return Infinity;
  if (k === 0) return Math.exp(points[0].x);
  const [before, after] = [points[k - 1], points[k]];
  const share = Number.isFinite(before.y) ? (before.y - target) / (before.y - after.y) : 1;
  return Math.exp(before.x + share * (after.x - before.x));
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const draws = 2000;

/**
 * 95 % interval of a time to target: seeds are drawn anew with replacement, those of the target too (Efron, Bootstrap
 * Methods, Annals of Statistics 1979).
 */
export function bootstrap(
  runs: readonly AtBudget[],
  atT: readonly number[],
  time: (runs: readonly AtBudget[], target: number) => number,
): Interval {
  const random = new Random(1).fork('bootstrap');
  const again = (values: readonly number[]) => values.map(() => values[random.integer(values.length)]);
  const times = Array.from({ length: draws }, () =>
    time(
      runs.map(({ budget, values }) => ({ budget, values: again(values) })),
      median(again(atT)),
    ),
  ).sort((a, b) => a - b);
  return { low: times[Math.floor(0.025 * draws)], high: times[Math.ceil(0.975 * draws) - 1] };
}

/** Infinite where one is. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Pairs beyond which signs are drawn instead of all being tried. */
const exactUpTo = 18;
const signDraws = 100_000;

/**
 * Two-sided p of Wilcoxon's signed-rank test that values are as often above as below 0, exact up to 18 of them: zeros left
 * out, ties with their mean rank. 1 where nothing is left. A value may be infinite.
 *
 * References: Wilcoxon, Individual Comparisons by Ranking Methods, Biometrics Bulletin 1945.
 */
export function signedRank(values: readonly number[]): number {
  const kept = values.filter((value) => value !== 0);
  const n = kept.length;
  if (n === 0) return 1;
  const ranks = ranksOf(kept.map(Math.abs));
  const half = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const seen = Math.abs(kept.reduce((sum, value, k) => sum + (value > 0 ? ranks[k] : 0), 0) - half);
  const asFar = (sum: number) => Math.abs(sum - half) >= seen - 1e-9;
  if (n <= exactUpTo) {
    let count = 0;
    for (let signs = 0; signs < 2 ** n; signs++) {
      let sum = 0;
      for (let k = 0; k < n; k++) if (signs & (1 << k)) sum += ranks[k];
      if (asFar(sum)) count++;
    }
    return count / 2 ** n;
  }
  const random = new Random(1).fork('signs');
  let count = 1;
  for (let draw = 0; draw < signDraws; draw++) {
    let sum = 0;
    for (let k = 0; k < n; k++) if (random.uniform() < 0.5) sum += ranks[k];
    if (asFar(sum)) count++;
  }
  return count / (signDraws + 1);
}

function ranksOf(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, j) => values[i] - values[j]);
  const ranks = new Array<number>(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to - 1) / 2 + 1;
  }
  return ranks;
}
