import { belowOne, type Checks, checkedOptions, choice, range } from '../options.ts';
import { largestScore, requireList } from './scores.ts';

/**
 * Two forms of τ are in use: that of the slides, and its square root, with which the published experiments were run
 * (the authors' library). Thresholds belong to the form they were given for.
 */
export type TauForm = 'slides' | 'paper';

/**
 * How far p is from uniform, as the factor by which sampling by p cuts the variance of the gradient:
 * (1 − Σ(p − u)² / Σp²)⁻¹ = B Σp² = B / ESS (Katharopoulos & Fleuret 2018, eq. 26), or its square root (`'paper'`).
 * 1 for uniform, at most B (√B), and the same for c·p, so that scores will do. All zero counts as uniform.
 *
 * @example
 * ```ts
 * tau([0.25, 0.25, 0.25, 0.25]); // nothing to gain
 * ```
 */
export function tau(p: ArrayLike<number>, form: TauForm = 'paper'): number {
  requireList('p', p);
  const slides = Math.max(1, p.length / ess(p));
  return form === 'slides' ? slides : Math.sqrt(slides);
}

/**
 * Effective sample size (Σp)² / Σp², from 1 to B; B where all are zero.
 *
 * @example
 * ```ts
 * ess([1, 1, 0, 0]); // 2
 * ```
 */
export function ess(p: ArrayLike<number>): number {
  const largest = largestScore(p);
  if (largest === 0) return p.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < p.length; i++) {
    const r = p[i] / largest;
    sum += r;
    squares += r * r;
  }
  return (sum * sum) / squares;
}

/**
 * Tr V_u[G] − Tr V_p[w G]: how much less the estimate from one sample drawn by p varies than from one drawn uniformly,
 * (1/B) Σ ‖Gᵢ‖² (1 − u/pᵢ). For p ∝ ‖G‖ this is the identity (1/B) (Σ‖Gᵢ‖)² Σ(pᵢ − u)².
 *
 * @param norms (B,) the gradient norms ‖Gᵢ‖.
 * @param p (B,) probabilities, of sum 1. −∞ where one is zero and its norm is not: such an estimate misses the sample.
 *
 * @example
 * ```ts
 * varianceReduction([1, 3], [0.25, 0.75]);
 * ```
 */
export function varianceReduction(norms: ArrayLike<number>, p: ArrayLike<number>): number {
  requireList('norms', norms);
  const B = norms.length;
  requireList('p', p, B);
  let sum = 0;
  for (let i = 0; i < B; i++) if (norms[i] !== 0) sum += norms[i] ** 2 * (1 - 1 / B / p[i]);
  return sum / B;
}

export interface TauOptions {
  form?: TauForm;
  /** Share of what was before that stays. Default 0.9. */
  decay?: number;
  /** What it starts from. Default 0. */
  value?: number;
}

const checks: Checks<TauOptions> = { form: choice('slides', 'paper'), decay: belowOne, value: range(-Infinity) };

/**
 * An average of τ where it can be a τ: it starts from 0, and is `undefined` until it has come to 1, to a thousandth.
 *
 * @example
 * ```ts
 * console.log(knownTau(0.4) ?? 'not known yet');
 * ```
 */
export const knownTau = (average: number): number | undefined => (average > 0.999 ? Math.max(1, average) : undefined);

/**
 * τ ← a τ + (1 − a) τ(p), a = 0.9, from 0 (Algorithm 1).
 *
 * @example
 * ```ts
 * const average = new TauAverage({ decay: 0.9 });
 * average.update([0.1, 0.9]);
 * ```
 */
export class TauAverage {
  readonly form: TauForm;
  readonly decay: number;
  #value: number;

  constructor(options?: TauOptions) {
    const { form = 'paper', decay = 0.9, value = 0 } = checkedOptions<TauOptions>('TauAverage', options, checks);
    this.form = form;
    this.decay = decay;
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** `undefined` until the average has come to 1, to a thousandth: before that it is no τ. */
  get known(): number | undefined {
    return knownTau(this.#value);
  }

  /** Takes in the distribution of a step, (B,) probabilities or scores; returns the new average. */
  update(p: ArrayLike<number>): number {
    this.#value = this.decay * this.#value + (1 - this.decay) * tau(p, this.form);
    return this.#value;
  }

  /** What the constructor takes to continue. */
  state(): { form: TauForm; decay: number; value: number } {
    return { form: this.form, decay: this.decay, value: this.#value };
  }
}
