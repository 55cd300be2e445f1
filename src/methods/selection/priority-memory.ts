import type { Random } from '../../sampling/random.ts';
import { powerRanks } from '../../sampling/rank-distribution.ts';
import { Ranking } from '../../sampling/ranking.ts';
import { largestScore } from '../../sampling/scores.ts';
import { SumTree } from '../../sampling/sum-tree.ts';
import type { Context, State } from '../method.ts';

/** Samples drawn from a memory: some for the first time, taken from the source, the others by their priority. */
export interface Drawn {
  /** Number of samples that are new. */
  readonly fresh: number;
  /** The others, by priority. */
  readonly indices: Int32Array;
  /** Probability of each sample, the new ones first. */
  readonly p: Float64Array;
}

/** Priorities of all samples; the only part in which the two variants differ. */
export interface Memory {
  draw(size: number, random: Random): Drawn;
  store(indices: Int32Array, losses: Float32Array): void;
  state(): State;
  restore(state: State): void;
}

/** P(i) ∝ (lᵢ + ε)^α on a sum-tree. What was never drawn is one entry beside it, `unseen` times the largest priority. */
export class ProportionalMemory implements Memory {
  private tree: SumTree;
  private unseen: number;
  /** The largest priority^α so far. */
  private largest = 1;

  constructor(
    context: Context,
    private readonly alpha: number,
    private readonly epsilon: number,
  ) {
    this.unseen = context.length!;
    this.tree = new SumTree(this.unseen);
  }

  draw(size: number, random: Random): Drawn {
    const { tree, largest } = this;
    const known = tree.total;
    const total = known + this.unseen * largest;
    const p = new Float64Array(size);
    const indices = new Int32Array(size);
    let fresh = 0;
    let count = 0;
    for (let k = 0; k < size; k++) {
      const point = ((k + random.uniform()) / size) * total;
      if (point < known) indices[count++] = tree.find(point);
      else if (fresh < this.unseen) fresh++;
      // The new ones are given out once each, so that they may run dry within the batch.
      else indices[count++] = tree.find(random.uniform() * known);
    }
    this.unseen -= fresh;
    // Where they ran dry, each of the last new ones was sure to be drawn, and the other draws were all of the known.
    const dry = fresh > 0 && this.unseen === 0;
    const scale = dry ? (size - fresh) / size / known : 1 / total;
    for (let k = 0; k < size; k++)
      p[k] = k >= fresh ? tree.get(indices[k - fresh]) * scale : dry ? 1 / size : largest / total;
    return { fresh, indices: indices.slice(0, count), p };
  }

  store(indices: Int32Array, losses: Float32Array): void {
    largestScore(losses, indices);
    const priorities = Float64Array.from(losses, (loss) => (loss + this.epsilon) ** this.alpha);
    this.tree.update(indices, priorities);
    for (const priority of priorities) this.largest = Math.max(this.largest, priority);
  }

  state(): State {
    return { tree: this.tree.state(), unseen: this.unseen, largest: this.largest };
  }

  restore(state: State): void {
    const saved = state as { tree: Float64Array; unseen: number; largest: number };
    this.tree = new SumTree(saved.tree);
    this.unseen = saved.unseen;
    this.largest = saved.largest;
  }
}

/** P(i) ∝ rank(i)^−α, by the latest losses as of the last sorting. */
export class RankMemory implements Memory {
  private readonly n: number;
  private readonly ranks;
  private losses: Float32Array;
  private ranking: Ranking;
  private unseen: number;
  /** Draws until the next sorting. */
  private untilSort = 0;

  constructor(
    context: Context,
    alpha: number,
    /** Epochs between sortings. */
    private readonly every: number,
  ) {
    this.n = context.length!;
    this.unseen = this.n;
    this.ranks = powerRanks(this.n, alpha);
    this.losses = new Float32Array(this.n);
    this.ranking = new Ranking(this.n);
  }

  draw(size: number, random: Random): Drawn {
    const { n, ranks } = this;
    const fresh = Math.min(size, this.unseen);
    this.unseen -= fresh;
    if (fresh > 0) return { fresh, indices: new Int32Array(0), p: new Float64Array(fresh).fill(1 / n) };
    if (this.untilSort <= 0) {
      this.ranking.sort(this.losses);
      this.untilSort = Math.ceil(this.every * n);
    }
    this.untilSort -= size;
    const indices = new Int32Array(size);
    const p = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const rank = ranks.quantile((k + random.uniform()) / size);
      indices[k] = this.ranking.at(rank);
      p[k] = ranks.probability(rank);
    }
    return { fresh, indices, p };
  }

  store(indices: Int32Array, losses: Float32Array): void {
    for (let k = 0; k < indices.length; k++) this.losses[indices[k]] = losses[k];
  }

  state(): State {
    const { unseen, untilSort } = this;
    return { losses: this.losses.slice(), order: this.ranking.order.slice(), unseen, untilSort };
  }

  restore(state: State): void {
    const saved = state as { losses: Float32Array; order: Int32Array; unseen: number; untilSort: number };
    this.losses = saved.losses.slice();
    this.ranking = new Ranking(this.n, saved.order);
    this.unseen = saved.unseen;
    this.untilSort = saved.untilSort;
  }
}
