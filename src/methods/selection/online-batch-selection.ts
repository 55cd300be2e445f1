import { fault } from '../../errors.ts';
import type { StepResult } from '../../learner/learner.ts';
import { type Check, type Checks, checkedOptions, integer, range, text } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import { exponentialRanks } from '../../sampling/rank-distribution.ts';
import { Ranking } from '../../sampling/ranking.ts';
import { Ages } from '../ages.ts';
import type { Context, Method, Pick, Sampler, State } from '../method.ts';
import { needsLength } from '../needs.ts';
import { essOfDrawn, scorePass } from '../pass.ts';

export interface OnlineBatchSelectionOptions {
  /** Name in tables and curves. */
  name?: string;
  /**
   * s_e: how many times as often the sample with the largest loss is drawn as the one with the smallest; or from where
   * to where it decays, exponentially, over the run. Default `[100, 1]`.
   */
  pressure?: number | readonly [number, number];
  /** r: epochs from one recomputation of stored losses to the next; 0 is never. Default 2. */
  recompute?: number;
  /** Share of the samples, those ranked first, whose losses are recomputed. Default 1. */
  ratio?: number;
}

const pressures: Check = (option, value) => {
  if (!Array.isArray(value)) return range(1)(option, value);
  if (value.length !== 2) throw fault({ wrong: `bad ${option}`, got: value, expected: 'a number ≥ 1, or [from, to]' });
  for (const one of value) range(1)(option, one);
};

export const onlineBatchSelectionChecks: Checks<OnlineBatchSelectionOptions> = {
  name: text,
  pressure: pressures,
  recompute: integer(0),
  ratio: range(0, 1),
};

/**
 * Online batch selection: samples are ranked by their latest known loss, and drawn with a probability that falls
 * exponentially with the rank, p ∝ exp(−ln(s_e) rank / N). No weights: the bias towards large losses is the method.
 *
 * The first epoch sweeps the data. Each later one starts by sorting, every `recompute` of them after a pass that takes
 * the losses anew. Keeps 16 bytes a sample: loss, its age, the ranking.
 *
 * References: Loshchilov & Hutter, Online Batch Selection for Faster Training of Neural Networks, ICLR workshop 2016
 * (arXiv:1511.06343), eq. 2 and algorithm 1.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: onlineBatchSelection() });
 * ```
 */
export function onlineBatchSelection(options: OnlineBatchSelectionOptions = {}): Method {
  options = checkedOptions('onlineBatchSelection', options, onlineBatchSelectionChecks);
  const { name = 'onlineBatchSelection', pressure = [100, 1], recompute = 2, ratio = 1 } = options;
  const [from, to] = typeof pressure === 'number' ? [pressure, pressure] : pressure;
  const settings = { pressure: [from, to] as const, recompute, ratio };
  return {
    name,
    options: settings,
    byBudget: from !== to,
    check: (plan) => needsLength(name, plan),
    sampler: (context) => new OnlineBatchSelectionSampler(settings, context),
  };
}

type Settings = { pressure: readonly [number, number]; recompute: number; ratio: number };

class OnlineBatchSelectionSampler implements Sampler {
  private readonly n: number;
  private losses: Float32Array;
  private ages: Ages;
  private ranking: Ranking;
  private random: Random;
  private step = 0;
  /** Samples drawn in all, which is what epochs are counted by, and the last epoch that was begun. */
  private drawn = 0;
  private epoch = 0;

  constructor(
    private readonly settings: Settings,
    private readonly context: Context,
  ) {
    this.n = context.length!;
    this.losses = new Float32Array(this.n);
    this.ages = new Ages(this.n);
    this.ranking = new Ranking(this.n);
    this.random = context.random;
  }

  /** s_e now: s_e0 (s_eend / s_e0)^progress. */
  private get pressure(): number {
    const [from, to] = this.settings.pressure;
    return from * (to / from) ** this.context.progress();
  }

  async draw(size: number): Promise<Pick> {
    const { source } = this.context;
    const { n, step } = this;
    if (this.drawn < n) {
      const count = Math.min(size, n - this.drawn);
      this.drawn += count;
      return { ...(await source.next(count)), report: { phase: 'uniform' } };
    }
    const pass = await this.beginEpoch();
    this.drawn += size;
    const ranks = exponentialRanks(n, this.pressure);
    const indices = new Int32Array(size);
    const p = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const rank = ranks.quantile(this.random.uniform());
      indices[k] = this.ranking.at(rank);
      p[k] = ranks.probability(rank);
    }
    const report = {
      phase: 'importance' as const,
      pressure: this.pressure,
      ess: essOfDrawn(p, n),
      staleness: this.ages.mean(indices, step),
      ...(pass > 0 && { pass: { samples: pass } }),
    };
    return { batch: await source.at(indices), indices, unbiased: p.map((p) => 1 / (n * p)), report };
  }

  /** Recomputes losses if it is time, and sorts; the number of samples recomputed. */
  private async beginEpoch(): Promise<number> {
    const epoch = Math.floor(this.drawn / this.n);
    if (epoch === this.epoch) return 0;
    const { recompute, ratio } = this.settings;
    const due = recompute > 0 && Math.floor(epoch / recompute) > Math.floor(this.epoch / recompute);
    this.epoch = epoch;
    let scored = 0;
    if (due && ratio > 0) {
      if (ratio < 1) this.ranking.sort(this.losses);
      const indices = ratio < 1 ? this.ranking.order.slice(0, Math.ceil(ratio * this.n)) : this.n;
      scored = await scorePass(this.context, indices, 'loss', (part, losses) => this.store(part, losses));
    }
    this.ranking.sort(this.losses);
    return scored;
  }

  private store(indices: Int32Array, losses: Float32Array): void {
    for (let k = 0; k < indices.length; k++) this.losses[indices[k]] = losses[k];
    this.ages.stamp(indices, this.step);
  }

  observe({ indices }: Pick, { losses }: StepResult): void {
    this.store(indices, losses);
    this.step++;
  }

  state(): State {
    return {
      losses: this.losses.slice(),
      ages: this.ages.state(),
      order: this.ranking.order.slice(),
      random: this.random.state(),
      step: this.step,
      drawn: this.drawn,
      epoch: this.epoch,
    };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    this.losses = saved.losses.slice();
    this.ages = new Ages(this.n, saved.ages);
    this.ranking = new Ranking(this.n, saved.order);
    this.random = Random.from(saved.random);
    this.step = saved.step;
    this.drawn = saved.drawn;
    this.epoch = saved.epoch;
  }
}

interface Saved {
  readonly losses: Float32Array;
  readonly ages: Int32Array;
  readonly order: Int32Array;
  readonly random: number[];
  readonly step: number;
  readonly drawn: number;
  readonly epoch: number;
}
