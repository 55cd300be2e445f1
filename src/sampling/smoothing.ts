import { fault } from '../errors.ts';
import { belowOne, type Checks, checkedOptions, range } from '../options.ts';

/** Makes scores more alike, in place: (B,) float64 in, the same array out. */
export type Smoothing = (scores: Float64Array) => Float64Array;

/**
 * s + c.
 *
 * @example
 * ```ts
 * additive(1)(Float64Array.of(1, 3)); // 2, 4
 * ```
 */
export function additive(c = 1): Smoothing {
  if (!(c >= 0 && c < Infinity)) throw fault({ wrong: 'bad smoothing constant', got: c, expected: 'a number ≥ 0' });
  return (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] += c;
    return scores;
  };
}

/**
 * sᵏ, 0 ≤ k ≤ 1: 1 leaves the scores alone, 0 makes them uniform.
 *
 * @example
 * ```ts
 * power(0.5)(Float64Array.of(1, 9)); // 1, 3
 * ```
 */
export function power(k = 0.5): Smoothing {
  if (!(k >= 0 && k <= 1)) throw fault({ wrong: 'bad smoothing power', got: k, expected: 'a number in [0, 1]' });
  return (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] **= k;
    return scores;
  };
}

export interface SmoothingOptions {
  /** What is added to every score, in mean scores. Default 0.5. */
  share?: number;
  /** Share of the mean before that stays. Default 0.9. */
  decay?: number;
  /** What the mean starts from. Default 1. */
  mean?: number;
}

const checks: Checks<SmoothingOptions> = { share: range(0), decay: belowOne, mean: range(0) };

/**
 * s + c μ, where μ ← a μ + (1 − a) mean(s) is the moving average of the scores, from 1
 * (`AdaptiveAdditiveSmoothingSampler` of the authors' library).
 *
 * @example
 * ```ts
 * const smoothing = new AdaptiveSmoothing({ share: 0.5 });
 * smoothing.smooth(Float64Array.of(1, 3));
 * ```
 */
export class AdaptiveSmoothing {
  readonly share: number;
  readonly decay: number;
  #mean: number;

  constructor(options?: SmoothingOptions) {
    const {
      share = 0.5,
      decay = 0.9,
      mean = 1,
    } = checkedOptions<SmoothingOptions>('AdaptiveSmoothing', options, checks);
    this.share = share;
    this.decay = decay;
    this.#mean = mean;
  }

  /** In place: (B,) float64 in, the same array out. */
  smooth(scores: Float64Array): Float64Array {
    let mean = 0;
    for (const s of scores) mean += s / scores.length;
    this.#mean = this.decay * this.#mean + (1 - this.decay) * mean;
    for (let i = 0; i < scores.length; i++) scores[i] += this.share * this.#mean;
    return scores;
  }

  /** What the constructor takes to continue. */
  state(): { share: number; decay: number; mean: number } {
    return { share: this.share, decay: this.decay, mean: this.#mean };
  }
}
