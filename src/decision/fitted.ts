/** Samples that are averaged over: this share of all, so that the first of an epoch, which nothing was learned for, do not count; */
const share = 1 / 8;
/** but no more than these. */
const most = 4096;
/** Losses that are 0 but for rounding are no smaller. */
const rounding = -1e-4;

/**
 * How far the samples seen are fitted beyond those that are not: m = L / L₁, the mean loss of samples that were trained on
 * before over that of new ones.
 *
 * New ones are the validation samples, where the user gives any, as they were measured last. Otherwise they are the samples
 * themselves when they were first seen, which the model knew nothing of either, and which cost nothing; but once all have
 * been seen what was measured last stays, though a model that goes on learning would by then do better on new ones.
 *
 * Losses that go below 0, such as those of policy gradients, have no such share: nothing says what is left of them.
 */
export class Fitted {
  private first = { sum: 0, weight: 0 };
  private again = { sum: 0, weight: 0 };
  private validation: number | null = null;
  /** Whether losses have been below 0. */
  private below = false;
  private readonly window: number;

  /** @param length N. */
  constructor(length: number) {
    this.window = Math.max(1, Math.min(most, share * length));
  }

  /**
   * Takes in the losses of a step.
   *
   * @param losses (b,) in the unit of the validation loss: neither weighted nor smoothed.
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
      if (losses[k] < rounding && w > 0) this.below = true;
    }
  }

  /** Takes in the mean loss of validation samples, not weighted either. */
  validated(loss: number): void {
    this.validation = Number.isFinite(loss) ? loss : null;
    if (loss < rounding) this.below = true;
  }

  /** Whether losses have been below 0, so that there is no m. */
  get signed(): boolean {
    return this.below;
  }

  /** m; `undefined` until as many samples have come again as are averaged over, or where first losses are no losses. */
  get value(): number | undefined {
    const { first, again, window } = this;
    // The weight approaches the window; it is at half of it after 0.7 windows.
    const ofNew = this.validation ?? (first.weight > 0 ? first.sum / first.weight : 0);
    return ofNew > 0 && !this.below && again.weight >= window / 2 ? again.sum / again.weight / ofNew : undefined;
  }

  state(): FittedState {
    return { first: { ...this.first }, again: { ...this.again }, validation: this.validation, below: this.below };
  }

  restore({ first, again, validation, below }: FittedState): void {
    this.first = { ...first };
    this.again = { ...again };
    this.validation = validation;
    this.below = below;
  }
}

type Mean = { readonly sum: number; readonly weight: number };
export type FittedState = {
  readonly first: Mean;
  readonly again: Mean;
  readonly validation: number | null;
  readonly below: boolean;
};
