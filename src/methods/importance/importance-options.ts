import { type Constants, presampleRatios, type Start } from '../../decision/index.ts';
import { fault } from '../../errors.ts';
import { type ScoreKind, type StepResult, scoreKinds } from '../../learner/learner.ts';
import {
  belowOne,
  type Checks,
  checkedOptions,
  choice,
  integer,
  positive,
  range,
  share,
  text,
  trueOrFalse,
  when,
  wordOr,
} from '../../options.ts';
import { type ResamplerName, resamplers } from '../../sampling/resamplers.ts';
import type { TauForm } from '../../sampling/tau.ts';

export interface ImportanceOptions {
  /** Name in tables and curves. */
  name?: string;
  /**
   * Where the scores of a presample come from: `'stored'`, from the last pass each sample was trained in, which costs
   * nothing and 13 bytes a sample, and until it has been in one from what others scored at first; `'fresh'`, from a forward
   * pass of the presample.
   * Default `'stored'`; `'fresh'` on a stream, whose samples have no index, with `reuse`, and with `mixture: 0`.
   */
  scores?: 'stored' | 'fresh';
  /**
   * B/b: how many samples are considered for each one trained on. `'measured'`: of 2, 3, 4, 5 and 8 the one that the policy
   * finds best. Default 3; with fresh scores and `start: 'measured'` it is `'measured'`.
   */
  presample?: number | 'measured';
  /**
   * Whether stored scores draw one step early, so that the samples are fetched while the step before trains. What is drawn
   * by is a step older, which `staleness` counts; weights go by what was drawn by, so nothing becomes biased. Default false.
   */
  ahead?: boolean;
  /** Steps for which a freshly scored presample is drawn from. Default 1. */
  reuse?: number;
  /** What a sample's probability is proportional to. Default `'upper-bound'`, `'loss'` for a model that has no upper bound. */
  score?: ScoreKind;
  /** How b samples are drawn from the B. Default `'without-replacement'`. */
  resample?: ResamplerName;
  /** λ: share of the uniform distribution mixed in; bounds every weight by 1/λ. Default 0.1. */
  mixture?: number;
  /**
   * k of the weights w^k (1706.00043): 1 is unbiased; below, hard samples count for more, and 0 is no weights at all.
   * `'measured'`: between 0, while the samples drawn learn or nearly have, and 1, where most of their scores belong to
   * samples that stay far from being learned, as wrong labels do, or nothing is known. Default `'measured'` of stored
   * scores; 1 of fresh ones, which cannot tell.
   */
  weightPower?: number | 'measured';
  /** The largest weight; what is above it is cut. Default ∞. */
  weightBound?: number;
  /** Percentile of the scores above which they are capped, as a guard against wrong labels; 1 is none. Default 1. */
  guard?: number;
  /**
   * `'gain'` multiplies the learning rate of importance steps by the realised gain (RAIS), between 1 and 5, and counts
   * epochs by it, on a stream without `batchesPerEpoch` from the end of the first pass on, when it is known how long one
   * is; for unbiased weights. Default `'keep'`.
   */
  learningRate?: 'keep' | 'gain';
  /**
   * When importance sampling starts: `'measured'`, by the policy, when a step is worth more than it costs; `'always'`; or
   * when τ exceeds a number. Default `'measured'`.
   */
  start?: Start;
  /**
   * What scoring costs beside a step: `'assumed'`, a third of it, as in the paper, so that the same seed gives the same run;
   * `'measured'` by the clock. Stored scores cost no pass. Default `'assumed'`.
   */
  costs?: 'assumed' | 'measured';
  /** Numbers of the policy that are others than its own; see {@link Constants}. */
  rule?: Partial<Constants>;
  /** Share of the run, at its end, that is trained uniformly. Default 0. */
  end?: number;
  /** Form of τ; see {@link TauForm}. Default `'paper'`. */
  tau?: TauForm;
  /** a_τ of the moving average of τ. Default 0.9. */
  tauDecay?: number;
}

/** k of the weights wᵏ. */
export const weightPowers = when(
  (value) => typeof value === 'number' && value <= 1 && Number.isFinite(value),
  'a number ≤ 1',
);

export const resampling = choice(...Object.keys(resamplers));
export const scoring = choice(...scoreKinds);
export const tauForm = choice('slides', 'paper');

export const ruleChecks: Checks<Partial<Constants>> = {
  learns: range(0, 1),
  resists: range(0, 1),
  memorised: range(0),
  discount: range(1),
  hysteresis: belowOne,
  draw: range(0),
  forward: range(0, 1),
};

export const importanceChecks: Checks<ImportanceOptions> = {
  name: text,
  scores: choice('stored', 'fresh'),
  presample: wordOr('measured', range(1)),
  ahead: trueOrFalse,
  reuse: integer(1),
  score: scoring,
  resample: resampling,
  mixture: range(0, 1),
  weightPower: wordOr('measured', weightPowers),
  weightBound: (option, value) => {
    if (value !== Infinity) range(1)(option, value);
  },
  guard: share,
  learningRate: choice('keep', 'gain'),
  start: wordOr('measured', wordOr('always', positive)),
  end: range(0, 1),
  tau: tauForm,
  tauDecay: belowOne,
  costs: choice('assumed', 'measured'),
  rule: (option, value) => void checkedOptions(option, value, ruleChecks),
};

/** The options with what they are by default; what scores and presample are by default depends on the data. */
export type ImportanceSettings = Required<Omit<ImportanceOptions, 'name' | 'scores' | 'presample' | 'rule'>> & {
  readonly rule: Constants;
  readonly scores: ImportanceOptions['scores'];
  readonly presample: ImportanceOptions['presample'];
};

/** Scores are stored unless that is not wanted, or a sample whose score is zero would never be looked at again. */
export function isStored({ scores, reuse, mixture }: ImportanceSettings): boolean {
  return scores !== 'fresh' && reuse === 1 && mixture > 0;
}

/** B/b of stored scores. A larger presample costs no pass and fits faster, but 8 doubles the validation loss of long runs. */
export const storedRatio = 3;

/** The ratios to weigh for these settings, none of which asks for more samples than there are. */
export function ratiosOf({ presample, start }: ImportanceSettings, stored: boolean, most: number): readonly number[] {
  const wanted = presample ?? (stored ? storedRatio : start === 'measured' ? 'measured' : 3);
  if (wanted !== 'measured') return [presample === undefined ? Math.min(wanted, most) : wanted];
  const possible = presampleRatios.filter((ratio) => ratio <= most);
  return possible.length > 0 ? possible : [Math.max(1, most)];
}

/** @throws UnequalError for two options that contradict each other. */
export function checkImportance(settings: ImportanceSettings): void {
  const { scores, presample, reuse, score, mixture, weightPower, weightBound, learningRate, start } = settings;
  const stored = isStored(settings);
  if (reuse > 1 && scores === 'stored') {
    throw fault({
      wrong: 'reuse of stored scores',
      got: `reuse ${reuse}`,
      mend: "they cost nothing: leave it out, or use scores: 'fresh'",
    });
  }
  if (scores === 'stored' && mixture === 0) {
    throw fault({
      wrong: 'stored scores without a share of the uniform distribution',
      got: 'mixture 0, with which a sample whose score is zero is never looked at again',
      mend: "give a share above 0, such as 0.1, or use scores: 'fresh'",
    });
  }
  if (settings.ahead && !stored) {
    throw fault({
      wrong: 'nothing is drawn ahead by fresh scores',
      got: 'ahead: true',
      mend: "leave it out: a presample is fetched ahead without it, or use scores: 'stored'",
    });
  }
  if (presample === 'measured' && start !== 'measured') {
    throw fault({
      wrong: 'a given start with a presample that is yet to be measured',
      got: `start ${start}, presample 'measured'`,
      mend: `give presample a number, such as ${presampleRatios[1]}, or use start: 'measured'`,
    });
  }
  if (score === 'gradient-norm' && stored) {
    throw fault({
      wrong: 'no exact norms can be stored',
      got: "score: 'gradient-norm', which a training pass does not tell",
      mend: "use scores: 'fresh', or storedScores({ score: 'gradient-norm', recompute: 1 })",
    });
  }
  if (learningRate === 'gain' && (weightPower !== 1 || weightBound !== Infinity)) {
    throw fault({
      wrong: 'the gain is that of unbiased weights',
      got: `learningRate: 'gain' with weightPower ${weightPower}, weightBound ${weightBound}`,
      mend: "leave both out, or use learningRate: 'keep'",
    });
  }
}

/** The scores (b,) that a training pass tells of its samples. */
export function scoresOf(score: ScoreKind, { losses, scores }: StepResult): Float32Array {
  if (score === 'uniform') return new Float32Array(losses.length).fill(1);
  return (score === 'loss' ? losses : scores) ?? losses;
}
