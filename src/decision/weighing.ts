import type { ResamplerName } from '../sampling/resamplers.ts';
import type { Costs } from './costs.ts';
import type { GainMeter } from './gain-meter.ts';
import type { Limit } from './limit.ts';
import { powerAt } from './response.ts';

/** The learning rate follows the gain up to this. */
export const largestRateFactor = 5;

/** What a step is worth must leave a band of this relative width around its cost before anything turns over. */
export const hysteresis = 0.05;
/** Share of the gains predicted before that stays at a weighing. */
const memory = 0.7;
/** Samples that are drawn for their scores lead the others by this, or the scores say too little. */
const leastLead = 1.3;
/** An unbiased step counts no less than this: stale scores can make it worth less than nothing, but weights of 1 do not. */
const leastWorth = 0.2;

export interface WeighingOptions {
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
  /** k of the weights w^k, below 1 where they lean towards hard samples; measured from how many of these resist. Default 1. */
  readonly weightPower?: number | 'measured';
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
  /** By how much harder the samples drawn are, where weights w^{power} lean towards them. */
  readonly lead?: number;
  readonly power?: number;
};

/**
 * What an importance step is worth and what it costs, both in uniform steps, at the ratio B/b that pays best: the predicted
 * gain, what of it the present learning rate lets through ({@link Limit}), and the times of the passes where the model runs.
 */
export class Weighing {
  /** The ratio that is in use, or would be. */
  ratio: number;
  latest: Weighed | undefined;
  /** Gains predicted of each ratio, averaged over the last few weighings: one presample tells little. */
  private gains: number[] = [];
  private lead = 1;
  /** Share of the scores drawn, or that would be, that belongs to samples that resist, from all that is scored. */
  resistance = 1;

  constructor(
    private readonly options: WeighingOptions,
    private readonly costs: Costs,
    private readonly meter: GainMeter,
    private readonly limit: Limit,
  ) {
    this.ratio = options.ratios[options.free ? options.ratios.length - 1 : 0];
  }

  /** Uniform steps that one by importance takes the time of, on average over those that share a presample. */
  cost(ratio: number = this.ratio): number | undefined {
    const { free, reuse = 1 } = this.options;
    const whole = this.costs.relative(ratio, free);
    return whole === undefined ? undefined : 1 + (whole - 1) / reuse;
  }

  /** Predicts each ratio and keeps the best; the one in use stays where another is not clearly better. */
  weigh(batch: number, on: boolean): Weighed {
    const { mixture, resample, ratios, rateFollows } = this.options;
    const inUse = this.latest?.ratio;
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
    this.ratio = best.ratio;
    this.latest = { ...best, ...this.leaning(best, batch, on) };
    return this.latest;
  }

  /**
   * Unbiased weights multiply the error of a stale score; weights that lean towards hard samples do not. A step of those is
   * worth as many uniform ones as its samples are harder, one of weights w^k in between: lead^(1 − k) · worth^k, where a
   * measured k is the larger the more of these samples resist training.
   */
  private leaning({ ratio, worth }: Weighed, batch: number, on: boolean): Partial<Weighed> {
    const { mixture, resample, weightPower = 1 } = this.options;
    if (weightPower === 1) return {};
    const now = this.meter.lean({ presample: Math.round(ratio * batch), batch, mixture, resample });
    this.lead = memory * this.lead + (1 - memory) * (now?.lead ?? 1);
    this.resistance = memory * this.resistance + (1 - memory) * (now?.resistance ?? 1);
    const { lead } = this;
    const power = weightPower === 'measured' ? powerAt(this.resistance) : weightPower;
    const leaning = lead ** (1 - power) * Math.max(leastWorth, worth) ** power;
    const leads = lead > leastLead * (on ? 1 - hysteresis : 1);
    return leads && power < 1 && leaning > worth ? { worth: leaning, lead, power } : {};
  }

  /** What was weighed last, in words. */
  words(on: boolean): string {
    const { rateFollows, free } = this.options;
    if (this.latest === undefined) return 'nothing is measured yet';
    const { ratio, gain, worth, cost, lead, power } = this.latest;
    const lets = rateFollows ? 'with the learning rate following it' : `while the loss ${this.falls}`;
    const scoring = free
      ? 'the scores are there already'
      : `scoring takes ${microseconds(this.costs.forward)} a sample, a step ${microseconds(this.costs.step)}`;
    const band = `${(100 * hysteresis).toFixed(0)} %`;
    const above = on || worth > cost * (1 + hysteresis) ? 'more' : `not ${band} more`;
    const below = on ? `less than ${band} below` : 'no more than';
    const needed = `${worth > cost ? `${above} than` : below} the ${cost.toFixed(2)} it costs (${scoring})`;
    if (lead === undefined) {
      return `E‖g‖² ${gain.toFixed(2)} times smaller at B = ${ratio}b, worth ${worth.toFixed(2)} uniform steps ${lets}: ${needed}`;
    }
    const learn = `${(100 * (1 - this.resistance)).toFixed(0)} % of their scores learn`;
    return `the samples drawn at B = ${ratio}b are ${lead.toFixed(2)} times as hard as all and ${learn}: with weights w^${power!.toFixed(1)} worth ${worth.toFixed(2)} uniform steps, ${needed}`;
  }

  private get falls(): string {
    const { fall } = this.limit;
    if (fall === undefined) return 'is not known to fall';
    return fall < 2 ? 'no longer falls beyond its scatter' : `falls by ${fall.toFixed(1)} standard errors`;
  }

  state(): WeighingState {
    const { ratio, latest, gains, lead, resistance } = this;
    return { ratio, latest, gains: [...gains], lead, resistance };
  }

  restore(state: WeighingState): void {
    Object.assign(this, state, { gains: [...state.gains] });
  }
}

export type WeighingState = {
  readonly ratio: number;
  readonly latest: Weighed | undefined;
  readonly gains: readonly number[];
  readonly lead: number;
  readonly resistance: number;
};

const microseconds = (seconds: number | undefined) => `${((seconds ?? 0) * 1e6).toFixed(0)} µs`;
