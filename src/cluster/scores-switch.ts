import type { Reason } from '../decision/index.ts';
import type { ScoreKind, StepResult } from '../learner/learner.ts';
import type { Context, Pick, State, Switched } from '../methods/method.ts';
import type { KnownScores } from './known-scores.ts';
import { MeasuredSwitch } from './measured-switch.ts';

/** Steps from one look at τ to the next: it goes over all samples. */
const lookEvery = 20;
/** Once on, it stays on down to this share of the fresh scores that are needed. */
const slack = 0.8;

export interface SwitchSettings {
  readonly score: ScoreKind;
  readonly smoothing: number;
  /** Share of the samples that must have fresh scores. */
  readonly enough: number;
  /** By how much the variance must shrink, or this project's own decision. */
  readonly start: number | 'measured';
}

/** Whether samples are drawn by their known scores: enough of these are fresh, and drawing by them is worth it. */
export class ScoresSwitch {
  private isOn = false;
  private tau = 1;
  private readonly measured: MeasuredSwitch | undefined;

  constructor(
    private readonly settings: SwitchSettings,
    context: Context,
  ) {
    const { smoothing, score, start } = settings;
    if (start !== 'measured') return;
    // What a training pass tells is what is measured by.
    if (score === 'gradient-norm') context.learner.requireScore('upper-bound');
    this.measured = new MeasuredSwitch(context, smoothing / (1 + smoothing));
  }

  get on(): boolean {
    return this.isOn;
  }

  /** Decides for the next step, both ways; says so if that is another decision than before. */
  turn(known: KnownScores, step: number): Switched | undefined {
    const { smoothing, enough: needed, start } = this.settings;
    const enough = known.fresh >= needed * (this.isOn ? slack : 1);
    if (step % lookEvery === 0 || (enough && !this.isOn && this.tau === 1)) {
      this.tau = known.fresh > 0 ? known.tau(smoothing) : 1;
    }
    const turned = this.measured?.turn();
    const wanted = this.measured ? this.measured.on : this.tau >= (start as number);
    const on = enough && wanted;
    if (on === this.isOn) return undefined;
    this.isOn = on;
    return turned?.on === on ? turned : { on, why: this.why(known.fresh) };
  }

  /** What goes into the report of a step. */
  report() {
    const { start } = this.settings;
    return { tau: this.tau, ...(start === 'measured' ? this.measured!.report() : { threshold: start }) };
  }

  /** Why it stands where it does. @param came whether any scores have come. */
  reason(known: KnownScores, came: boolean): Reason {
    const { isOn: on, tau, measured } = this;
    const { enough, start } = this.settings;
    const { fresh } = known;
    if (!on && fresh < enough) return { by: 'fresh', on, fresh, enough, came };
    return measured?.reason ?? { by: 'threshold', on, tau, threshold: start as number };
  }

  /** What a step has seen, where that is measured. @param known as the samples were drawn by. */
  observe(pick: Pick, result: StepResult, known: KnownScores, step: number): Promise<void> | undefined {
    if (this.measured === undefined) return undefined;
    const { losses, scores = losses } = result;
    const own = this.settings.score === 'loss' ? losses : scores;
    return this.measured.observe(pick, result, own, known.priorities(pick.indices), step);
  }

  state() {
    return { on: this.isOn, tau: this.tau, measured: this.measured?.state() ?? null };
  }

  restore({ on, tau, measured }: { readonly on: boolean; readonly tau: number; readonly measured: State }): void {
    this.isOn = on;
    this.tau = tau;
    this.measured?.restore(measured);
  }

  private why(fresh: number): string {
    const percent = (part: number) => `${Math.round(100 * part)} %`;
    const { enough, start } = this.settings;
    const known = `${percent(fresh)} of the scores are fresh (needed: ${percent(enough)})`;
    if (start === 'measured') return known;
    return `${known}, and drawing by them divides the variance by ${this.tau.toFixed(2)} (needed: ${start})`;
  }
}
