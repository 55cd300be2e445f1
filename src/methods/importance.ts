import { fault } from '../errors.ts';
import { type ScoreKind, scoreKinds } from '../learner/learner.ts';
import { unknownName } from '../nearest.ts';
import { biased, checkBias } from '../sampling/bias.ts';
import { checkMixture, distribution } from '../sampling/distribution.ts';
import { Random } from '../sampling/random.ts';
import { type ResamplerName, resampler } from '../sampling/resamplers.ts';
import { ess, TauAverage, type TauForm } from '../sampling/tau.ts';
import type { Context, Method, Pick, Sampler, State } from './method.ts';
import { checkPresample, select } from './pool.ts';
import { checkStart, type Start, Switch } from './start.ts';

export interface ImportanceOptions {
  /** Name in tables and curves. */
  name?: string;
  /** B/b: how many samples are scored for each one trained on. Default 3. */
  presample?: number;
  /** What a sample's probability is proportional to. Default `'upper-bound'`. */
  score?: ScoreKind;
  /** How b samples are drawn from the B. Default `'without-replacement'`. */
  resample?: ResamplerName;
  /** λ: share of the uniform distribution mixed in; bounds every weight by 1/λ. Default 0.1. */
  mixture?: number;
  /** Form of τ; see {@link TauForm}. Default `'paper'`. */
  tau?: TauForm;
  /** a_τ of the moving average of τ. Default 0.9. */
  tauDecay?: number;
  /** When importance sampling starts. Default `'measured'`. */
  start?: Start;
  /** Share of the run, at its end, that is trained uniformly. Default 0. */
  end?: number;
  /** k of the biased weights w^k (1706.00043); 1 is unbiased. Default 1. */
  weightPower?: number;
}

/**
 * Training by importance: score a presample of B, train on b of it, weight so that the gradient stays unbiased, and do
 * so only while it pays. Algorithm 1 of the paper with the parts that made it better.
 *
 * Uniform steps cost nothing extra: τ is estimated from the scores of the training pass itself. With
 * `start: 'measured'` a run depends on the clock; give a number for `start` where it must be repeatable bit for bit.
 *
 * References: Katharopoulos & Fleuret, Not All Samples Are Created Equal: Deep Learning with Importance Sampling, ICML
 * 2018, Algorithm 1.
 */
export function importance(options: ImportanceOptions = {}): Method {
  const {
    name = 'importance',
    presample = 3,
    score = 'upper-bound',
    resample = 'without-replacement',
    mixture = 0.1,
    tau = 'paper',
    tauDecay = 0.9,
    start = 'measured',
    end = 0,
    weightPower = 1,
  } = options;
  const settings = { presample, score, resample, mixture, tau, tauDecay, start, end, weightPower };

  if (!scoreKinds.includes(score)) throw unknownName('score', score, [...scoreKinds]);
  if (!(presample >= 1 && presample < Infinity)) {
    throw fault({ wrong: 'bad presample', got: presample, expected: 'a ratio B/b ≥ 1' });
  }
  if (!(end >= 0 && end <= 1)) throw fault({ wrong: 'bad end', got: end, expected: 'a share from 0 to 1' });
  resampler(resample);
  checkMixture(mixture);
  checkBias(weightPower);
  checkStart(start);
  new TauAverage({ form: tau, decay: tauDecay });

  return {
    name,
    options: settings,
    check: (plan) => checkPresample(presample, plan),
    sampler: (context) => new ImportanceSampler(settings, context),
  };
}

type Settings = Required<Omit<ImportanceOptions, 'name'>>;

class ImportanceSampler implements Sampler {
  private tau: TauAverage;
  private readonly switch: Switch;
  private random: Random;

  constructor(
    private readonly settings: Settings,
    private readonly context: Context,
  ) {
    context.learner.requireScore(settings.score);
    this.tau = new TauAverage({ form: settings.tau, decay: settings.tauDecay });
    this.switch = new Switch(settings.start, settings.presample, context.costs);
    this.random = context.random;
  }

  async draw(b: number): Promise<Pick> {
    const { learner, source, progress } = this.context;
    const { score, mixture, resample, weightPower, presample, end } = this.settings;
    const ending = end > 0 && progress() >= 1 - end;
    const switched = this.switch.decide(this.tau.value, b, ending);
    const report = { tau: this.tau.value, threshold: this.switch.threshold(b), switched };

    if (this.switch.on || (!ending && this.switch.timing(b))) {
      const U = await source.next(Math.round(presample * b));
      const s = await learner.scores(U.batch, score);
      const g = distribution(s, { mixture, indices: U.indices });
      const { rows, weights } = resampler(resample)(g, Math.min(b, U.batch.size), this.random);
      this.tau.update(s);
      return {
        ...select(U, rows),
        weights: biased(weights, weightPower),
        report: { ...report, phase: 'importance', tau: this.tau.value, ess: ess(g) / g.length, scores: s },
      };
    }
    return { ...(await source.next(b)), report: { ...report, phase: 'uniform' } };
  }

  /** A uniform step's own scores keep τ up to date; an importance step has already told what it saw of its pool. */
  observe({ report }: Pick, { scores, losses }: { scores?: Float32Array; losses: Float32Array }): void {
    if (report.phase === 'uniform') this.tau.update((this.settings.score === 'loss' ? losses : scores) ?? losses);
  }

  state(): State {
    return { tau: this.tau.state(), switch: this.switch.state(), random: this.random.state() };
  }

  restore(state: State): void {
    const saved = state as unknown as { tau: ReturnType<TauAverage['state']>; switch: State; random: number[] };
    this.tau = new TauAverage(saved.tau);
    this.switch.restore(saved.switch);
    this.random = Random.from(saved.random);
  }
}
