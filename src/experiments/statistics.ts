import { number } from '../report/index.ts';
import { studentQuantile } from '../student.ts';

/** A mean over seeds. */
export interface Estimate {
  readonly mean: number;
  /** 95 % confidence interval; absent for fewer than two values. */
  readonly low?: number;
  readonly high?: number;
  readonly n: number;
}

/** The mean with the interval of Student's t. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = average(values);
  if (n < 2) return { mean, n };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const half = (studentQuantile(n - 1) * deviation) / Math.sqrt(n);
  return { mean, low: mean - half, high: mean + half, n };
}

/** An estimate of what cannot be negative: nor can its interval be. */
export function positive({ low, ...rest }: Estimate): Estimate {
  return low === undefined ? rest : { ...rest, low: Math.max(0, low) };
}

/** The geometric mean of ratios with its interval: a factor of two either way is as far from 1. */
export function ratioEstimate(ratios: readonly number[]): Estimate {
  const { mean, low, high, n } = estimate(ratios.map(Math.log));
  if (low === undefined || high === undefined) return { mean: Math.exp(mean), n };
  return { mean: Math.exp(mean), low: Math.exp(low), high: Math.exp(high), n };
}

/** `0.36 (0.31–0.42)`, or the mean alone where there is one value. */
export function withInterval({ mean, low, high }: Estimate, text: (value: number) => string = number): string {
  return low === undefined || high === undefined ? text(mean) : `${text(mean)} (${text(low)}–${text(high)})`;
}

/** What an interval of a ratio says of it. */
export function verdict({ low, high }: Estimate): string {
  if (low === undefined || high === undefined) return 'no interval';
  if (Number.isNaN(low) || Number.isNaN(high)) return 'no number';
  return low > 1 ? 'larger' : high < 1 ? 'smaller' : 'within the noise';
}

/** The remark below a table of such numbers. */
export function intervalNote(seeds: number): string {
  return seeds > 1
    ? `Means over ${seeds} seeds; in brackets the 95 % confidence interval. A ratio whose interval holds 1 is within the noise.`
    : 'One seed: there is no interval, and a small difference may be noise.';
}

/** The same below a table with a column ÷ uniform, of {@link ratioEstimate}. */
export function ratioNote(seeds: number): string {
  if (seeds < 2) return intervalNote(seeds);
  return `${intervalNote(seeds)} ÷ uniform compares the runs of each seed: it is the geometric mean of their ratios, and need not be one mean divided by the other.`;
}

export function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Spearman's rank correlation, ties with their mean rank. NaN if either has no spread. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (x.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) ** 2;
    yy += (y[i] - mean) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to - 1) / 2;
  }
  return ranks;
}
