import { fault } from '../errors.ts';

/** Share of what was before that stays in the regression at each step: a window of some hundred steps. */
const decay = 0.995;

/** At the best learning rate of a quadratic model half of a step's progress is taken back by its length. */
const lostAtBest = 0.5;
/** Taken back where the loss no longer falls: all but this share, so that what a step is worth stays finite. */
const lostWhenFlat = 0.9;
/** Standard errors by which a loss falls that clearly does. */
const clear = 4;

/**
 * Is a training limited by the noise of its steps or by its learning rate?
 *
 * The slope of the loss against its scatter: a line is fitted to the losses of the last few hundred steps, the older the
 * less they count. While the line falls by many of its standard errors, the steps go where they should and less noise
 * buys little; when it has none to speak of, what a step gains its length takes back, and a shorter step with the same
 * mean is worth several.
 *
 * In a quadratic model a step of rate η gains η‖G‖² − ½η²h E‖g‖² (Bottou, Curtis & Nocedal 2018, eq. 4.4). With φ for
 * the second term as a share of the first, a step whose E‖g‖² is `gain` times smaller is worth (1 − φ/gain)/(1 − φ).
 */
export class Limit {
  /**
   * Σ d, Σ d t, Σ d t², Σ d l, Σ d t l, Σ d l² with d the decay of each loss and t its step, counted back from the last;
   * Σ d², Σ d² t, Σ d² t², by which a line through losses that count less and less varies.
   */
  private sums = new Float64Array(9);

  /** @param loss an unbiased estimate of the training loss, from one step. */
  observe(loss: number): void {
    const [n, t, tt, l, tl, ll, n2, t2, tt2] = this.sums;
    const square = decay * decay;
    // One step later every loss is one further back: t ← t − 1.
    this.sums.set([
      decay * n + 1,
      decay * (t - n),
      decay * (tt - 2 * t + n),
      decay * l + loss,
      decay * (tl - l),
      decay * ll + loss * loss,
      square * n2 + 1,
      square * (t2 - n2),
      square * (tt2 - 2 * t2 + n2),
    ]);
  }

  /** By how many of its standard errors the loss falls; negative where it rises, `undefined` in the first 30 steps. */
  get fall(): number | undefined {
    const [n, t, tt, l, tl, ll, n2, t2, tt2] = this.sums;
    // Σ d approaches 1/(1 − decay); it passes 30 at about the thirtieth step.
    if (n < 28) return undefined;
    const spread = tt - (t * t) / n;
    const slope = (tl - (t * l) / n) / spread;
    const residual = (ll - (l * l) / n - slope * slope * spread) / (n - (2 * n2) / n);
    // Sums of squares know a scatter 10⁶ times smaller than the losses from none at all, but no smaller one.
    const scatter = Math.max(residual, (1e-12 * ll) / n);
    if (scatter === 0) return 0;
    const mean = t / n;
    return (-slope * spread) / Math.sqrt(scatter * (tt2 - 2 * mean * t2 + mean * mean * n2));
  }

  /** φ, the share of a step's progress that its length takes back. */
  get lost(): number {
    const fall = Math.max(0, this.fall ?? Infinity);
    return lostAtBest + (lostWhenFlat - lostAtBest) * Math.exp(-((fall / clear) ** 2));
  }

  /** Uniform steps that one with `gain` times smaller E‖g‖² is worth, at the same learning rate. */
  worth(gain: number): number {
    return (1 - this.lost / gain) / (1 - this.lost);
  }

  state(): Float64Array {
    return this.sums.slice();
  }

  /** @throws UnequalError if these are no sums. */
  restore(state: Float64Array): void {
    if (state.length !== this.sums.length) {
      throw fault({ wrong: 'wrong sums of losses', got: `${state.length} of them`, expected: `${this.sums.length}` });
    }
    this.sums = state.slice();
  }
}
