import { fault } from '../errors.ts';
import { largestScore } from './scores.ts';

/** b rows drawn from a pool of B, with the weights that make mean(w l) an unbiased estimate of the pool's mean of l. */
export interface Draw {
  /** (b,) positions in the pool. */
  readonly rows: Int32Array;
  /** (b,) */
  readonly weights: Float64Array;
}

export function emptyDraw(b: number): Draw {
  return { rows: new Int32Array(b), weights: new Float64Array(b) };
}

/** @throws UnequalError unless b is an integer from 1 to `most` and the B probabilities are finite, ≥ 0, not all zero. */
export function checkDraw(probabilities: ArrayLike<number>, b: number, most = Infinity): void {
  const largest = largestScore(probabilities);
  if (!(Number.isInteger(b) && b >= 1 && b <= most)) {
    const expected = most === Infinity ? 'an integer ≥ 1' : `an integer from 1 to the ${most} of the pool`;
    throw fault({ wrong: 'cannot draw that many samples', got: b, expected });
  }
  if (largest === 0) {
    throw fault({ wrong: 'every probability is zero', mend: 'make them with distribution(), which is uniform then' });
  }
}
