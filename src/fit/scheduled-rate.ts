import type { Learner } from '../learner/learner.ts';

export interface ScheduledRateState {
  readonly first: number;
  readonly base: number;
  readonly factor: number;
}

/**
 * The learning rate that schedules multiply. Where something else has set the optimizer's rate since the last step, as
 * `ReduceLROnPlateau` does, that is what the next step begins with: the base is then that rate divided by the factor of the last step.
 */
export class ScheduledRate {
  /** What the optimizer's rate was before the first step. */
  first: number;
  private base: number;
  /** Of the last step. */
  private factor = 1;
  /** What the optimizer's rate was after it. */
  private last: number;

  constructor(private readonly learner: Learner) {
    this.first = learner.learningRate();
    this.base = this.first;
    this.last = this.first;
  }

  /** Whether the optimizer's rate is another than the base. */
  get isMultiplied(): boolean {
    return this.factor !== 1;
  }

  /** Sets the rate of a step. */
  follow(factor: number): void {
    const { learner } = this;
    const now = this.look();
    const rate = this.base * factor;
    this.factor = factor;
    // TensorFlow.js makes a tensor of it, which takes one or two hundredths of a small net's step.
    if (rate === now) return;
    learner.setLearningRate(rate);
    this.last = learner.learningRate();
  }

  /** @returns the optimizer's rate; one that was set since is taken for the base. */
  private look(): number {
    const { factor } = this;
    const now = this.learner.learningRate();
    // The tensor of SGD has it in single precision.
    if (Math.fround(now) !== Math.fround(this.last)) {
      const base = now / factor;
      // Of a factor of 0 nothing can be told.
      this.base = Number.isFinite(base) ? base : now;
    }
    this.last = now;
    return now;
  }

  /** Takes the factor off after the last step, for whoever trains on; a rate that was set since then stays. */
  end(): void {
    const { learner, base, last, isMultiplied } = this;
    this.factor = 1;
    if (!isMultiplied || Math.fround(learner.learningRate()) !== Math.fround(last)) return;
    learner.setLearningRate(base);
    this.last = learner.learningRate();
  }

  state(): ScheduledRateState {
    this.look();
    // NaN where the optimizer keeps none.
    return { first: this.first || 0, base: this.base || 0, factor: this.factor };
  }

  /** After the learner has got its rate back. */
  restore({ first, base, factor }: ScheduledRateState): void {
    Object.assign(this, { first, base, factor, last: this.learner.learningRate() });
  }
}
