import { Ages } from './ages.ts';

/** A score that is no smaller than this share of what it was has resisted. */
const resisting = 0.9;

/**
 * The latest score of every sample, from the passes it was trained in, with the step it was stored at and how often it
 * resisted: 9 bytes a sample.
 *
 * A sample resists if its score is above the others' and training on it has left it as it was. Some do because they are
 * wrong: the more often, the less they are drawn for their score. One that gives way is forgiven as often.
 */
export class ScoreMemory {
  private values: Float32Array;
  private resisted: Uint8Array;
  private ages: Ages;
  /** Samples that have no score yet. */
  unseen: number;

  constructor(n: number) {
    this.values = new Float32Array(n);
    this.resisted = new Uint8Array(n);
    this.ages = new Ages(n);
    this.unseen = n;
  }

  /** Takes in the scores of the samples of one step. */
  store(indices: ArrayLike<number>, scores: ArrayLike<number>, step: number): void {
    let mean = 0;
    for (let k = 0; k < scores.length; k++) mean += scores[k] / scores.length;
    for (let k = 0; k < indices.length; k++) {
      const [i, score] = [indices[k], scores[k]];
      if (!this.ages.seen(i)) this.unseen--;
      // Drawn twice in a step, it has not been trained on in between.
      else if (this.ages.stampOf(i) !== step) {
        if (score > mean && score > resisting * this.values[i]) this.resisted[i] = Math.min(255, this.resisted[i] + 1);
        else if (this.resisted[i] > 0) this.resisted[i]--;
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
   * The samples that have resisted `times` or more and still have more than half the largest score, at most `most`, the
   * most stubborn first. Where the learning rate is small, all samples resist, but few from so far away.
   */
  stubborn(times: number, most: number): number[] {
    const far = this.values.reduce((largest, value) => Math.max(largest, value), 0) / 2;
    const all = Array.from(this.resisted.keys()).filter((i) => this.resisted[i] >= times && this.values[i] > far);
    return all.sort((i, j) => this.resisted[j] - this.resisted[i] || i - j).slice(0, most);
  }

  /** Mean number of steps since these samples were scored. */
  staleness(indices: ArrayLike<number>, step: number): number {
    return this.ages.mean(indices, step);
  }

  state(): ScoreMemoryState {
    const { values, resisted, ages, unseen } = this;
    return { values: values.slice(), resisted: resisted.slice(), ages: ages.state(), unseen };
  }

  restore({ values, resisted, ages, unseen }: ScoreMemoryState): void {
    this.values = values.slice();
    this.resisted = resisted.slice();
    this.ages = new Ages(values.length, ages);
    this.unseen = unseen;
  }
}

export type ScoreMemoryState = {
  readonly values: Float32Array;
  readonly resisted: Uint8Array;
  readonly ages: Int32Array;
  readonly unseen: number;
};
