import { fault } from '../errors.ts';
import { withinRange } from './edges.ts';
import { type Random, requireRandom } from './random.ts';
import { largestScore } from './scores.ts';

/** b rows drawn from a pool of B, with the weights that make mean(w l) an unbiased estimate of the pool's mean of l. */
export interface Draw {
  /** (b,) positions in the pool. */
  readonly rows: Int32Array;
  /** (b,) */
  readonly weights: Float64Array;
}

/** Draws b rows of a pool of B by their probabilities (B,), with unbiased weights. */
export interface Resampler {
  (probabilities: ArrayLike<number>, b: number, random: Random): Draw;
  /** The uniform numbers that a draw of b of B takes. */
  numbers(B: number, b: number, random: Random): Float64Array;
  /** The draw as a function of its uniform numbers alone: the same ones give the same rows and weights, to the last bit. */
  from(probabilities: ArrayLike<number>, b: number, numbers: Float64Array): Draw;
}

/**
 * @param length how many numbers a draw of b of B takes.
 * @param most the largest b for a pool of B.
 * @param from what is drawn with these numbers.
 */
export function resampling(
  length: (B: number, b: number) => number,
  most: (B: number) => number,
  from: Resampler['from'],
): Resampler {
  const numbers = (B: number, b: number, random: Random) => random.uniforms(length(B, b));
  const checked: Resampler['from'] = (probabilities, b, given) => {
    const B = probabilities.length;
    const inRange = checkDraw(probabilities, b, most(B));
    if (given.length !== length(B, b)) {
      const expected = `${length(B, b)} for ${b} of ${B}`;
      throw fault({ wrong: 'another number of uniform numbers', got: given.length, expected });
    }
    return from(inRange, b, given);
  };
  const draw = (probabilities: ArrayLike<number>, b: number, random: Random) => {
    const B = probabilities.length;
    const inRange = checkDraw(probabilities, b, most(B));
    requireRandom(random);
    return from(inRange, b, numbers(B, b, random));
  };
  return Object.assign(draw, { numbers, from: checked });
}

export function emptyDraw(b: number): Draw {
  return { rows: new Int32Array(b), weights: new Float64Array(b) };
}

/**
 * The probabilities, divided by the largest where their sum would not be a number to draw by.
 * @throws UnequalError unless b is an integer from 1 to `most` and the B probabilities are finite, ≥ 0, not all zero.
 */
export function checkDraw(probabilities: ArrayLike<number>, b: number, most = Infinity): ArrayLike<number> {
  const largest = largestScore(probabilities);
  if (!(Number.isInteger(b) && b >= 1 && b <= most)) {
    const expected = most === Infinity ? 'an integer ≥ 1' : `an integer from 1 to the ${most} of the pool`;
    throw fault({ wrong: 'cannot draw that many samples', got: b, expected });
  }
  if (largest === 0) {
    throw fault({ wrong: 'every probability is zero', mend: 'make them with distribution(), which is uniform then' });
  }
  return withinRange(probabilities, largest);
}
