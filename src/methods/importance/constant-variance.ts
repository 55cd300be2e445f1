import { fault } from '../../errors.ts';
import { type Checks, checkedOptions, range } from '../../options.ts';
import type { Method } from '../method.ts';
import { type ConstantCostOptions, constantCost, constantCostChecks } from './constant-cost.ts';

export interface ConstantVarianceOptions extends ConstantCostOptions {
  /** Samples trained on beyond b / τ, as a share of b, since τ is an estimate. Default 0.2. */
  extraSamples?: number;
}

export const constantVarianceChecks: Checks<ConstantVarianceOptions> = {
  ...constantCostChecks,
  extraSamples: range(0, 1),
};

/**
 * Scores b samples and trains on b/τ of them (and a few more): gradients that vary as much as uniform ones, in less
 * time. Starts when the backward passes saved pay for the scoring, τ > 1 / (t_b / (t_f + t_b) − extra).
 *
 * References: Katharopoulos & Fleuret, importance_sampling, `ConstantVarianceSampler`.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: constantVariance() });
 * ```
 */
export function constantVariance(options: ConstantVarianceOptions = {}): Method {
  options = checkedOptions('constantVariance', options, constantVarianceChecks);
  const { name = 'constantVariance', extraSamples = 0.2, backwardTime = 2 } = options;
  const saved = backwardTime / (1 + backwardTime) - extraSamples;
  if (!(saved > 0)) {
    throw fault({
      wrong: 'bad extraSamples',
      got: extraSamples,
      expected: `less than the share of a backward pass, ${(backwardTime / (1 + backwardTime)).toFixed(2)}`,
    });
  }
  return constantCost(
    name,
    options,
    { extraSamples },
    {
      threshold: 1 / saved,
      largest: 1,
      sizes: (b, tau) => ({ presample: b, batch: Math.max(1, Math.min(b, Math.ceil((1 / tau + extraSamples) * b))) }),
    },
  );
}
