import type { StepResult } from '../../learner/learner.ts';
import { type Checks, checkedOptions, choice, positive, range, text } from '../../options.ts';
import { distribution } from '../../sampling/distribution.ts';
import { Random } from '../../sampling/random.ts';
import { type ResamplerName, resampler } from '../../sampling/resamplers.ts';
import { largestScore } from '../../sampling/scores.ts';
import { ess } from '../../sampling/tau.ts';
import { Ages } from '../ages.ts';
import type { Context, Method, Pick, Sampler, State } from '../method.ts';
import { labelsOf } from '../mining/labels.ts';
import { needsLength } from '../needs.ts';
import { checkPresample } from '../pool.ts';
import { resampling } from './importance-options.ts';
import { fromLogScale, historyLength, LossHistory, logScale } from './loss-history.ts';
import { LossLstm, labelCount } from './loss-lstm.ts';

export interface ApproximateOptions {
  /** Name in tables and curves. */
  name?: string;
  /** What is predicted. Default `'upper-bound'`. */
  score?: 'upper-bound' | 'loss';
  /** B/b: how many samples are predicted for each one trained on. Default 3. */
  presample?: number;
  /** How b samples are drawn from the B. Default `'without-replacement'`. */
  resample?: ResamplerName;
  /** λ: share of the uniform distribution mixed in; bounds every weight by 1/λ. Default 0.1. */
  mixture?: number;
  /** Epochs trained uniformly before predictions are used. Default 1. */
  warmup?: number;
}

export const approximateChecks: Checks<ApproximateOptions> = {
  name: text,
  score: choice('upper-bound', 'loss'),
  presample: range(1),
  resample: resampling,
  mixture: range(0, 1),
  warmup: positive,
};

/**
 * Importance sampling by predicted scores: a small LSTM over each sample's last losses and its label predicts the score
 * it would have now, so that a presample costs no forward pass. The LSTM learns from every step's own scores; unbiased
 * whatever it predicts.
 *
 * Keeps 15 bytes a sample: the last 8 losses in steps of 10 %, their number, the label, the age.
 *
 * References: Katharopoulos & Fleuret, Biased Importance Sampling for Deep Neural Network Training, 2017
 * (arXiv:1706.00043), section 3.3; importance_sampling, `LSTMSampler`.
 *
 * @example
 * ```ts
 * await fit(model, samples, { epochs: 10, method: approximate() });
 * ```
 */
export function approximate(options: ApproximateOptions = {}): Method {
  options = checkedOptions('approximate', options, approximateChecks);
  const { name = 'approximate', score = 'upper-bound', presample = 3 } = options;
  const { resample = 'without-replacement', mixture = 0.1, warmup = 1 } = options;
  const settings = { score, presample, resample, mixture, warmup };
  return {
    name,
    options: settings,
    check: (plan) => {
      needsLength(name, plan);
      checkPresample(presample, plan);
    },
    sampler: (context) => new ApproximateSampler(settings, context),
  };
}

type Settings = Required<Omit<ApproximateOptions, 'name'>>;

class ApproximateSampler implements Sampler {
  private readonly n: number;
  private readonly history: LossHistory;
  private readonly lstm: LossLstm;
  private ages: Ages;
  private random: Random;
  private step = 0;
  private drawn = 0;
  /** Mean squared error of the last step's predictions, on the logarithmic scale. */
  private error = 0;

  constructor(
    private readonly settings: Settings,
    private readonly context: Context,
  ) {
    context.learner.requireScore(settings.score);
    this.n = context.length!;
    this.random = context.random;
    this.history = new LossHistory(this.n);
    this.lstm = new LossLstm(historyLength, this.random.split());
    this.ages = new Ages(this.n);
  }

  async draw(size: number): Promise<Pick> {
    const { n, random } = this;
    const { source } = this.context;
    const { presample, resample, mixture, warmup } = this.settings;
    const warm = this.drawn >= warmup * n;
    this.drawn += size;
    if (!warm) return { ...(await source.next(size)), report: { phase: 'uniform', predictionError: this.error } };

    const pool = Int32Array.from({ length: Math.round(presample * size) }, () => random.integer(n));
    const s = this.lstm.predict(this.history.of(pool)).map(fromLogScale);
    const g = distribution(s, { mixture, indices: pool });
    const { rows, weights } = resampler(resample)(g, size, random);
    const indices = rows.map((row) => pool[row]);
    const report = {
      phase: 'importance' as const,
      ess: ess(g) / g.length,
      staleness: this.ages.mean(pool, this.step),
      predictionError: this.error,
      pool,
      scores: s,
    };
    return { batch: await source.at(indices), indices, weights, report };
  }

  /** The LSTM learns the scores just seen from what was known before them, which then becomes part of the history. */
  observe({ batch, indices }: Pick, { losses, scores }: StepResult): void {
    const own = (this.settings.score === 'loss' ? losses : scores) ?? losses;
    largestScore(own, indices);
    const targets = Float64Array.from(own, logScale);
    const labels = Uint16Array.from(labelsOf(batch.ys[0]), (label) => label % labelCount);
    this.error = this.lstm.train({ ...this.history.of(indices), labels }, targets);
    this.history.add(indices, losses, labels);
    this.ages.stamp(indices, this.step++);
  }

  state(): State {
    return {
      history: this.history.state(),
      lstm: this.lstm.state(),
      ages: this.ages.state(),
      random: this.random.state(),
      step: this.step,
      drawn: this.drawn,
      error: this.error,
    };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    this.history.restore(saved.history);
    this.lstm.restore(saved.lstm);
    this.ages = new Ages(this.n, saved.ages);
    this.random = Random.from(saved.random);
    this.step = saved.step;
    this.drawn = saved.drawn;
    this.error = saved.error;
  }
}

interface Saved {
  readonly history: ReturnType<LossHistory['state']>;
  readonly lstm: ReturnType<LossLstm['state']>;
  readonly ages: Int32Array;
  readonly random: number[];
  readonly step: number;
  readonly drawn: number;
  readonly error: number;
}
