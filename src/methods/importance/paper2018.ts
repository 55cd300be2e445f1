import { type Checks, checkedOptions, positive, range } from '../../options.ts';
import type { Method } from '../method.ts';
import { importance } from './importance.ts';

export interface Paper2018Options {
  presample?: number;
  threshold?: number;
}

export const paper2018Checks: Checks<Paper2018Options> = { presample: range(1), threshold: positive };

/**
 * Importance sampling as it was published: multinomial resampling, no mixture, τ as its square root with a fixed
 * threshold.
 *
 * @param options.presample B/b; 5 in the image experiments (B = 640, b = 128).
 * @param options.threshold τ_th; 1.5 in the image experiments.
 *
 * References: Katharopoulos & Fleuret, ICML 2018, Algorithm 1 and section 4.2.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: paper2018() });
 * ```
 */
export function paper2018(options: Paper2018Options = {}): Method {
  options = checkedOptions('paper2018', options, paper2018Checks);
  const { presample = 5, threshold = 1.5 } = options;
  return importance({
    name: 'paper2018',
    scores: 'fresh',
    presample,
    score: 'upper-bound',
    resample: 'multinomial',
    mixture: 0,
    tau: 'paper',
    tauDecay: 0.9,
    start: threshold,
    end: 0,
    weightPower: 1,
  });
}
