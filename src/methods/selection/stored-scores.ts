import { fault } from '../../errors.ts';
import type { ScoreKind, StepResult } from '../../learner/learner.ts';
import { type Checks, checkedOptions, choice, integer, range, text, trueOrFalse } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import { largestScore } from '../../sampling/scores.ts';
import { SumTree } from '../../sampling/sum-tree.ts';
import { Ages } from '../ages.ts';
import { EarlyDraw } from '../early-draw.ts';
import type { Context, Method, Pick, Sampler, State } from '../method.ts';
import { needsLength } from '../needs.ts';
import { essOfDrawn, scorePass } from '../pass.ts';

export interface StoredScoresOptions {
  /** Name in tables and curves. */
  name?: string;
  /** What is stored of each sample. Default `'upper-bound'`. */
  score?: Exclude<ScoreKind, 'uniform'>;
  /** λ: share of the uniform distribution mixed in; bounds every weight by 1/λ. Default 0.1. */
  mixture?: number;
  /** Epochs from one pass that scores all samples to the next; 0 is never. Default 0. */
  recompute?: number;
  /** Whether the first pass is before the first step, or the first epoch sweeps the data. Default `'sweep'`. */
  begin?: 'sweep' | 'pass';
  /**
   * Whether each draw is made one step early, so that the samples are fetched while the step before trains. Its scores are a
   * step older, which `staleness` counts; it stays unbiased. Default false.
   */
  ahead?: boolean;
}

export const storedScoresChecks: Checks<StoredScoresOptions> = {
  name: text,
  score: choice('upper-bound', 'loss', 'gradient-norm'),
  mixture: range(0, 1),
  recompute: integer(0),
  begin: choice('sweep', 'pass'),
  ahead: trueOrFalse,
};

/**
 * Importance sampling over the whole data by the latest score known of each sample: no presample, no extra forward
 * pass. b independent draws from p = (1 − λ) s / Σs + λ / N, weights 1 / (N p): unbiased however stale the scores are,
 * because what counts is the probability a sample was drawn with.
 *
 * Upper bound and loss come from the training pass itself; the exact gradient norm is refreshed only by passes. Keeps
 * 13 bytes a sample: a sum-tree and the age of each score.
 *
 * References: Katharopoulos & Fleuret, importance_sampling, `HistorySampler`; Needell, Ward & Srebro, Stochastic
 * Gradient Descent, Weighted Sampling, and the Randomized Kaczmarz Algorithm, 2014, section 3 (the mixture, λ = 1/2).
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: storedScores() });
 * ```
 */
export function storedScores(options: StoredScoresOptions = {}): Method {
  options = checkedOptions('storedScores', options, storedScoresChecks);
  const {
    name = 'storedScores',
    score = 'upper-bound',
    mixture = 0.1,
    recompute = 0,
    begin = 'sweep',
    ahead = false,
  } = options;
  if (mixture === 0) {
    // A score that fell to zero would never be looked at again.
    throw fault({ wrong: 'bad mixture for stored scores', got: 0, expected: 'a share above 0, such as 0.1' });
  }
  const settings = { score, mixture, recompute, begin, ahead };
  return {
    name,
    options: settings,
    check: (plan) => needsLength(name, plan),
    sampler: (context) => new StoredScoresSampler(settings, context),
  };
}

type Settings = Required<Omit<StoredScoresOptions, 'name'>>;

class StoredScoresSampler implements Sampler {
  private readonly n: number;
  private tree: SumTree;
  private ages: Ages;
  private random: Random;
  private step = 0;
  private unseen: number;
  /** Samples drawn until the next pass. */
  private untilPass: number;
  private readonly early: EarlyDraw<Choice>;

  constructor(
    private readonly settings: Settings,
    private readonly context: Context,
  ) {
    context.learner.requireScore(settings.score);
    this.n = context.length!;
    this.tree = new SumTree(this.n);
    this.ages = new Ages(this.n);
    this.random = context.random;
    const { begin, recompute } = settings;
    this.early = new EarlyDraw((size) => this.choose(size), settings.ahead ? context.batchSize : undefined);
    this.unseen = begin === 'sweep' ? this.n : 0;
    this.untilPass = begin === 'pass' ? 0 : recompute === 0 ? Infinity : recompute * this.n;
  }

  async draw(size: number): Promise<Pick> {
    const { n, step } = this;
    const { score, recompute } = this.settings;
    let pass = 0;
    if (this.untilPass <= 0) {
      pass = await scorePass(this.context, n, score, (indices, scores) => this.store(indices, scores));
      this.untilPass = recompute === 0 ? Infinity : recompute * n;
      this.early.drop();
    }
    this.untilPass -= size;
    if (this.unseen > 0) {
      const pool = await this.context.source.next(Math.min(size, this.unseen));
      this.unseen -= pool.batch.size;
      return { ...pool, report: { phase: 'uniform' } };
    }
    const { indices, p, staleness, step: chosen } = this.early.take(size);
    const report = {
      phase: 'importance' as const,
      ess: essOfDrawn(p, n),
      staleness: staleness + (step - chosen),
      ...(pass > 0 && { pass: { samples: pass } }),
    };
    return { batch: await this.context.source.at(indices), indices, weights: p.map((p) => 1 / (n * p)), report };
  }

  soon([size]: readonly number[]): void {
    const { source } = this.context;
    const known = this.early.known(size);
    if (this.unseen > 0) source.soon?.([Math.min(size, this.unseen)]);
    else if (known && this.untilPass > 0) source.soonAt?.(known);
  }

  private choose(size: number): Choice {
    const { n, tree, step, random } = this;
    const { mixture } = this.settings;
    const total = tree.total;
    const indices = new Int32Array(size);
    const p = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const uniform = total === 0 || random.uniform() < mixture;
      indices[k] = uniform ? random.integer(n) : tree.find(random.uniform() * total);
      p[k] = total === 0 ? 1 / n : ((1 - mixture) * tree.get(indices[k])) / total + mixture / n;
    }
    return { step, indices, p, staleness: this.ages.mean(indices, step) };
  }

  private store(indices: Int32Array, scores: Float32Array): void {
    largestScore(scores, indices);
    this.tree.update(indices, scores);
    this.ages.stamp(indices, this.step);
  }

  observe({ indices }: Pick, { losses, scores }: StepResult): void {
    const { score } = this.settings;
    if (score === 'loss') this.store(indices, losses);
    else if (score === 'upper-bound') this.store(indices, scores ?? losses);
    this.step++;
  }

  state(): State {
    return {
      tree: this.tree.state(),
      ages: this.ages.state(),
      random: this.random.state(),
      step: this.step,
      unseen: this.unseen,
      untilPass: this.untilPass,
      early: this.early.state(),
    };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    this.tree = new SumTree(saved.tree);
    this.ages = new Ages(this.n, saved.ages);
    this.random = Random.from(saved.random);
    this.step = saved.step;
    this.unseen = saved.unseen;
    this.untilPass = saved.untilPass;
    this.early.restore(saved.early);
  }
}

interface Saved {
  readonly tree: Float64Array;
  readonly ages: Int32Array;
  readonly random: number[];
  readonly step: number;
  readonly unseen: number;
  readonly untilPass: number;
  readonly early: Choice | null;
}

/** A draw: samples, and the probability (b,) each had. */
type Choice = {
  /** The step whose scores it is by. */
  readonly step: number;
  readonly indices: Int32Array;
  readonly p: Float64Array;
  readonly staleness: number;
};
