import type { StepResult } from '../../learner/learner.ts';
import { belowOne, type Checks, checkedOptions, range, text } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import { Shuffle, type ShuffleState } from '../../sampling/shuffle.ts';
import { Ages } from '../ages.ts';
import type { Context, Method, Pick, Sampler, State } from '../method.ts';
import { needsLength } from '../needs.ts';

export interface InfoBatchOptions {
  /** Name in tables and curves. */
  name?: string;
  /** r: probability with which a sample below the mean loss is left out of an epoch. Default 0.5. */
  ratio?: number;
  /** δ: share of the run after which nothing is left out. Default 0.875. */
  delta?: number;
}

export const infoBatchChecks: Checks<InfoBatchOptions> = { name: text, ratio: belowOne, delta: range(0, 1) };

/**
 * InfoBatch: in each epoch a sample whose latest loss is below the mean is left out with probability r, and trained on
 * with weight 1/(1 − r) if it is not; the others have weight 1. The last part of the run is trained on everything.
 *
 * What is unbiased is the sum of the gradients of the data over an epoch of its own, which trains on M of the N samples. An expected
 * step is N/M times a uniform one at the same learning rate, at most 1/(1 − r) times. A regulariser and weight decay count once a step,
 * beside the data M/N as much as in uniform training. It is so in the code of the paper's authors, too.
 *
 * An epoch of its own is shorter than one of `fit`, which counts N samples. No extra pass; the mean is over all samples
 * as of the start of the epoch. Keeps 12 bytes a sample: loss, age, order.
 *
 * References: Qin et al., InfoBatch: Lossless Training Speed Up by Unbiased Dynamic Data Pruning, ICLR 2024
 * (arXiv:2303.04947), eq. 2 and section 2.3.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: infoBatch() });
 * ```
 */
export function infoBatch(options: InfoBatchOptions = {}): Method {
  options = checkedOptions('infoBatch', options, infoBatchChecks);
  const { name = 'infoBatch', ratio = 0.5, delta = 0.875 } = options;
  const settings = { ratio, delta };
  return {
    name,
    options: settings,
    byBudget: delta < 1,
    check: (plan) => needsLength(name, plan),
    sampler: (context) => new InfoBatchSampler(settings, context),
  };
}

class InfoBatchSampler implements Sampler {
  private readonly n: number;
  private losses: Float32Array;
  private ages: Ages;
  private order: Shuffle;
  private random: Random;
  private step = 0;
  /** Mean loss as of the start of this epoch; nothing is below it in the first. */
  private mean = -Infinity;
  /** Samples below it. */
  private low = 0;
  /** Samples left out of this epoch so far. */
  private pruned = 0;

  constructor(
    private readonly settings: { ratio: number; delta: number },
    private readonly context: Context,
  ) {
    this.n = context.length!;
    this.losses = new Float32Array(this.n);
    this.ages = new Ages(this.n);
    this.random = context.random;
    this.order = new Shuffle(this.n, this.random.split());
  }

  async draw(size: number): Promise<Pick> {
    const { ratio, delta } = this.settings;
    const { source, progress } = this.context;
    const r = progress() < delta ? ratio : 0;
    const indices = new Int32Array(size);
    const weights = new Float64Array(size);
    let count = 0;
    do {
      const { epoch } = this.order;
      const [i] = this.order.next(1);
      const low = this.losses[i] < this.mean;
      if (low && this.random.uniform() < r) this.pruned++;
      else {
        indices[count] = i;
        weights[count++] = low ? 1 / (1 - r) : 1;
      }
      if (this.order.epoch > epoch) {
        // The losses of this batch are not known yet: where it holds the epoch's last samples, it ends with them.
        if (count > 0) break;
        this.beginEpoch();
      }
    } while (count < size);
    const picked = indices.slice(0, count);
    // An epoch trains on a known number of samples, of which each sample left is an even share. Those of the paper are larger.
    const kept = 1 - (r * this.low) / this.n;
    const report = {
      phase: r > 0 && this.mean > -Infinity ? ('importance' as const) : ('uniform' as const),
      staleness: this.ages.mean(picked, this.step),
      pruned: this.pruned,
    };
    const own = weights.slice(0, count);
    const unbiased = own.map((w) => w * kept);
    return { batch: await source.at(picked), indices: picked, weights: own, unbiased, report };
  }

  private beginEpoch(): void {
    let sum = 0;
    for (const loss of this.losses) sum += loss;
    this.mean = sum / this.n;
    this.low = this.losses.reduce((count, loss) => count + Number(loss < this.mean), 0);
    this.pruned = 0;
  }

  observe({ indices }: Pick, { losses }: StepResult): void {
    for (let k = 0; k < indices.length; k++) this.losses[indices[k]] = losses[k];
    this.ages.stamp(indices, this.step++);
    if (this.order.cursor === 0) this.beginEpoch();
  }

  state(): State {
    return {
      losses: this.losses.slice(),
      ages: this.ages.state(),
      order: this.order.state(),
      random: this.random.state(),
      step: this.step,
      mean: this.mean,
      low: this.low,
      pruned: this.pruned,
    };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    this.losses = saved.losses.slice();
    this.ages = new Ages(this.n, saved.ages);
    this.order = Shuffle.from(saved.order);
    this.random = Random.from(saved.random);
    this.step = saved.step;
    this.mean = saved.mean;
    this.low = saved.low;
    this.pruned = saved.pruned;
  }
}

interface Saved {
  readonly losses: Float32Array;
  readonly ages: Int32Array;
  readonly order: ShuffleState;
  readonly random: number[];
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly pruned: number;
}
