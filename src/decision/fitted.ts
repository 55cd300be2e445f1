/** Samples that are averaged over: this share of all, so that the first of an epoch, which nothing was learned for, do not count; */
const share = 1 / 8;
/** but no more than these. */
const most = 4096;

/**
 * How far the samples seen are fitted beyond those that are not: m = L / L₁, the mean loss of samples that were trained on
 * before over that of samples when they were first seen.
 *
 * A sample's first loss is one of a sample the model knows nothing of, as a validation loss is, and costs nothing. Once all
 * have been seen there are no more of them, and what was measured last stays; samples that come augmented anew stay near it
 * for as long as they are not memorised.
 */
export class Fitted {
  private first = { sum: 0, weight: 0 };
  private again = { sum: 0, weight: 0 };
  private readonly window: number;

  /** @param length N. */
  constructor(length: number) {
    this.window = Math.max(1, Math.min(most, share * length));
  }

  /**
   * Takes in the losses of a step.
   *
   * @param losses (b,)
   * @param seen (b,) whether a sample was trained on before.
   * @param weights (b,) unbiased weights, 1 where absent.
   */
  observe(losses: ArrayLike<number>, seen: (k: number) => boolean, weights?: ArrayLike<number>): void {
    for (let k = 0; k < losses.length; k++) {
      const mean = seen(k) ? this.again : this.first;
      const w = weights?.[k] ?? 1;
      const kept = Math.max(0, 1 - w / this.window);
      mean.sum = kept * mean.sum + w * losses[k];
      mean.weight = kept * mean.weight + w;
    }
  }

  /** m; `undefined` until as many samples have come again as are averaged over, or where first losses are no losses. */
  get value(): number | undefined {
    const { first, again, window } = this;
    // The weight approaches the window; it is at half of it after 0.7 windows.
    if (first.weight === 0 || again.weight < window / 2) return undefined;
    const before = first.sum / first.weight;
    return before > 0 ? again.sum / again.weight / before : undefined;
  }

  state(): FittedState {
    return { first: { ...this.first }, again: { ...this.again } };
  }

  restore({ first, again }: FittedState): void {
    this.first = { ...first };
    this.again = { ...again };
  }
}

type Mean = { readonly sum: number; readonly weight: number };
export type FittedState = { readonly first: Mean; readonly again: Mean };
