import { besideThreshold } from '../../decision/index.ts';
import { fault } from '../../errors.ts';
import type { ScoreKind, StepResult } from '../../learner/learner.ts';
import { belowOne, type Checks, positive, range, text } from '../../options.ts';
import { distribution } from '../../sampling/distribution.ts';
import { Random } from '../../sampling/random.ts';
import { type ResamplerName, resampler } from '../../sampling/resamplers.ts';
import { ess, TauAverage, type TauForm } from '../../sampling/tau.ts';
import type { Context, Method, Pick, Sampler, State } from '../method.ts';
import { partOfStep } from '../part-of-step.ts';
import { checkPresample, select } from '../pool.ts';
import { resampling, scoring, tauForm } from './importance-options.ts';

/** What {@link constantTime} and {@link constantVariance} share. */
export interface ConstantCostOptions {
  /** Name in tables and curves. */
  name?: string;
  /** What a sample's probability is proportional to. Default `'upper-bound'`. */
  score?: ScoreKind;
  /** How the samples are drawn from the scored ones. Default `'without-replacement'`. */
  resample?: ResamplerName;
  /** λ: share of the uniform distribution mixed in. Default 0.1. */
  mixture?: number;
  /** Form of τ. Default `'paper'`. */
  tau?: TauForm;
  /** a_τ of the moving average of τ. Default 0.9. */
  tauDecay?: number;
  /** t_b / t_f. Default 2. */
  backwardTime?: number;
}

export const constantCostChecks: Checks<ConstantCostOptions> = {
  name: text,
  score: scoring,
  resample: resampling,
  mixture: range(0, 1),
  tau: tauForm,
  tauDecay: belowOne,
  backwardTime: positive,
};

/** How many samples an importance step scores and trains on where a uniform step would train on `size`. */
export interface Sizes {
  readonly presample: number;
  readonly batch: number;
}

interface Rule {
  /** What the average of τ has to exceed. */
  readonly threshold: number;
  sizes(size: number, tau: number): Sizes;
  /** B/b at most. */
  readonly largest: number;
}

/** A method whose presample and batch follow τ; unbiased. The caller has checked the options. */
export function constantCost(
  name: string,
  options: ConstantCostOptions,
  extra: { readonly [option: string]: number },
  rule: Rule,
): Method {
  const {
    score = 'upper-bound',
    resample = 'without-replacement',
    mixture = 0.1,
    tau = 'paper',
    tauDecay = 0.9,
    backwardTime = 2,
  } = options;
  const settings = { score, resample, mixture, tau, tauDecay };
  if (rule.threshold === Infinity) {
    throw fault({
      wrong: 'importance sampling would never start',
      got: `the threshold ${rule.threshold}`,
      expected: 'a finite τ',
    });
  }
  return {
    name,
    options: { ...settings, backwardTime, ...extra },
    check: (plan) => checkPresample(rule.largest, plan),
    sampler: (context) => new ConstantCostSampler(settings, rule, context),
  };
}

type Settings = Required<Omit<ConstantCostOptions, 'name' | 'backwardTime'>>;

class ConstantCostSampler implements Sampler {
  private tau: TauAverage;
  private random: Random;
  private on = false;

  constructor(
    private readonly settings: Settings,
    private readonly rule: Rule,
    private readonly context: Context,
  ) {
    context.learner.requireScore(settings.score);
    this.tau = new TauAverage({ form: settings.tau, decay: settings.tauDecay });
    this.random = context.random;
  }

  async draw(size: number): Promise<Pick> {
    const { learner, source, batchSize } = this.context;
    const { score, mixture, resample } = this.settings;
    const { threshold } = this.rule;
    const tau = this.tau.value;
    const was = this.on;
    this.on = tau > threshold;
    const why = besideThreshold(tau, threshold);
    const report = { tau: this.tau.known, threshold, switched: this.on === was ? undefined : { on: this.on, why } };
    if (!this.on) return { ...(await source.next(size)), report: { ...report, phase: 'uniform' } };

    const { presample, batch } = this.rule.sizes(size, tau);
    const pool = await source.next(presample);
    const s = await learner.scores(pool.batch, score);
    const g = distribution(s, { mixture, indices: pool.indices });
    const { rows, weights } = resampler(resample)(g, Math.min(batch, pool.batch.size), this.random);
    this.tau.update(s);
    return {
      ...select(pool, rows),
      weights,
      drawnFrom: pool,
      share: partOfStep(this.context, pool, presample, this.rule.sizes(batchSize, tau).presample),
      report: { ...report, phase: 'importance', tau: this.tau.known, ess: ess(g) / g.length, scores: s },
    };
  }

  observe({ report }: Pick, { scores, losses }: StepResult): void {
    if (report.phase === 'uniform') this.tau.update((this.settings.score === 'loss' ? losses : scores) ?? losses);
  }

  state(): State {
    return { tau: this.tau.state(), random: this.random.state(), on: this.on };
  }

  restore(state: State): void {
    const saved = state as unknown as { tau: ReturnType<TauAverage['state']>; random: number[]; on: boolean };
    this.tau = new TauAverage(saved.tau);
    this.random = Random.from(saved.random);
    this.on = saved.on;
  }
}
