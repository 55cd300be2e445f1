/** Share of what was before that stays in the sums at each step: a window of some fifty steps. */
const decay = 0.98;
/** Steps before anything is concluded. */
const patience = 20;
/** Share of the scores' sum that resists where all the bias there may be is let through, and where none is. */
const responsive = 0.3;
const resistant = 0.7;

/** A sample whose score is more than this share of the largest is as far from being learned as any. */
const far = 0.5;
/** One whose score is more than this share of what it was has not given way. */
const unmoved = 0.9;

/** Whether a sample that was trained on is still far from being learned, and no nearer to it than before. */
export function resists(before: number, after: number, largest: number): boolean {
  return after > far * largest && after > unmoved * before;
}

/** k of the weights wᵏ where this share of the scores resists: 0 where the samples respond, 1 where they resist. */
export function powerAt(resistance: number): number {
  return Math.min(1, Math.max(0, (resistance - responsive) / (resistant - responsive)));
}

/**
 * Do the samples that are drawn for their scores get better by being trained on? The share of their scores that belongs to
 * samples that resist.
 *
 * Hard samples that can be learned give way, or are not far from it. Wrong labels stay where they are however often they
 * come, and leaning towards them makes the others worse: where they are most of what is drawn, the weights must be
 * unbiased. So they must be where nothing is learned yet. That a sample's own scores tell the learnable from the wrong is
 * also what Mindermann et al. 2022 (RHO-LOSS) rest on.
 */
export class Response {
  private resisting = 0;
  private all = 0;
  private steps = 0;

  /**
   * @param before (b,) the scores that samples were drawn for.
   * @param after (b,) their scores in the pass that trains them.
   * @param largest the largest score of late.
   */
  observe(before: ArrayLike<number>, after: ArrayLike<number>, largest: number): void {
    let [resisting, all] = [0, 0];
    for (let i = 0; i < before.length; i++) {
      all += after[i];
      if (resists(before[i], after[i], largest)) resisting += after[i];
    }
    this.resisting = decay * this.resisting + resisting;
    this.all = decay * this.all + all;
    this.steps++;
  }

  /** Share of the scores, in [0, 1], that belongs to samples that resist; `undefined` in the first steps. */
  get resistance(): number | undefined {
    return this.steps < patience || !(this.all > 0) ? undefined : this.resisting / this.all;
  }

  state(): ResponseState {
    const { resisting, all, steps } = this;
    return { resisting, all, steps };
  }

  restore(state: ResponseState): void {
    Object.assign(this, state);
  }
}

export type ResponseState = { readonly resisting: number; readonly all: number; readonly steps: number };
