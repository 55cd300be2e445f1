import { resists } from '../decision/index.ts';
import { Ages } from './ages.ts';

/** Where a step's scores are this share of the largest on average, no sample stands out for its own. */
const alike = 0.95;
/** Share of the largest score that is kept from step to step: what was large some thousand steps ago is forgotten. */
const forgetting = 0.9995;

/**
 * The latest score of every sample, from the passes it was trained in, with the step it was stored at and how often it
 * resisted: 9 bytes a sample.
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
  /** The largest score of late. */
  largest = 0;

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
   */
  store(indices: ArrayLike<number>, scores: ArrayLike<number>, step: number, drawn = true): void {
    this.largest *= forgetting;
    let mean = 0;
    for (let k = 0; k < scores.length; k++) {
      this.largest = Math.max(this.largest, scores[k]);
      mean += scores[k] / scores.length;
    }
    const differ = mean < alike * this.largest;
    for (let k = 0; k < indices.length; k++) {
      const [i, score] = [indices[k], scores[k]];
      if (!this.ages.seen(i)) this.unseen--;
      // Drawn twice in a step, it has not been trained on in between.
      else if (this.ages.stampOf(i) !== step) {
        const stays = resists(this.values[i], score, this.largest);
        if (!stays) this.resisted[i] = Math.max(0, this.resisted[i] - 1);
        else if (drawn && differ) this.resisted[i] = Math.min(255, this.resisted[i] + 1);
      }
      this.values[i] = score;
      // At once, so that a sample that comes twice is counted once.
      this.ages.stampOne(i, step);
    }
  }

  /** The latest scores (n,) of these samples. */
  scores(indices: ArrayLike<number>): Float32Array {
    const scores = new Float32Array(indices.length);
    for (let k = 0; k < scores.length; k++) scores[k] = this.values[indices[k]];
    return scores;
  }

  /** What they are drawn by (n,): s / (1 + times resisted). */
  priorities(indices: ArrayLike<number>): Float32Array {
    const priorities = this.scores(indices);
    for (let k = 0; k < priorities.length; k++) priorities[k] /= 1 + this.resisted[indices[k]];
    return priorities;
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
    const { values, resisted, ages, unseen, largest } = this;
    return { values: values.slice(), resisted: resisted.slice(), ages: ages.state(), unseen, largest };
  }

  restore({ values, resisted, ages, unseen, largest }: ScoreMemoryState): void {
    this.values = values.slice();
    this.resisted = resisted.slice();
    this.ages = new Ages(values.length, ages);
    this.unseen = unseen;
    this.largest = largest;
  }
}

export type ScoreMemoryState = {
  readonly values: Float32Array;
  readonly resisted: Uint8Array;
  readonly ages: Int32Array;
  readonly unseen: number;
  readonly largest: number;
};
