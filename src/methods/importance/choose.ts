import type { DrawRequest } from '../../learner/learner.ts';
import { distribution } from '../../sampling/distribution.ts';
import type { Random } from '../../sampling/random.ts';
import { resampler } from '../../sampling/resamplers.ts';
import type { NoiseGuard } from './noise-guard.ts';
import type { Presample } from './presamples.ts';

/** What a draw on the host needs to know. */
export type Choice = Pick<DrawRequest, 'size' | 'mixture' | 'resample' | 'numbers'>;

/** A draw that has been made already: rows with unbiased weights. */
interface Drawn {
  readonly rows: Int32Array;
  readonly unbiased: Float64Array;
}

/**
 * Rows of a presample with unbiased weights.
 *
 * @param found (B,) its scores.
 * @param made where the rows have been drawn together with scoring.
 * @returns also g (B,), what they were drawn by, and the rows whose scores were capped.
 */
export function choose(
  { indices, priorities }: Presample,
  found: ArrayLike<number>,
  { size, mixture, resample, numbers }: Choice,
  guard: NoiseGuard,
  made?: Drawn,
) {
  const scores = priorities ?? Float32Array.from(found);
  const capped = guard.cap(scores);
  const g = distribution(scores, { mixture, indices });
  if (made) return { g, capped, rows: made.rows, unbiased: made.unbiased };
  const { rows, weights: unbiased } = resampler(resample).from(g, size, numbers);
  return { g, capped, rows, unbiased };
}

/** A draw by stored scores that nothing is trained on, for the time it takes. */
export function rehearse(
  stored: (indices: Int32Array) => Presample,
  { B, length, ...choice }: Omit<Choice, 'numbers'> & { readonly B: number; readonly length: number },
  guard: NoiseGuard,
  random: Random,
): void {
  const indices = Int32Array.from({ length: B }, () => random.integer(length));
  const numbers = resampler(choice.resample).numbers(B, choice.size, random);
  const presample = stored(indices);
  choose(presample, presample.scores!, { ...choice, numbers }, guard);
}
