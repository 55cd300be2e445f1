import type { Random } from '../sampling/random.ts';
import { largestScore } from '../sampling/scores.ts';
import { SumTree } from '../sampling/sum-tree.ts';
import type { Ranges } from './ranges.ts';

/**
 * What the master knows of its samples: scores by ranges, each with the step whose parameters they were computed with.
 * Ranges whose scores are older than `limit` steps count as unknown; a sample of an unknown range has the mean score of
 * the known ones. A sum-tree of the known scores and a few numbers a range: 9.4 bytes a sample.
 */
export class KnownScores {
  private tree: SumTree;
  /** Step of the parameters, −1 where unknown. */
  private versions: Int32Array;
  /** Σ score² of each range, −1 where it has to be summed anew. */
  private readonly squares: Float64Array;
  private unknown: number[] = [];
  private unknownSamples = 0;
  /** Whether the two above are of the versions of now. */
  private isListed = false;

  constructor(
    private readonly ranges: Ranges,
    private readonly limit: number,
    saved?: KnownState,
  ) {
    this.tree = new SumTree(saved?.scores ?? ranges.length);
    this.versions = saved?.versions.slice() ?? new Int32Array(ranges.count).fill(-1);
    this.squares = new Float64Array(ranges.count).fill(-1);
  }

  /** Share of the samples whose scores are known and fresh. */
  get fresh(): number {
    this.listUnknown();
    return 1 - this.unknownSamples / this.ranges.length;
  }

  /** Whether the scores of a range are known, and of which step. */
  versionOf(range: number): number {
    return this.versions[range];
  }

  /** Takes in the scores of a range. Older ones than are known change nothing. @returns whether they were taken. */
  store(range: number, version: number, scores: Float32Array): boolean {
    if (version < this.versions[range]) return false;
    const indices = this.ranges.indices(range);
    largestScore(scores, indices);
    if (this.versions[range] < 0) this.isListed = false;
    this.versions[range] = version;
    this.squares[range] = -1;
    this.tree.update(indices, scores);
    return true;
  }

  /** Takes in scores of samples that have just been trained on, where those of their range are known. */
  refresh(indices: ArrayLike<number>, scores: ArrayLike<number>): void {
    largestScore(scores, indices);
    for (let k = 0; k < indices.length; k++) {
      const range = this.ranges.of(indices[k]);
      if (this.versions[range] < 0) continue;
      this.squares[range] = -1;
      this.tree.set(indices[k], scores[k]);
    }
  }

  /** Forgets what is older than the limit at this step. @returns how many ranges that were. */
  expire(step: number): number {
    let count = 0;
    for (let range = 0; range < this.versions.length; range++) {
      const version = this.versions[range];
      if (version < 0 || step - version <= this.limit) continue;
      this.versions[range] = -1;
      this.squares[range] = -1;
      const indices = this.ranges.indices(range);
      this.tree.update(indices, new Float64Array(indices.length));
      count++;
    }
    if (count > 0) this.isListed = false;
    return count;
  }

  private listUnknown(): void {
    if (this.isListed) return;
    this.isListed = true;
    this.unknown = [];
    this.unknownSamples = 0;
    for (let range = 0; range < this.versions.length; range++) {
      if (this.versions[range] >= 0) continue;
      this.unknown.push(range);
      this.unknownSamples += this.ranges.sizeOf(range);
    }
  }

  /** Mean of the known scores. */
  private get mean(): number {
    this.listUnknown();
    return this.tree.total / (this.ranges.length - this.unknownSamples);
  }

  /**
   * `size` independent draws with p ∝ score + smoothing × mean score, over all samples.
   *
   * @returns the samples, (size,), and the probability that each was drawn with.
   */
  draw(size: number, smoothing: number, random: Random): { indices: Int32Array; p: Float64Array } {
    this.listUnknown();
    const { tree, ranges, unknownSamples } = this;
    const n = ranges.length;
    const known = tree.total;
    const indices = new Int32Array(size);
    if (!(known > 0)) {
      for (let k = 0; k < size; k++) indices[k] = random.integer(n);
      return { indices, p: new Float64Array(size).fill(1 / n) };
    }
    const mean = this.mean;
    const total = known + unknownSamples * mean + n * smoothing * mean;
    const p = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const point = random.uniform() * total;
      if (point < known) indices[k] = tree.find(point);
      else if (point < known + unknownSamples * mean) indices[k] = this.unknownSample(random.integer(unknownSamples));
      else indices[k] = random.integer(n);
      const isKnown = this.versions[ranges.of(indices[k])] >= 0;
      p[k] = ((isKnown ? tree.get(indices[k]) : mean) + smoothing * mean) / total;
    }
    return { indices, p };
  }

  /** What these samples are drawn by, smoothing left out: their scores, and the mean score where there is none. */
  priorities(indices: ArrayLike<number>): Float64Array {
    const { mean } = this;
    // Before any is known all are alike.
    const unknown = Number.isFinite(mean) && mean > 0 ? mean : 1;
    return Float64Array.from(indices, (index) =>
      this.versions[this.ranges.of(index)] >= 0 ? this.tree.get(index) : unknown,
    );
  }

  /** The kth of the samples that are not known: only the last range is shorter, and it is last in the list as well. */
  private unknownSample(k: number): number {
    return this.unknown[Math.floor(k / this.ranges.size)] * this.ranges.size + (k % this.ranges.size);
  }

  /** Mean age in steps of the scores of these samples; unknown ones do not count. */
  staleness(indices: ArrayLike<number>, step: number): number {
    let [sum, count] = [0, 0];
    for (let k = 0; k < indices.length; k++) {
      const version = this.versions[this.ranges.of(indices[k])];
      if (version < 0) continue;
      sum += step - version;
      count++;
    }
    return count === 0 ? 0 : sum / count;
  }

  /**
   * By how much drawing by these scores cuts the variance of the gradient, if they are its norms: N Σp² where all is known
   * (Katharopoulos & Fleuret 2018, eq. 26), with unknown samples and the smoothing in p. Goes over the ranges that have
   * changed since the last time, not over all samples.
   */
  tau(smoothing: number): number {
    const n = this.ranges.length;
    const { total } = this.tree;
    if (!(total > 0)) return 1;
    const { mean, unknownSamples } = this;
    const extra = smoothing * mean;
    // Σq and Σq² with q = score + extra, where an unknown score is the mean.
    const sum = total + unknownSamples * mean + n * extra;
    const known = this.sumOfSquares() + 2 * extra * total + (n - unknownSamples) * extra ** 2;
    return (n * (known + unknownSamples * (mean + extra) ** 2)) / sum ** 2;
  }

  /** Σ score² of the known ones. A range is always summed from its first sample: no error gathers, also over a resume. */
  private sumOfSquares(): number {
    const { tree, ranges, squares } = this;
    let all = 0;
    for (let range = 0; range < squares.length; range++) {
      if (squares[range] < 0) {
        let sum = 0;
        const end = range * ranges.size + ranges.sizeOf(range);
        for (let i = range * ranges.size; i < end; i++) sum += tree.get(i) ** 2;
        squares[range] = sum;
      }
      all += squares[range];
    }
    return all;
  }

  state(): KnownState {
    return { scores: this.tree.state(), versions: this.versions.slice() };
  }
}

export type KnownState = { readonly scores: Float64Array; readonly versions: Int32Array };
