import type { Costs } from './costs.ts';

/** Steps of the other kind may take this share of the time. */
const timingShare = 0.005;
/** Forward passes that are timed before the first decision; the first of them does not count. */
const firstTimings = 3;

/**
 * When it is time to make a step of the other kind, uniform or by importance, for what only such a step tells: the time it
 * takes, or scores that no uniform step has. Where
 * scoring and training are one pass, two of them, of which the second counts ({@link Costs}).
 */
export class Timing {
  private timings = 0;
  private stepsSince = 0;
  /** Whether the step before was of the other kind only so that the next one finds warm caches. */
  private warming = false;
  private was = false;

  /**
   * @param wanted whether there is anything to be seen by such steps.
   * @param cost what one by importance costs, as far as is known.
   */
  constructor(
    private readonly wanted: boolean,
    private readonly costs: Costs,
    private readonly cost: (ratio: number) => number | undefined = (ratio) => costs.relative(ratio),
  ) {}

  due(on: boolean, ratio: number): boolean {
    if (on !== this.was) this.warming = false;
    this.was = on;
    // In two passes each importance step tells the time of a uniform one, too.
    if (!this.wanted || (on && !this.costs.hidesStep)) return false;
    if (this.warming) {
      this.warming = false;
      return true;
    }
    const cost = this.cost(ratio);
    const passes = this.costs.hidesStep ? 2 : 1;
    const due =
      this.timings >= firstTimings && cost !== undefined
        ? this.stepsSince * timingShare > (on ? 1 : cost) * passes
        : this.stepsSince >= 2 && this.timings <= firstTimings;
    this.stepsSince = due ? 0 : this.stepsSince + 1;
    if (due) this.timings++;
    this.warming = due && this.costs.hidesStep;
    return due;
  }

  state(): TimingState {
    const { timings, stepsSince, warming, was } = this;
    return { timings, stepsSince, warming, was };
  }

  restore(state: TimingState): void {
    Object.assign(this, state);
  }
}

export type TimingState = {
  readonly timings: number;
  readonly stepsSince: number;
  readonly warming: boolean;
  readonly was: boolean;
};
