import type { MethodRecord, PointEvent } from './record.ts';

/** A number of one method beside uniform's. */
export interface Comparison {
  /** Method ÷ uniform. */
  readonly ratio: number;
  /**
   * What chance can do: losses within this factor of each other, and errors that differ by this or less, are within the
   * noise. The same whichever of the two is the method's. Absent where nothing is known of it.
   */
  readonly noise?: number;
  /** `no number` is of a method whose own number is NaN or infinite. */
  readonly verdict: 'better' | 'worse' | 'within noise' | 'unknown' | 'no number';
}

/** Points of a curve that tell its scatter, at most and at least. */
const lastPoints = 6;
const fewestPoints = 4;
/** Differences smaller than this are not spoken of, however quiet the curves. */
const leastFactor = 1.02;

type Loss = 'trainLoss' | 'testLoss';

/**
 * The final losses of two curves. The noise is what one run of each can tell: twice the scatter of ln(loss) about a
 * straight line through the last points of either curve.
 */
export function compareLoss(
  points: readonly PointEvent[],
  uniform: readonly PointEvent[],
  key: Loss = 'trainLoss',
): Comparison | undefined {
  const [loss, base] = [points.at(-1)?.[key], uniform.at(-1)?.[key]];
  if (loss === undefined || base === undefined || !comparable(base)) return undefined;
  const ratio = loss / base;
  const [mine, its] = [scatter(points, key), scatter(uniform, key)];
  if (!Number.isFinite(loss)) return { ratio, verdict: 'no number' };
  if (mine === undefined || its === undefined) return { ratio, verdict: 'unknown' };
  const noise = Math.max(leastFactor, Math.exp(2 * Math.hypot(mine, its)));
  if (!Number.isFinite(ratio) || !Number.isFinite(noise)) return { ratio, verdict: 'unknown' };
  return { ratio, noise, verdict: judged(ratio, Math.max(ratio, 1 / ratio) > noise) };
}

/** The final test errors, on `size` test samples; uniform's may be 0, of which any other is ∞ times as much. */
export function compareError(
  points: readonly PointEvent[],
  uniform: readonly PointEvent[],
  size: number,
): Comparison | undefined {
  const [error, base] = [points.at(-1)?.testError, uniform.at(-1)?.testError];
  if (error === undefined || base === undefined || !(base >= 0 && base < Infinity) || !(size > 0)) return undefined;
  if (!Number.isFinite(error)) return { ratio: error / base, verdict: 'no number' };
  const ratio = error === base ? 1 : error / base;
  const noise = errorNoise(error, base, size);
  const far = Math.max(ratio, 1 / ratio) > leastFactor;
  return { ratio, noise, verdict: judged(ratio, far && Math.abs(error - base) > noise) };
}

/**
 * Twice the standard error of the difference of two errors on `size` samples each. Where both are of the same samples they
 * have some chance in common, and this is more than what is left; how much more, two errors alone do not tell.
 */
export const errorNoise = (one: number, other: number, size: number): number =>
  2 * Math.hypot(chanceOf(one, size), chanceOf(other, size));

/**
 * The standard error of an error that is counted on `size` samples: the binomial one, and a sample more, for that of no
 * error, or of a few, is too little. With it none against five is chance and none against six is not, as in McNemar's test.
 */
export const chanceOf = (error: number, size: number): number =>
  Math.sqrt((error * (1 - error)) / size + 1 / size ** 2);

/** Nothing is a multiple of zero, and nothing can be told beside NaN or infinity. */
function comparable(base: number): boolean {
  return base > 0 && Number.isFinite(base);
}

const judged = (ratio: number, apart: boolean) => (!apart ? 'within noise' : ratio > 1 ? 'worse' : 'better');

/** Standard deviation of ln(loss) about a line over the last points. */
export function scatter(points: readonly PointEvent[], key: Loss = 'trainLoss'): number | undefined {
  const last = points.slice(-lastPoints).filter(({ [key]: loss = 0 }) => loss > 0 && loss < Infinity);
  const n = last.length;
  if (n < fewestPoints) return undefined;
  const x = last.map(({ seconds }) => seconds);
  const y = last.map((point) => Math.log(point[key] as number));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  const sxx = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const slope = sxx === 0 ? 0 : x.reduce((sum, value, k) => sum + (value - mx) * (y[k] - my), 0) / sxx;
  const squares = y.reduce((sum, value, k) => sum + (value - my - slope * (x[k] - mx)) ** 2, 0);
  return Math.sqrt(squares / (n - 2));
}

/** What every method is compared with: the one named uniform. */
export function uniformOf(methods: readonly MethodRecord[]): MethodRecord | undefined {
  const uniform = methods.find(({ name }) => name === 'uniform');
  return uniform?.result?.failed === undefined ? uniform : undefined;
}
