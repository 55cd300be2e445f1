import { largestGiven, resists } from '../../decision/index.ts';
import { Ages } from '../ages.ts';

/** Where a step's scores are this share of the largest on average, no sample stands out for its own. */
const alike = 0.95;
/** Share of what was before that stays in the mean of first scores at each step that has any. */
const memory = 0.9;
/** Share of the largest score that is kept from step to step: what was large some thousand steps ago is forgotten. */
const forgetting = 0.9995;

/**
 * The latest score of every sample, from the passes it was trained in, with the step it was stored at and how often it
 * resisted: 9 bytes a sample, to which the order of presamples adds 4. One that has not been trained on yet counts as what the first scores of others were of late
 * on average, so that a presample may hold it beside those that are known.
 *
 * A sample resists if it was drawn for its score and training on it has left it as it was, far from being learned
 * ({@link resists}). Some do because they are wrong: the more often, the less they are drawn for their score. One that
 * gives way is forgiven as often.
 */
export class ScoreMemory {
  private values: Float32Array;
  private resisted: Uint8Array;
  private ages: Ages;
  /** Samples that have no score yet. */
  unseen: number;
  /** The largest score of late, of a sample of weight 1. */
  largest = 0;
  /** Moving sums of first scores and of how many they are. */
  private firstScores = 0;
  private firsts = 0;
  /** Part of a sample that is yet to stand for one that has been seen. */
  private standing = 0;

  constructor(n: number) {
    this.values = new Float32Array(n);
    this.resisted = new Uint8Array(n);
    this.ages = new Ages(n);
    this.unseen = n;
  }

  /**
   * Takes in the scores of the samples of one step.
   *
   * @param drawn whether they were drawn for their scores: only then can one resist. Where nothing is drawn yet, few give
   *   way so far, and those that do not are the ones to draw.
   * @param given the weights that the user gives them. Default 1.
   */
  store(
    indices: ArrayLike<number>,
    scores: ArrayLike<number>,
    step: number,
    { drawn = true, given }: { readonly drawn?: boolean; readonly given?: ArrayLike<number> } = {},
  ): void {
    this.largest = Math.max(forgetting * this.largest, largestGiven(scores, given));
    const weight = (k: number) => given?.[k] ?? 1;
    let [mean, all] = [0, 0];
    for (let k = 0; k < scores.length; k++) {
      mean += scores[k];
      all += weight(k);
    }
    const differ = mean < alike * this.largest * all;
    let [firstScores, firsts] = [0, 0];
    for (let k = 0; k < indices.length; k++) {
      const [i, score] = [indices[k], scores[k]];
      if (!this.ages.seen(i)) {
        this.unseen--;
        firsts++;
        firstScores += score;
      }
      // Drawn twice in a step, it has not been trained on in between.
      else if (this.ages.stampOf(i) !== step) {
        const stays = resists(this.values[i], score, weight(k) * this.largest);
        if (!stays) this.resisted[i] = Math.max(0, this.resisted[i] - 1);
        else if (drawn && differ) this.resisted[i] = Math.min(255, this.resisted[i] + 1);
      }
      this.values[i] = score;
      // At once, so that a sample that comes twice is counted once.
      this.ages.stampOne(i, step);
    }
    // Of late means the last steps that had first scores: there may be none for as long as a few samples are not drawn.
    if (firsts === 0) return;
    this.firstScores = memory * this.firstScores + firstScores;
    this.firsts = memory * this.firsts + firsts;
  }

  /** What a sample that has no score yet is expected to have: the mean of first scores of late. */
  get expected(): number {
    return this.firsts > 0 ? this.firstScores / this.firsts : 1;
  }

  /** The latest scores (n,) of these samples, or those expected. */
  scores(indices: ArrayLike<number>): Float32Array {
    return this.known(indices, this.expected);
  }

  /** The scores (n,) with which these samples were trained on before, ∞ where they never were. */
  before(indices: ArrayLike<number>): Float32Array {
    return this.known(indices, Infinity);
  }

  private known(indices: ArrayLike<number>, otherwise: number): Float32Array {
    const scores = new Float32Array(indices.length);
    for (let k = 0; k < scores.length; k++) {
      const i = indices[k];
      scores[k] = this.ages.seen(i) ? this.values[i] : otherwise;
    }
    return scores;
  }

  /** What they are drawn by (n,): s / (1 + times resisted). */
  priorities(indices: ArrayLike<number>): Float32Array {
    const priorities = this.scores(indices);
    for (let k = 0; k < priorities.length; k++) priorities[k] /= 1 + this.resisted[indices[k]];
    return priorities;
  }

  /**
   * What samples (n,) of a uniform step would be drawn by if they were a presample. In the first epoch none of them has been
   * seen; of a presample some have: as large a part of these stands for such, whose scores are taken to be up to date.
   */
  asPresample(indices: ArrayLike<number>, own: ArrayLike<number>): Float32Array {
    const drawnBy = this.priorities(indices);
    const share = 1 - this.unseen / this.values.length;
    for (let k = 0; k < drawnBy.length; k++) {
      if (this.ages.seen(indices[k])) continue;
      this.standing += share;
      if (this.standing < 1) continue;
      this.standing--;
      drawnBy[k] = own[k];
    }
    return drawnBy;
  }

  /**
   * The samples that have resisted `times` or more, at most `most`, the most stubborn first.
   */
  stubborn(times: number, most: number): number[] {
    const all = Array.from(this.resisted.keys()).filter((i) => this.resisted[i] >= times);
    return all.sort((i, j) => this.resisted[j] - this.resisted[i] || i - j).slice(0, most);
  }

  /** Mean number of steps since these samples were scored. */
  staleness(indices: ArrayLike<number>, step: number): number {
    return this.ages.mean(indices, step);
  }

  state(): ScoreMemoryState {
    const { values, resisted, ages, unseen, largest, firstScores, firsts, standing } = this;
    const arrays = { values: values.slice(), resisted: resisted.slice(), ages: ages.state() };
    return { ...arrays, unseen, largest, firstScores, firsts, standing };
  }

  restore({ values, resisted, ages, ...numbers }: ScoreMemoryState): void {
    this.values = values.slice();
    this.resisted = resisted.slice();
    this.ages = new Ages(values.length, ages);
    Object.assign(this, numbers);
  }
}

export type ScoreMemoryState = {
  readonly values: Float32Array;
  readonly resisted: Uint8Array;
  readonly ages: Int32Array;
  readonly unseen: number;
  readonly largest: number;
  readonly firstScores: number;
  readonly firsts: number;
  readonly standing: number;
};
