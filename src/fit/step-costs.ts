import { Costs } from '../decision/index.ts';
import type { Learner } from '../learner/learner.ts';
import type { Pick } from '../methods/method.ts';
import { Balance } from './balance.ts';
import type { PlacedSource } from './source.ts';
import { TimedSource } from './timed-source.ts';

/** Measures what drawing and updating take, step by step: for the method that decides by it, and for the history. */
export class StepCosts {
  /** Where the samples of the steps are to be fetched from. */
  readonly source: TimedSource;
  readonly costs: Costs;
  readonly balance = new Balance();
  private begunAt = 0;
  private drawnAt = 0;
  /** Samples passed forward before the step, and by its draw. */
  private forwardBefore = 0;
  private forwarded = 0;

  /**
   * @param now seconds.
   * @param inOnePass whether presamples are scored in one pass with the step, as far as is known.
   */
  constructor(
    source: PlacedSource,
    private readonly learner: Learner,
    private readonly now: () => number,
    inOnePass: boolean,
  ) {
    this.source = new TimedSource(source, now);
    this.costs = new Costs(inOnePass);
  }

  begin(): void {
    this.begunAt = this.now();
    this.forwardBefore = this.learner.counters.forward;
    this.source.reset();
  }

  /** What comes after this is the update, unless that is done already. */
  drawn(): void {
    this.forwarded = this.learner.counters.forward - this.forwardBefore;
    this.drawnAt = this.now();
  }

  /**
   * A uniform step pays for fetching its samples and not for choosing them, of two passes the one that scores. A step before
   * which something else was looked at tells nothing.
   *
   * @param inOnePass whether the draw was the update too.
   */
  done(pick: Pick, inOnePass: boolean): void {
    const { batch, report } = pick;
    const { costs, forwarded } = this;
    const drawing = this.drawnAt - this.begunAt;
    const updating = this.now() - this.drawnAt;
    const fetching = this.source.perSample;
    const scored = report.phase === 'importance' && forwarded > 0;
    if (inOnePass) costs.recordIteration(forwarded, batch.size, drawing);
    else if (scored) {
      costs.recordForward(forwarded, drawing, fetching);
      costs.recordStep(batch.size, updating);
    } else if (forwarded === 0) costs.recordStep(batch.size, fetching * batch.size + updating);
    else costs.skip();
    const uniform = costs.step === undefined ? undefined : costs.step * batch.size;
    this.balance.add(report.phase, drawing + updating, report.worth, uniform, isBiased(pick));
  }
}

/** Whether its weights are others than those of an unbiased estimate; in one pass they are of single precision. */
function isBiased({ weights, unbiased }: Pick): boolean {
  return unbiased?.some((u, i) => Math.abs((weights?.[i] ?? 1) - u) > 1e-5 * u) ?? false;
}
