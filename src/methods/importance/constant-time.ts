import { type Checks, checkedOptions, range, share } from '../../options.ts';
import type { Method } from '../method.ts';
import { type ConstantCostOptions, constantCost, constantCostChecks } from './constant-cost.ts';

export interface ConstantTimeOptions extends ConstantCostOptions {
  /** τ_th ≥ 1 above which importance sampling starts. Default 2. */
  threshold?: number;
  /** How far the presample goes from b towards the largest that the time allows. Default 0.5. */
  ratio?: number;
  /** Least number of samples trained on, as a share of b. Default 0.2. */
  least?: number;
}

export const constantTimeChecks: Checks<ConstantTimeOptions> = {
  ...constantCostChecks,
  threshold: range(1),
  ratio: range(0, 1),
  least: share,
};

/**
 * Importance sampling in steps that take as long as a uniform one: the larger τ, the more samples are scored and the
 * fewer trained on, B t_f + a (t_f + t_b) = b (t_f + t_b).
 *
 * References: Katharopoulos & Fleuret, importance_sampling, `ConstantTimeSampler`.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: constantTime() });
 * ```
 */
export function constantTime(options: ConstantTimeOptions = {}): Method {
  options = checkedOptions('constantTime', options, constantTimeChecks);
  const { name = 'constantTime', threshold = 2, ratio = 0.5, least = 0.2, backwardTime = 2 } = options;
  const step = 1 + backwardTime;
  return constantCost(
    name,
    options,
    { threshold, ratio, least },
    {
      threshold,
      largest: 1 + (step * (1 - least) - 1) * ratio,
      sizes: (b, tau) => {
        const time = step * b;
        const smallest = Math.max(least * b, b / tau);
        const most = time - step * smallest;
        const presample = Math.max(b, Math.floor(b + (most - b) * ratio));
        return { presample, batch: Math.min(b, Math.max(1, Math.floor((time - presample) / step))) };
      },
    },
  );
}
