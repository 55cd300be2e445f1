/** Share of what was before that stays in the regression at each step: a window of some hundred steps. */
const decay = 0.995;

/**
 * Is a training limited by the noise of its steps or by its learning rate? The slope of the loss against its scatter: a line
 * is fitted to the losses of the last few hundred steps, the older the less they count. While the line falls by many of its
 * standard errors, the steps go where they should and less noise buys little.
 */
export class Falling {
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
}
