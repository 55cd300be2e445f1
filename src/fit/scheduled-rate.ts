import type { Learner } from '../learner/learner.ts';

export interface ScheduledRateState {
  readonly base: number;
  readonly factor: number;
}

/**
 * The learning rate that schedules multiply. Where something else has set the optimizer's rate since the last step, as
 * `ReduceLROnPlateau` does, that is what the next step begins with: the base is then that rate divided by the factor of the last step.
 */
export class ScheduledRate {
  private base: number;
  /** Of the last step. */
  private factor = 1;
  /** What the optimizer's rate was after it. */
  private last: number;

  constructor(private readonly learner: Learner) {
    this.base = learner.learningRate();
    this.last = this.base;
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

  state(): ScheduledRateState {
    this.look();
    // NaN where the optimizer keeps none.
    return { base: this.base || 0, factor: this.factor };
  }

  /** After the learner has got its rate back. */
  restore({ base, factor }: ScheduledRateState): void {
    Object.assign(this, { base, factor, last: this.learner.learningRate() });
  }
}
