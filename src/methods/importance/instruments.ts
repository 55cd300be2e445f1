import {
  constants,
  EvidenceLooks,
  type Fitted,
  GainMeter,
  largestRateFactor,
  presampleRatios,
  Switch,
  type Turn,
} from '../../decision/index.ts';
import { greatest } from '../../extent.ts';
import type { ModelBatch } from '../../learner/batch.ts';
import { TauAverage } from '../../sampling/tau.ts';
import type { Measured } from '../measured.ts';
import type { Context, Pick, Standing } from '../method.ts';
import type { ImportanceSettings } from './importance-options.ts';
import { NoiseGuard } from './noise-guard.ts';
import { NormProbe } from './norm-probe.ts';

/** Where the scores come from makes this difference to what is measured. */
export interface Kind {
  /** B/b, those to choose among. */
  readonly ratios: readonly number[];
  readonly stored: boolean;
  /** Uniform steps that a step from a presample of `ratio` batches takes the time of; `undefined` while unknown. */
  readonly cost: (ratio: number) => number | undefined;
  /** L / L₁ of the policy. */
  readonly fitted?: Fitted;
}

/** Steps from one look at the scores for the guard's percentile to the next. */
const learnEvery = 20;

/** What importance sampling measures while it trains, and the switch that goes by it. */
export class Instruments {
  readonly meter: GainMeter;
  readonly guard: NoiseGuard;
  readonly switch: Switch;
  step = 0;
  /** Whether scores have a bound; `undefined` until a batch was seen, or where nothing depends on it. */
  private bounded: boolean | undefined;
  private readonly probe: NormProbe;
  private tau: TauAverage;

  constructor(
    private readonly settings: ImportanceSettings,
    private readonly context: Context,
    private readonly kind: Kind,
  ) {
    const { mixture, resample, start, learningRate, guard, tau, tauDecay, weightPower, rule } = settings;
    const { ratios, stored } = kind;
    this.meter = new GainMeter(Math.ceil(greatest([...presampleRatios, ...ratios]) * context.batchSize));
    this.probe = new NormProbe(context, this.meter);
    this.guard = new NoiseGuard(guard);
    this.tau = new TauAverage({ form: tau, decay: tauDecay });
    const whole = {
      ...constants,
      ...rule,
      weightPower: stored ? weightPower : 1,
      rateFollows: learningRate === 'gain',
    };
    this.switch = new Switch(
      start,
      whole,
      new EvidenceLooks({ ...kind, mixture, resample, bounded: () => this.bounded }, this.meter),
    );
  }

  /** Decides for the next step; says so if that is another decision than before. */
  turn(): Turn | undefined {
    const { progress, batchSize } = this.context;
    const { end } = this.settings;
    return this.switch.turn(this.tau.value, batchSize, end > 0 && progress() >= 1 - end);
  }

  /** B/b in use, or that would be. */
  get ratio(): number {
    return this.switch.decision?.ratio ?? this.kind.ratios[0];
  }

  /** k of the weights wᵏ now. */
  get weightPower(): number {
    const { weightPower } = this.settings;
    if (weightPower !== 'measured') return weightPower;
    return this.kind.stored ? (this.switch.decision?.weightPower ?? 1) : 1;
  }

  /** A factor of the learning rate, where it follows the gain. */
  get rateFactor(): number | undefined {
    if (this.settings.learningRate !== 'gain') return undefined;
    return Math.min(largestRateFactor, Math.max(1, this.meter.realised(this.context.batchSize) ?? 1));
  }

  /** What goes into the step report. */
  report(switched: Turn | undefined): Measured & { readonly switched?: Turn } {
    const { start } = this.settings;
    const { on, decision } = this.switch;
    const { batchSize } = this.context;
    return {
      tau: this.tau.known,
      threshold: start === 'always' ? 0 : start === 'measured' ? this.kind.cost(this.ratio) : start,
      presample: this.ratio,
      gain: (on ? this.meter.realised(batchSize) : undefined) ?? decision?.gain,
      worth: decision?.worth,
      cost: decision?.cost ?? this.kind.cost(this.ratio),
      noiseShare: this.meter.noiseShare(batchSize),
      lead: decision?.lead,
      resistance: decision?.resistance,
      resisted: decision?.resisted,
      fitted: decision?.fitted,
      against: start === 'measured' ? decision?.against : undefined,
      weightPower: this.weightPower,
      switched,
    };
  }

  /**
   * Takes in what a step saw: its scores (b,).
   * @param drawnBy (b,) what samples of a uniform step would have been drawn by.
   */
  observe({ batch, unbiased, report }: Pick, own: ArrayLike<number>, drawnBy = own): void {
    const { score, weightPower } = this.settings;
    if (this.kind.stored && weightPower === 'measured') {
      // A loss has none, however it is scored otherwise.
      this.bounded ??= score !== 'loss' && (this.context.learner.hasBoundedScores?.(batch) ?? true);
    }
    if (report.phase === 'uniform') this.tau.update(drawnBy);
    else {
      this.tau.update(report.scores!);
      this.meter.drawn(own, unbiased!, this.settings.resample, report.scores!.length);
    }
    this.step++;
    if (this.step % learnEvery === 0) this.guard.learn(this.meter.scores);
  }

  /** Looks at exact norms of samples that were picked uniformly, where it is time for it and something depends on it. */
  async look(samples: () => ModelBatch | Promise<ModelBatch>): Promise<void> {
    const { start, learningRate } = this.settings;
    if (start === 'measured' || learningRate === 'gain') await this.probe.look(this.step, samples);
  }

  explain(): Standing {
    const { meter, context, weightPower } = this;
    const { resisted } = this.switch.decision ?? {};
    const [realised, noise] = [meter.realised(context.batchSize), meter.noiseShare(context.batchSize)];
    const details = [
      this.tau.known !== undefined && `τ ${this.tau.known.toFixed(2)}`,
      realised && `E‖g‖² of the unbiased step realised ${ofUniform(realised)} than a uniform one's`,
      noise !== undefined && `${(100 * noise).toFixed(0)} % of a uniform step is noise`,
      resisted !== undefined &&
        meter.hasReturned &&
        `${(100 * resisted).toFixed(0)} % of the scores drawn belong to samples that hardly get better`,
      resisted !== undefined && `weights w^${weightPower.toFixed(2)}`,
      this.bounded === false &&
        'steps by importance are unbiased, for a score grows with the distance from the target: samples far from it would count for more than their share',
    ].filter((part) => typeof part === 'string');
    return { reason: this.switch.reason(this.tau.value), details };
  }

  state(): InstrumentsState {
    const { meter, probe, guard, tau, step, bounded } = this;
    const parts = { meter: meter.state(), probe: probe.state(), guard: guard.state() };
    return { ...parts, switch: this.switch.state(), tau: tau.state(), step, bounded };
  }

  restore(saved: InstrumentsState): void {
    this.meter.restore(saved.meter);
    this.probe.restore(saved.probe);
    this.guard.restore(saved.guard);
    this.switch.restore(saved.switch);
    this.tau = new TauAverage(saved.tau);
    this.step = saved.step;
    this.bounded = saved.bounded;
  }
}

/** How many times smaller, or larger. */
const ofUniform = (gain: number): string =>
  gain >= 1 ? `${gain.toFixed(2)} times smaller` : `${(1 / gain).toFixed(2)} times larger`;

export type InstrumentsState = {
  readonly meter: ReturnType<GainMeter['state']>;
  readonly probe: ReturnType<NormProbe['state']>;
  readonly guard: number;
  readonly switch: ReturnType<Switch['state']>;
  readonly tau: ReturnType<TauAverage['state']>;
  readonly step: number;
  readonly bounded: boolean | undefined;
};
