import { mean } from '../mean.ts';
import { studentQuantile } from '../student.ts';

/** A ratio of mean losses with its 95 % interval. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** The moments, from the end, that scatter is told from. */
const scattered = 7;

/** The moments that are averaged at the end of a run: a third of them. */
export const lastOf = (moments: number): number => Math.max(1, Math.floor(moments / 3));

/**
 * Mean loss of one run over that of another, at the end of both, from the losses of the same samples at the same
 * moments. The mean over the last third of the moments is compared: a single one is as noisy as the weights are.
 *
 * Two things make the ratio uncertain. The samples stand for all: by the delta method the variance of log ratio is that
 * of the mean of aᵢ/ā − bᵢ/b̄, which pairs away what is hard in both runs. And the weights scatter from step to step: a sixth of the mean square second difference of the log ratio over the last
 * moments, to which a trend adds nothing. The moments averaged count as half as many, since those of one run are not
 * independent. What another seed would bring is not in it.
 *
 * @param a losses of one run, an array (n,) for each moment.
 * @param b of the other, of the same samples in the same order.
 */
export function compare(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): Ratio {
  const moments = Math.min(a.length, b.length);
  const last = lastOf(moments);
  const [meansA, meansB] = [a, b].map((losses) => columnMeans(losses.slice(moments - last, moments)));
  const [meanA, meanB] = [mean(meansA), mean(meansB)];
  // Losses that have become zero are equal, and nothing is left to be uncertain about.
  if (meanA === meanB) return { ratio: 1, ...interval(0, 0, 0) };
  const n = meansA.length;
  let square = 0;
  for (let i = 0; i < n; i++) square += (meansA[i] / meanA - meansB[i] / meanB) ** 2;
  const ofSamples = n > 1 ? Math.sqrt(square / (n - 1) / n) : 0;
  const logs = a.slice(0, moments).map((losses, k) => Math.log(mean(losses) / mean(b[k])));
  const { deviation, degrees } = scatter(logs.slice(-scattered));
  const ofMoments = deviation / Math.sqrt(Math.max(1, last / 2));
  const half = Math.hypot(
    n > 1 ? studentQuantile(n - 1) * ofSamples : 0,
    degrees > 0 ? studentQuantile(degrees) * ofMoments : 0,
  );
  return { ratio: meanA / meanB, ...interval(Math.log(meanA / meanB), half, half) };
}

function interval(center: number, below: number, above: number): Pick<Ratio, 'low' | 'high'> {
  return { low: Math.exp(center - below), high: Math.exp(center + above) };
}

/** Standard deviation of values about a trend, from their second differences, whose variance is 1 + 4 + 1 times theirs. */
function scatter(values: readonly number[]): { deviation: number; degrees: number } {
  const degrees = values.length - 2;
  if (degrees < 1) return { deviation: 0, degrees: 0 };
  let square = 0;
  for (let k = 1; k <= degrees; k++) square += (values[k + 1] - 2 * values[k] + values[k - 1]) ** 2;
  return { deviation: Math.sqrt(square / degrees / 6), degrees };
}

/** The mean over arrays, element by element. */
function columnMeans(arrays: readonly ArrayLike<number>[]): Float64Array {
  const means = new Float64Array(arrays[0].length);
  for (const array of arrays) for (let i = 0; i < means.length; i++) means[i] += array[i] / arrays.length;
  return means;
}
