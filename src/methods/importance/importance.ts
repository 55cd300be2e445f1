import { constants } from '../../decision/index.ts';
import { fault } from '../../errors.ts';
import type { Learner, ScoreKind } from '../../learner/learner.ts';
import { checkedOptions } from '../../options.ts';
import type { Method } from '../method.ts';
import { checkPresample } from '../pool.ts';
import { AlgorithmOne } from './algorithm-1.ts';
import {
  checkImportance,
  type ImportanceOptions,
  importanceChecks,
  isStored,
  ruleChecks,
} from './importance-options.ts';
import { StoredImportance } from './stored-importance.ts';

export type { ImportanceOptions };

/**
 * Training by importance: of a presample of B, train on b in proportion to their scores, and only while it pays.
 *
 * Where samples have an index their scores are stored: they are those of the last pass a sample was trained in, so that a
 * presample costs nothing (`stored-importance.ts`). The weights, raised to a power below 1, leave the hard samples their
 * lead for as long as these get better, and are unbiased where they do not, or where a score has no bound, as with a squared
 * error: hard samples would take the model to other answers. On a stream, and with `scores: 'fresh'`, it is
 * Algorithm 1 of the paper with unbiased weights (`algorithm-1.ts`).
 *
 * When it is on and how far it leans is one page: `decision/policy.ts`. It stops when samples seen before lose half of what
 * new ones do (validation samples where there are any, else what samples lost when first seen): what is left is memorising,
 * which lowers the training loss and helps no new sample. It is off as well where half of what it would draw does not get
 * better, as wrong labels do not. Until it starts, the model is that of uniform training to the last bit. `weightPower: 1`
 * makes the gradient unbiased throughout.
 *
 * The same seed gives the same run, unless `costs: 'measured'` asks the clock.
 *
 * References: Katharopoulos & Fleuret, Not All Samples Are Created Equal: Deep Learning with Importance Sampling, ICML
 * 2018, Algorithm 1; the same, Biased Importance Sampling for Deep Neural Network Training, 2017 (arXiv:1706.00043);
 * Johnson & Guestrin, Training Deep Models Faster with Robust, Approximate Importance Sampling, NeurIPS 2018 (`'gain'`).
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: importance({ weightPower: 1 }) }); // an unbiased gradient
 * ```
 */
export function importance(options: ImportanceOptions = {}): Method {
  options = checkedOptions('importance', options, importanceChecks);
  const {
    name = 'importance',
    scores,
    presample,
    ahead = false,
    reuse = 1,
    score = 'upper-bound',
    resample = 'without-replacement',
    mixture = 0.1,
    weightPower = options.learningRate === 'gain' || scores === 'fresh' ? 1 : 'measured',
    weightBound = Infinity,
    guard = 1,
    learningRate = 'keep',
    start = 'measured',
    end = 0,
    tau = 'paper',
    tauDecay = 0.9,
    costs = 'assumed',
  } = options;
  const settings = {
    ...{ scores, presample, ahead, reuse, score, resample, mixture, weightPower, weightBound, guard },
    ...{
      learningRate,
      start,
      end,
      tau,
      tauDecay,
      costs,
      rule: { ...constants, ...checkedOptions('rule of importance', options.rule, ruleChecks) },
    },
  };
  checkImportance(settings);
  return {
    name,
    options: settings,
    byBudget: end > 0,
    check: (plan) => {
      if (scores === 'stored' && plan.length === undefined) {
        throw fault({
          wrong: 'no scores can be stored',
          got: 'a stream, whose samples have no index',
          expected: 'samples of a known length',
          mend: "use scores: 'fresh'",
        });
      }
      if (typeof presample === 'number') checkPresample(presample, plan);
    },
    sampler: (context) => {
      const known = { ...settings, score: options.score ?? bestScore(context.learner) };
      const stored = context.length !== undefined && isStored(known);
      return stored ? new StoredImportance(known, context) : new AlgorithmOne(known, context);
    },
  };
}

/** The upper bound, or the loss where a model has none: after a last layer with an activation within a recurrence. */
function bestScore(learner: Learner): ScoreKind {
  try {
    learner.requireScore('upper-bound');
    return 'upper-bound';
  } catch {
    return 'loss';
  }
}
