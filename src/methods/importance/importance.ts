import { fault } from '../../errors.ts';
import type { Learner, ScoreKind } from '../../learner/learner.ts';
import type { Method } from '../method.ts';
import { checkOptions } from '../options.ts';
import { checkPresample } from '../pool.ts';
import { checkImportance, type ImportanceOptions, importanceChecks } from './importance-options.ts';
import { ImportanceSampler } from './importance-sampler.ts';

export type { ImportanceOptions };

/**
 * Training by importance: of a presample of B, train on b in proportion to their scores, and only while it pays.
 * Algorithm 1 of the paper with what made it faster: the scores are those of the last pass a sample was trained in, so
 * that a presample costs nothing; the draw is without replacement; the weights, raised to a power below 1, leave the hard
 * samples their lead for as long as these are seen to learn; and a sample that stays far from being learned however often
 * it is drawn, as one with a wrong label does, is drawn less for it. `weightPower: 1` makes the gradient unbiased.
 *
 * It starts when an unbiased step is measured to be worth more than it costs, or the samples drawn are harder than all by
 * their newest scores and learn. Until then, with stored scores, the model is that of uniform training to the last bit.
 * With `start: 'measured'` or `learningRate: 'gain'` a run depends on the clock; give a number for `start`, and keep the
 * rate, where such a run must be repeatable bit for bit.
 *
 * References: Katharopoulos & Fleuret, Not All Samples Are Created Equal: Deep Learning with Importance Sampling, ICML
 * 2018, Algorithm 1; the same, Biased Importance Sampling for Deep Neural Network Training, 2017 (arXiv:1706.00043);
 * Johnson & Guestrin, Training Deep Models Faster with Robust, Approximate Importance Sampling, NeurIPS 2018 (`'gain'`).
 */
export function importance(options: ImportanceOptions = {}): Method {
  checkOptions('importance', options, importanceChecks);
  const {
    name = 'importance',
    scores,
    presample,
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
  } = options;
  const settings = {
    ...{ scores, presample, reuse, score, resample, mixture, weightPower, weightBound, guard },
    ...{ learningRate, start, end, tau, tauDecay },
  };
  checkImportance(settings);
  return {
    name,
    options: settings,
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
    sampler: (context) =>
      new ImportanceSampler({ ...settings, score: options.score ?? bestScore(context.learner) }, context),
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
