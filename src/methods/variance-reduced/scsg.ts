import { type Checks, checkedOptions, integer, range, text, wordOr } from '../../options.ts';
import type { Method } from '../method.ts';
import { needsLength } from '../needs.ts';
import { uniform } from '../uniform.ts';
import { AnchoredUpdate } from './anchored.ts';

export interface ScsgOptions {
  /** Name in tables and curves. */
  name?: string;
  /** B₁/b: how many batches the first anchor gradient is of; `'all'`: every anchor is of all samples. Default 1. */
  anchor?: number | 'all';
  /** Exponent of the growth of the anchors, B_j = B₁ j^growth, at most N, on a stream half a pass. 0: all alike. Default 3/2, as in the paper. */
  growth?: number;
  /** Samples at a time in the pass over an anchor's. Default 500 or b; b for a model with batch statistics. */
  chunk?: number;
}

export const scsgChecks: Checks<ScsgOptions> = {
  name: text,
  anchor: wordOr('all', range(1)),
  growth: range(0),
  chunk: integer(1),
};

/**
 * Stochastically controlled stochastic gradient, with minibatches: SVRG with the gradient of a large batch of B_j
 * samples in place of the full one, and a number of steps to the next that is geometric with mean B_j/b,
 * v = g_I(x) − g_I(x₀) + μ, handed to the user's optimizer.
 *
 * The anchor's samples are drawn without replacement, the minibatches from all samples. Works on streams, whose next B_j
 * samples are the anchor's, if `anchor` is a number; the first anchor may take the whole first pass, with a warning. A step costs
 * two gradients, a stage B_j samples more, which is `pass.samples` in the step report. Memory and the notes on optimizers and dropout: as for `svrg`.
 *
 * For low accuracy on large sets, where a full gradient is too dear. On deep networks it too loses to uniform SGD at
 * equal time (Katharopoulos & Fleuret 2018).
 *
 * References: Lei, Ju, Chen & Jordan, Non-convex Finite-Sum Optimization via SCSG Methods, NIPS 2017, Algorithm 1.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: scsg() });
 * ```
 */
export function scsg(options: ScsgOptions = {}): Method {
  options = checkedOptions('scsg', options, scsgChecks);
  const { name = 'scsg', anchor = 1, growth = 1.5, chunk } = options;
  return {
    ...uniform(),
    name,
    options: { anchor, growth, chunk },
    check: (plan) => {
      if (anchor === 'all') needsLength(name, plan);
    },
    update: (context) => {
      const { batchSize: b, length, source, epoch } = context;
      const first = anchor === 'all' ? Infinity : anchor * b;
      const most = () => {
        if (length !== undefined) return length;
        // While nobody knows how long a pass is, no more than was trained on; then no whole one, which would leave it no step.
        return source.passLength === undefined ? Math.max(first, epoch() * b) : Math.max(1, source.passLength / 2);
      };
      return new AnchoredUpdate(context, {
        chunk,
        stage: (j, random) => {
          const B = Math.floor(Math.min(most(), Math.round(first * j ** growth)));
          return { anchor: B, steps: random.geometric(B / b) };
        },
      });
    },
  };
}
