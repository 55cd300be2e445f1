/** Share of what was before that stays in the sums at each step: a window of some fifty steps. */
const decay = 0.98;
/** Steps before anything is concluded. */
const patience = 20;
/** What is left of the scores where all the bias there may be is let through, and where none is. */
const responsive = 0.8;
const resistant = 1;

/**
 * Do the samples that are drawn for their scores get better by being trained on? Σ of their scores when they were
 * trained again ÷ Σ of the scores they were drawn for.
 *
 * Hard samples that can be learned leave a good part of their score behind with each visit. Wrong labels do not, and
 * leaning towards them makes the others worse: then the ratio comes near 1, and the weights must be unbiased. That a
 * sample's own scores tell the learnable from the wrong is also what Mindermann et al. 2022 (RHO-LOSS) rest on.
 */
export class Response {
  private before = 0;
  private after = 0;
  private steps = 0;

  /**
   * @param before (b,) the scores that samples were drawn for.
   * @param after (b,) their scores in the pass that trains them.
   */
  observe(before: ArrayLike<number>, after: ArrayLike<number>): void {
    let [old, now] = [0, 0];
    for (let i = 0; i < before.length; i++) {
      old += before[i];
      now += after[i];
    }
    this.before = decay * this.before + old;
    this.after = decay * this.after + now;
    this.steps++;
  }

  /** What is left of the scores, 1 where nothing has been learned of the samples; `undefined` in the first steps. */
  get left(): number | undefined {
    return this.steps < patience || !(this.before > 0) ? undefined : this.after / this.before;
  }

  /** The power of the weights between `least`, where the samples respond, and 1, where they resist or nothing is known. */
  power(least: number): number {
    const share = ((this.left ?? resistant) - responsive) / (resistant - responsive);
    return least + (1 - least) * Math.min(1, Math.max(0, share));
  }

  state(): ResponseState {
    const { before, after, steps } = this;
    return { before, after, steps };
  }

  restore(state: ResponseState): void {
    Object.assign(this, state);
  }
}

export type ResponseState = { readonly before: number; readonly after: number; readonly steps: number };
