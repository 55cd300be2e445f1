import { constants, EvidenceLooks, Fitted, GainMeter, type Reason, Switch, type Turn } from '../decision/index.ts';
import type { StepResult } from '../learner/learner.ts';
import { observeFitted } from '../methods/importance/comparable-losses.ts';
import { NormProbe } from '../methods/importance/norm-probe.ts';
import type { Context, Pick, State } from '../methods/method.ts';

/** Batches that a draw from all samples is judged as one from: a larger presample gains little more. */
const mostBatches = 8;

/** The project's own decision for scores that others compute: what is measured for the page of policy, and its answer. */
export class MeasuredSwitch {
  private readonly meter: GainMeter;
  private readonly fitted: Fitted;
  private readonly probe: NormProbe;
  private readonly switch: Switch;
  private readonly rule = { ...constants, weightPower: 1, rateFollows: false };
  /** A bit for each sample that was trained on. */
  private seen: Uint8Array;

  /** @param mixture share of the uniform distribution in what is drawn by. */
  constructor(
    private readonly context: Context,
    mixture: number,
  ) {
    const { batchSize } = context;
    const length = context.length!;
    const ratio = Math.max(1, Math.min(mostBatches, length / batchSize));
    this.meter = new GainMeter(Math.ceil(ratio * batchSize));
    this.fitted = new Fitted(length);
    this.probe = new NormProbe(context, this.meter);
    this.seen = new Uint8Array(Math.ceil(length / 8));
    const looks = {
      ...{ ratios: [ratio], mixture, resample: 'multinomial' as const },
      // Scores are computed anew between two visits: they do not tell which samples a visit has left as they were.
      stored: false,
      cost: () => 1 + constants.draw,
      fitted: this.fitted,
    };
    this.switch = new Switch('measured', this.rule, new EvidenceLooks(looks, this.meter));
  }

  /** Decides for the next step; says so if that is another decision than before. */
  turn(): Turn | undefined {
    return this.switch.turn(1, this.context.batchSize);
  }

  get on(): boolean {
    return this.switch.on;
  }

  get reason(): Reason {
    return { by: 'policy', on: this.on, decision: this.switch.decision, rule: this.rule };
  }

  /** What goes into the report of a step. */
  report() {
    const { gain, worth, cost, fitted } = this.switch.decision ?? {};
    return { gain, worth, cost, fitted };
  }

  /**
   * @param own scores (b,) of this very pass.
   * @param drawnBy (b,) what these samples are drawn by.
   */
  async observe(pick: Pick, result: StepResult, own: Float32Array, drawnBy: Float64Array, step: number) {
    const { meter, seen, fitted, probe } = this;
    const { indices, weights, batch, report } = pick;
    const was = (k: number) => (seen[indices[k] >> 3] & (1 << (indices[k] & 7))) !== 0;
    meter.scored(own, { drawnBy, weights });
    observeFitted(fitted, pick, result, was);
    for (const index of indices) seen[index >> 3] |= 1 << (index & 7);
    if (weights) meter.drawn(own, weights, 'multinomial', this.context.length!);
    // Only samples that were picked uniformly tell how much of a step is noise.
    if (report.phase === 'uniform') await probe.look(step, () => batch);
  }

  state(): State {
    const { meter, fitted, probe, seen } = this;
    const parts = { meter: meter.state(), fitted: fitted.state(), probe: probe.state() };
    return { ...parts, switch: this.switch.state(), seen: seen.slice() } satisfies Saved;
  }

  restore(state: State): void {
    const saved = state as Saved;
    this.meter.restore(saved.meter);
    this.fitted.restore(saved.fitted);
    this.probe.restore(saved.probe);
    this.switch.restore(saved.switch);
    this.seen = saved.seen.slice();
  }
}

type Saved = {
  readonly meter: ReturnType<GainMeter['state']>;
  readonly fitted: ReturnType<Fitted['state']>;
  readonly probe: ReturnType<NormProbe['state']>;
  readonly switch: ReturnType<Switch['state']>;
  readonly seen: Uint8Array;
};
