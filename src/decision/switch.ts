import { fault } from '../errors.ts';
import type { Costs } from './costs.ts';
import type { GainMeter } from './gain-meter.ts';
import type { Limit } from './limit.ts';
import { hysteresis, type Weighed, Weighing, type WeighingOptions, type WeighingState } from './weighing.ts';

/**
 * When importance sampling starts: as soon as τ exceeds a number, always, or when what it is measured to gain on this
 * machine exceeds what it is measured to cost.
 */
export type Start = 'measured' | 'always' | number;

/** @throws UnequalError if `start` is none of these. */
export function checkStart(start: Start): void {
  if (start === 'measured' || start === 'always' || (typeof start === 'number' && start > 0)) return;
  throw fault({
    wrong: 'bad start of importance sampling',
    got: start,
    expected: "'measured', 'always' or a number > 0",
  });
}

/** Presample ratios B/b that are weighed against each other where none is given. */
export const presampleRatios = [2, 3, 4, 5, 8] as const;

/** Timing the other kind of step may take this share of the time. */
const timingShare = 0.005;
/** What a draw is taken to cost at least, in steps: clocks are coarse. */
const leastDraw = 0.05;
/** Forward passes that are timed before the first decision; the first of them does not count. */
const firstTimings = 3;
/** Steps from one weighing to the next: predictions cost some microseconds per sample of a presample. */
const every = 20;

export interface SwitchOptions extends WeighingOptions {
  readonly start: Start;
}

export interface Turn {
  readonly on: boolean;
  readonly why: string;
}

/**
 * The switch of Algorithm 1, `if τ > τ_th`.
 *
 * A number is the paper's rule to the letter. `'measured'` asks whether an importance step is worth more than it costs
 * ({@link Weighing}), keeps the times fresh by trying an occasional draw while off (at most half a hundredth of the time),
 * and does not turn over for a difference of 5 %.
 */
export class Switch {
  on = false;
  private readonly weighing: Weighing;
  private timings = 0;
  private stepsSinceTiming = 0;
  /** Whether the step before was of the other kind only so that the next one finds warm caches. */
  private warming = false;
  private untilWeighing = 0;

  constructor(
    private readonly options: SwitchOptions,
    private readonly costs: Costs,
    private readonly meter: GainMeter,
    limit: Limit,
  ) {
    this.weighing = new Weighing(options, costs, meter, limit);
  }

  /** The ratio B/b that is in use, or would be. */
  get ratio(): number {
    return this.weighing.ratio;
  }

  get weighed(): Weighed | undefined {
    return this.weighing.latest;
  }

  /** Share of the scores of what would be drawn that belongs to samples that resist; 1 until that is weighed. */
  get resistance(): number {
    return this.weighing.resistance;
  }

  /** What was weighed last, in words. */
  get standing(): string {
    return this.weighing.words(this.on);
  }

  /** What τ has to exceed: the number given, or for measured times B t_f + b (t_f + t_b) ÷ b (t_f + t_b) (section 3.3). */
  get threshold(): number | undefined {
    const { start } = this.options;
    if (start === 'always') return 0;
    return start === 'measured' ? this.weighing.cost() : start;
  }

  /**
   * Whether it is time to measure what is not seen otherwise: off, a draw by stored scores that nothing is trained on, so
   * that training stays exactly uniform; of fresh scores a step of the other kind, uniform or by importance, and where
   * scoring and training are one pass two of them, of which the second counts ({@link Costs}).
   */
  timing(): boolean {
    const { start, free } = this.options;
    if (start !== 'measured' || (this.on && (free || !this.costs.hidesStep))) return false;
    if (this.warming) {
      this.warming = false;
      return true;
    }
    const cost = this.costs.relative(this.ratio, free);
    const since = this.stepsSinceTiming;
    const due = free
      ? cost === undefined || since * timingShare > Math.max(leastDraw, cost - 1)
      : this.timings >= firstTimings && cost !== undefined
        ? since * timingShare > (this.on ? 1 : cost) * (this.costs.hidesStep ? 2 : 1)
        : since >= 2 && this.timings <= firstTimings;
    this.stepsSinceTiming = due ? 0 : since + 1;
    if (due) this.timings++;
    this.warming = due && !free && this.costs.hidesStep;
    return due;
  }

  /** Decides for the next step; says so if that is another decision than before. */
  decide(tau: number, batch: number, ending = false): Turn | undefined {
    const was = this.on;
    const { start } = this.options;
    const needed = this.threshold;
    if (ending || needed === undefined) this.on = false;
    else if (start !== 'measured') this.on = tau > needed || start === 'always';
    else if (this.meter.ready && this.untilWeighing-- <= 0) {
      this.untilWeighing = every;
      const { worth, cost } = this.weighing.weigh(batch, this.on);
      this.on = worth > cost * (this.on ? 1 - hysteresis : 1 + hysteresis);
    }
    if (this.on !== was) this.warming = false;
    return this.on === was ? undefined : { on: this.on, why: this.explain(tau, needed ?? 0, ending) };
  }

  private explain(tau: number, needed: number, ending: boolean): string {
    const { start } = this.options;
    if (ending) return 'the last part of the run is trained uniformly';
    if (start === 'always') return 'asked for from the start';
    if (start !== 'measured') {
      return `τ ${tau.toFixed(2)} ${this.on ? 'exceeds' : 'is below'} ${needed.toFixed(2)}, the threshold given`;
    }
    return this.standing;
  }

  state(): SwitchState {
    const { on, timings, stepsSinceTiming, warming, untilWeighing, weighing } = this;
    return { on, timings, stepsSinceTiming, warming, untilWeighing, weighing: weighing.state() };
  }

  restore({ weighing, ...rest }: SwitchState): void {
    Object.assign(this, rest);
    this.weighing.restore(weighing);
  }
}

export type SwitchState = {
  readonly on: boolean;
  readonly timings: number;
  readonly stepsSinceTiming: number;
  readonly warming: boolean;
  readonly untilWeighing: number;
  readonly weighing: WeighingState;
};
