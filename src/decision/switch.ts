import { fault } from '../errors.ts';
import type { ResamplerName } from '../sampling/resamplers.ts';
import type { Costs } from './costs.ts';
import type { GainMeter } from './gain-meter.ts';
import type { Limit } from './limit.ts';

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

/** The learning rate follows the gain up to this. */
export const largestRateFactor = 5;

/** What a step is worth must leave a band of this relative width around its cost before the switch turns over. */
const hysteresis = 0.05;
/** Timing the other kind of step may take this share of the time. */
const timingShare = 0.005;
/** What a draw is taken to cost at least, in steps: clocks are coarse. */
const leastDraw = 0.05;
/** Forward passes that are timed before the first decision; the first of them does not count. */
const firstTimings = 3;
/** Share of the gains predicted before that stays at a weighing. */
const memory = 0.7;
/** Samples that are drawn for their scores lead the others by this, or the scores say too little. */
const leastLead = 1.3;
/** And no more than this share of their scores may belong to samples that resist training. */
const mostResistance = 0.5;
/** Steps from one weighing to the next: predictions cost some microseconds per sample of a presample. */
const every = 20;

export interface SwitchOptions {
  readonly start: Start;
  /** B/b, those to choose among. */
  readonly ratios: readonly number[];
  readonly mixture: number;
  readonly resample: ResamplerName;
  /** Whether the learning rate follows the gain. */
  readonly rateFollows: boolean;
  /** Whether scores are there already, so that a presample costs no forward pass. */
  readonly free: boolean;
  /** Steps that share the scoring of a presample. Default 1. */
  readonly reuse?: number;
  /** Whether weights lean towards hard samples that learn. Default false. */
  readonly leans?: boolean;
}

/** One presample ratio, weighed. */
export type Weighed = {
  /** B/b. */
  readonly ratio: number;
  /** Predicted E‖g_U‖² / E‖g_IS‖². */
  readonly gain: number;
  /** Uniform steps that a step is worth, and whose time it takes. */
  readonly worth: number;
  readonly cost: number;
  /** By how much harder the samples drawn are, where the step is worth that, being biased towards them. */
  readonly lead?: number;
};

export interface Turn {
  readonly on: boolean;
  readonly why: string;
}

/**
 * The switch of Algorithm 1, `if τ > τ_th`.
 *
 * A number is the paper's rule to the letter. `'measured'` asks what an importance step is worth and what it costs, both
 * in uniform steps: the predicted gain, what of it the present learning rate lets through ({@link Limit}), and the times
 * of the passes where the model runs. It takes the ratio B/b that pays best, keeps the times fresh by trying an
 * occasional draw while off (at most half a hundredth of the time), and does not turn over for a
 * difference of 5 %.
 */
export class Switch {
  on = false;
  /** The ratio that is in use, or would be. */
  ratio: number;
  weighed: Weighed | undefined;
  private timings = 0;
  private stepsSinceTiming = 0;
  private untilWeighing = 0;
  /** Gains predicted of each ratio, averaged over the last few weighings: one presample tells little. */
  private gains: number[] = [];
  private lead = 1;
  private resistance = 1;

  constructor(
    private readonly options: SwitchOptions,
    private readonly costs: Costs,
    private readonly meter: GainMeter,
    private readonly limit: Limit,
  ) {
    this.ratio = options.ratios[options.free ? options.ratios.length - 1 : 0];
  }

  /** What τ has to exceed: the number given, or for measured times B t_f + b (t_f + t_b) ÷ b (t_f + t_b) (section 3.3). */
  get threshold(): number | undefined {
    const { start } = this.options;
    if (start === 'always') return 0;
    return start === 'measured' ? this.cost(this.ratio) : start;
  }

  /** Uniform steps that one by importance takes the time of, on average over those that share a presample. */
  private cost(ratio: number): number | undefined {
    const { free, reuse = 1 } = this.options;
    const whole = this.costs.relative(ratio, free);
    return whole === undefined ? undefined : 1 + (whole - 1) / reuse;
  }

  /**
   * Whether it is time to measure what is not seen otherwise: off, a draw by stored scores that nothing is trained on, so
   * that training stays exactly uniform; of fresh scores a step of the other kind, uniform or by importance.
   */
  timing(): boolean {
    const { start, free } = this.options;
    if (start !== 'measured' || (this.on && (free || !this.costs.hidesStep))) return false;
    const cost = this.costs.relative(this.ratio, free);
    const since = this.stepsSinceTiming;
    const due = free
      ? cost === undefined || since * timingShare > Math.max(leastDraw, cost - 1)
      : this.timings >= firstTimings && cost !== undefined
        ? since * timingShare > (this.on ? 1 : cost)
        : since >= 1 && this.timings <= firstTimings;
    this.stepsSinceTiming = due ? 0 : since + 1;
    if (due) this.timings++;
    return due;
  }

  /** Decides for the next step; says so if that is another decision than before. */
  decide(tau: number, batch: number, { ending = false, ready = true } = {}): Turn | undefined {
    const was = this.on;
    const { start } = this.options;
    const needed = this.threshold;
    if (ending || !ready || needed === undefined) this.on = false;
    else if (start !== 'measured') this.on = tau > needed || start === 'always';
    else if (this.meter.ready && this.untilWeighing-- <= 0) {
      this.untilWeighing = every;
      this.weigh(batch);
      const { worth, cost } = this.weighed!;
      this.on = worth > cost * (this.on ? 1 - hysteresis : 1 + hysteresis);
    }
    return this.on === was ? undefined : { on: this.on, why: this.explain(tau, needed ?? 0, ending) };
  }

  /** Predicts each ratio and keeps the best; the one in use stays where another is not clearly better. */
  private weigh(batch: number): void {
    const { mixture, resample, ratios, rateFollows } = this.options;
    const inUse = this.weighed?.ratio;
    const all = ratios.map((ratio, k): Weighed => {
      const now = this.meter.predicted({ presample: Math.round(ratio * batch), batch, mixture, resample });
      const before = this.gains[k];
      const gain = before === undefined ? now : before ** memory * now ** (1 - memory);
      this.gains[k] = gain;
      const worth = rateFollows ? Math.min(largestRateFactor, gain) : this.limit.worth(gain);
      const cost = this.cost(ratio) ?? Infinity;
      return { ratio, gain, worth, cost };
    });
    const merit = ({ ratio, worth, cost }: Weighed) => (worth / cost) * (ratio === inUse ? 1 + hysteresis : 1);
    const best = all.reduce((best, one) => (merit(one) > merit(best) ? one : best));
    this.weighed = { ...best, ...this.leaning(best, batch) };
    this.ratio = best.ratio;
  }

  /**
   * Weights that lean towards hard samples make stale scores harmless, which unbiased weights multiply, and a step that
   * trains on samples as much harder is worth as many uniform ones: if these learn, and the others nearly have.
   */
  private leaning({ ratio, worth }: Weighed, batch: number): Partial<Weighed> {
    const { mixture, resample, leans } = this.options;
    if (!leans) return {};
    const now = this.meter.lean({ presample: Math.round(ratio * batch), batch, mixture, resample });
    this.lead = memory * this.lead + (1 - memory) * (now?.lead ?? 1);
    this.resistance = memory * this.resistance + (1 - memory) * (now?.resistance ?? 1);
    const { lead, resistance } = this;
    const leads = lead > leastLead * (this.on ? 1 - hysteresis : 1) && resistance < mostResistance;
    return leads && lead > worth ? { worth: lead, lead } : {};
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

  /** What was weighed last, in words. */
  get standing(): string {
    const { rateFollows, free } = this.options;
    if (this.weighed === undefined) return 'nothing is measured yet';
    const { ratio, gain, worth, cost, lead } = this.weighed;
    if (lead !== undefined) {
      return `the samples drawn at B = ${ratio}b are ${lead.toFixed(2)} times as hard as all, and learn: worth ${worth > cost ? 'more' : 'no more'} than the ${cost.toFixed(2)} uniform steps it costs (the scores are there already)`;
    }
    const lets = rateFollows ? 'with the learning rate following it' : `while the loss ${this.falls}`;
    const scoring = free
      ? 'the scores are there already'
      : `scoring takes ${microseconds(this.costs.forward)} a sample, a step ${microseconds(this.costs.step)}`;
    const band = `${(100 * hysteresis).toFixed(0)} %`;
    const above = this.on || worth > cost * (1 + hysteresis) ? 'more' : `not ${band} more`;
    const below = this.on ? `less than ${band} below` : 'no more than';
    return `E‖g‖² ${gain.toFixed(2)} times smaller at B = ${ratio}b, worth ${worth.toFixed(2)} uniform steps ${lets}: ${worth > cost ? `${above} than` : below} the ${cost.toFixed(2)} it costs (${scoring})`;
  }

  private get falls(): string {
    const { fall } = this.limit;
    if (fall === undefined) return 'is not known to fall';
    return fall < 2 ? 'no longer falls beyond its scatter' : `falls by ${fall.toFixed(1)} standard errors`;
  }

  state(): SwitchState {
    const { on, ratio, weighed, timings, stepsSinceTiming, untilWeighing, gains, lead, resistance } = this;
    return { on, ratio, weighed, timings, stepsSinceTiming, untilWeighing, gains: [...gains], lead, resistance };
  }

  restore(state: SwitchState): void {
    Object.assign(this, state, { gains: [...state.gains] });
  }
}

export type SwitchState = {
  readonly on: boolean;
  readonly ratio: number;
  readonly weighed: Weighed | undefined;
  readonly timings: number;
  readonly stepsSinceTiming: number;
  readonly untilWeighing: number;
  readonly gains: readonly number[];
  readonly lead: number;
  readonly resistance: number;
};

const microseconds = (seconds: number | undefined) => `${((seconds ?? 0) * 1e6).toFixed(0)} µs`;
