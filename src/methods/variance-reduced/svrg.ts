import { type Checks, checkedOptions, integer, positive, range, text } from '../../options.ts';
import type { Method } from '../method.ts';
import { needsLength } from '../needs.ts';
import { uniform } from '../uniform.ts';
import { AnchoredUpdate } from './anchored.ts';

export interface SvrgOptions {
  /** Name in tables and curves. */
  name?: string;
  /** Epochs of steps between two snapshots, m = inner · N/b: 2 for convex problems, 5 otherwise. Default 5. */
  inner?: number;
  /** Epochs of plain SGD before the first snapshot; the paper takes 1 for convex problems, 10 otherwise. Default 1. */
  warmStart?: number;
  /** Samples at a time in the passes over the data. Default 500 or b; b for a model with batch statistics. */
  chunk?: number;
}

export const svrgChecks: Checks<SvrgOptions> = { name: text, inner: positive, warmStart: range(0), chunk: integer(1) };

/**
 * Stochastic variance reduced gradient: v = g_I(x) − g_I(x̃) + μ with the full gradient μ = ∇f(x̃) at a snapshot x̃,
 * handed to the user's optimizer. The snapshot is the last iterate of m steps (option I).
 *
 * Unbiased. A step costs two gradients, a snapshot a pass over the data, whose size is `pass.samples` in the step
 * report. Memory: 8 bytes a parameter (x̃, μ), 20 during a pass; nothing per sample. The guarantees of the paper are for
 * plain SGD; with momentum or Adam v takes the gradient's place. With dropout, g_I(x) and g_I(x̃) share their masks, and
 * μ, which cannot, keeps the noise of its own: variance is reduced less.
 *
 * For convex problems solved to high accuracy. On deep networks it loses to uniform SGD at equal time (Katharopoulos &
 * Fleuret 2018; Defazio & Bottou, On the Ineffectiveness of Variance Reduced Optimization for Deep Learning,
 * 2019).
 *
 * References: Johnson & Zhang, Accelerating Stochastic Gradient Descent using Predictive Variance Reduction, NIPS 2013.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: svrg() });
 * ```
 */
export function svrg(options: SvrgOptions = {}): Method {
  options = checkedOptions('svrg', options, svrgChecks);
  const { name = 'svrg', inner = 5, warmStart = 1, chunk } = options;
  return {
    ...uniform(),
    name,
    options: { inner, warmStart, chunk },
    check: (plan) => needsLength(name, plan),
    update: (context) => {
      const N = context.length!;
      const m = Math.max(1, Math.round((inner * N) / context.batchSize));
      return new AnchoredUpdate(context, {
        warmStart: warmStart * N,
        chunk,
        stage: () => ({ anchor: N, steps: m }),
      });
    },
  };
}
