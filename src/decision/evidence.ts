import type { ResamplerName } from '../sampling/resamplers.ts';
import type { Fitted } from './fitted.ts';
import type { GainMeter } from './gain-meter.ts';
import type { Evidence } from './policy.ts';

/** Share of what was before that stays in an average at each look: one presample tells little. */
const memory = 0.7;

export interface Looks {
  /** B/b, those to choose among. */
  readonly ratios: readonly number[];
  readonly mixture: number;
  readonly resample: ResamplerName;
  /** Whether the scores that samples are drawn by are older than those they are trained with. */
  readonly stored: boolean;
  /** c of a ratio, `undefined` while it is not known. */
  readonly cost: (ratio: number) => number | undefined;
  /** m, and whether losses go below 0. */
  readonly fitted?: Pick<Fitted, 'value' | 'signed'>;
  /** Whether scores have a bound. */
  readonly bounded?: () => boolean | undefined;
}

/** Looks at what has been measured, every few steps, and averages over the looks. */
export class EvidenceLooks {
  private gains: number[] = [];
  private lead: number | undefined;
  private resistance: number | undefined;
  /** How often it was looked at. */
  private looked = 0;

  constructor(
    private readonly looks: Looks,
    private readonly meter: GainMeter,
  ) {}

  /** @returns `undefined` until scores have been seen and costs are known. */
  look(batch: number): Evidence | undefined {
    const { ratios, mixture, resample, stored, cost, fitted, bounded } = this.looks;
    if (!this.meter.ready || ratios.some((ratio) => cost(ratio) === undefined)) return undefined;
    const plan = (ratio: number) => ({ presample: Math.round(ratio * batch), batch, mixture, resample });
    this.gains = ratios.map((ratio, k) => {
      const [now, before] = [this.meter.predicted(plan(ratio)), this.gains[k]];
      return before === undefined ? now : before ** memory * now ** (1 - memory);
    });
    const lean = stored ? this.meter.lean(plan(ratios[0])) : undefined;
    if (lean) {
      this.lead = averaged(this.lead ?? 1, lean.lead);
      this.resistance = averaged(this.resistance ?? 1, lean.resistance);
      this.looked++;
    }
    return {
      ratios: ratios.map((ratio, k) => ({ ratio, gain: this.gains[k], cost: cost(ratio)! })),
      lead: this.lead,
      resistance: this.resistance,
      resisted: this.resisted,
      fitted: fitted?.value,
      signed: fitted?.signed,
      bounded: bounded?.(),
    };
  }

  /** The average without the 1 that it begins at. */
  private get resisted(): number | undefined {
    if (this.resistance === undefined) return undefined;
    const first = memory ** this.looked;
    return Math.max(0, (this.resistance - first) / (1 - first));
  }

  state(): EvidenceState {
    const { gains, lead, resistance, looked } = this;
    return { gains: [...gains], lead, resistance, looked };
  }

  restore({ gains, lead, resistance, looked }: EvidenceState): void {
    Object.assign(this, { gains: [...gains], lead, resistance, looked });
  }
}

export type EvidenceState = {
  readonly gains: readonly number[];
  readonly lead: number | undefined;
  readonly resistance: number | undefined;
  readonly looked: number;
};

const averaged = (before: number, now: number) => memory * before + (1 - memory) * now;
