import { fault } from '../errors.ts';
import type { Costs } from '../learner/costs.ts';
import { threshold } from '../sampling/cost.ts';
import type { State, Switched } from './method.ts';

/**
 * When importance sampling starts: as soon as τ exceeds a number, always, or when the time it costs, measured on this
 * machine, is less than what the lower variance is worth.
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

/** τ must leave a band of this relative width around its threshold before a measured switch turns over. */
const hysteresis = 0.05;
/** Timing the forward pass while importance sampling is off may take this share of the time. */
const timingShare = 0.01;
/** Forward passes that are timed before the first decision; the first of them does not count. */
const firstTimings = 3;

/**
 * The switch of Algorithm 1, `if τ > τ_th`.
 *
 * A number is the paper's rule to the letter. `'measured'` puts the measured times into the paper's inequality
 * B t_f + b (t_f + t_b) ≤ τ b (t_f + t_b) (section 3.3); it keeps them fresh by training an occasional step by
 * importance while off, at most one hundredth of the time, and does not turn over for a τ within 5 % of the threshold.
 */
export class Switch {
  on = false;
  private timings = 0;
  private stepsSinceTiming = 0;

  constructor(
    private readonly start: Start,
    private readonly presample: number,
    private readonly costs: Costs,
  ) {}

  /** What τ has to exceed now; `undefined` while it is still being measured. */
  threshold(batch: number): number | undefined {
    if (this.start === 'always') return 0;
    if (this.start !== 'measured') return this.start;
    const { forward, step } = this.costs;
    if (forward === undefined || step === undefined) return undefined;
    // Timer noise can put a small model's forward pass above its step; a backward pass takes no negative time.
    const backward = Math.max(0, step - forward);
    return threshold({ presample: this.presample * batch, batch, forward, backward });
  }

  /** Whether this step should be trained by importance only to time it. */
  timing(batch: number): boolean {
    if (this.start !== 'measured' || this.on) return false;
    const { forward, step } = this.costs;
    const known = this.timings >= firstTimings && forward !== undefined && step !== undefined;
    const due = known
      ? this.stepsSinceTiming * batch * step * timingShare > this.presample * batch * forward
      : this.stepsSinceTiming >= 1;
    this.stepsSinceTiming = due ? 0 : this.stepsSinceTiming + 1;
    if (due) this.timings++;
    return due;
  }

  /** Decides for the next step; says so if that is another decision than before. */
  decide(tau: number, batch: number, ending: boolean): Switched | undefined {
    const needed = this.threshold(batch);
    const was = this.on;
    if (ending) this.on = false;
    else if (needed === undefined) this.on = false;
    else if (this.start !== 'measured') this.on = tau > needed || this.start === 'always';
    else this.on = tau > needed * (this.on ? 1 - hysteresis : 1 + hysteresis);
    if (this.on === was) return undefined;
    return { on: this.on, why: this.explain(tau, needed ?? 0, ending) };
  }

  private explain(tau: number, needed: number, ending: boolean): string {
    if (ending) return 'the last part of the run is trained uniformly';
    if (this.start === 'always') return 'asked for from the start';
    const comparison = `τ ${tau.toFixed(2)} ${this.on ? 'exceeds' : 'is below'} ${needed.toFixed(2)}`;
    if (this.start !== 'measured') return `${comparison}, the threshold given`;
    const { forward, step } = this.costs;
    const microseconds = (seconds: number | undefined) => `${((seconds ?? 0) * 1e6).toFixed(0)} µs`;
    return `${comparison}, measured: scoring takes ${microseconds(forward)} a sample, a step ${microseconds(step)}`;
  }

  state(): State {
    return { on: this.on, timings: this.timings, stepsSinceTiming: this.stepsSinceTiming };
  }

  restore(state: State): void {
    Object.assign(this, state as object);
  }
}
