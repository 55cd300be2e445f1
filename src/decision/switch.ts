import { fault } from '../errors.ts';
import type { EvidenceLooks, EvidenceState } from './evidence.ts';
import { type Decision, decide, type Rule } from './policy.ts';
import { type Reason, words } from './words.ts';

/**
 * When importance sampling starts: as soon as τ exceeds a number, always, or when a step by importance is estimated to be
 * worth more than it costs.
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

/** Steps from one look at the evidence to the next: it takes some microseconds per sample of a presample. */
const every = 20;

export interface Turn {
  readonly on: boolean;
  readonly why: string;
  readonly reason: Reason;
}

/** The switch of Algorithm 1, `if τ > τ_th`: by the paper's rule for a number, by {@link decide} where it is measured. */
export class Switch {
  on = false;
  decision: Decision | undefined;
  private untilLook = 0;

  constructor(
    private readonly start: Start,
    private readonly rule: Rule,
    private readonly evidence: EvidenceLooks,
  ) {}

  /** Decides for the next step; says so if that is another decision than before. */
  turn(tau: number, batch: number, ending = false): Turn | undefined {
    const was = this.on;
    this.look(batch);
    this.on = !ending && this.wanted(tau);
    if (this.on === was) return undefined;
    const reason = this.reason(tau, ending);
    return { on: this.on, why: words(reason), reason };
  }

  private look(batch: number): void {
    if (this.untilLook-- > 0) return;
    const evidence = this.evidence.look(batch);
    if (evidence === undefined) {
      this.untilLook = 0;
      return;
    }
    this.untilLook = every;
    this.decision = decide(evidence, this.rule, this.decision && { ...this.decision, on: this.on });
  }

  private wanted(tau: number): boolean {
    if (this.start === 'always') return true;
    return this.start === 'measured' ? (this.decision?.on ?? false) : tau > this.start;
  }

  /** Why it is as it is. */
  reason(tau: number, ending = false): Reason {
    const { start, on, decision } = this;
    if (ending) return { by: 'end', on };
    if (start === 'always') return { by: 'asked', on };
    if (start !== 'measured') return { by: 'threshold', on, tau, threshold: start };
    return { by: 'policy', on, decision, rule: this.rule };
  }

  state(): SwitchState {
    const { on, decision, untilLook, evidence } = this;
    return { on, decision, untilLook, evidence: evidence.state() };
  }

  restore({ on, decision, untilLook, evidence }: SwitchState): void {
    Object.assign(this, { on, decision, untilLook });
    this.evidence.restore(evidence);
  }
}

export type SwitchState = {
  readonly on: boolean;
  readonly decision: Decision | undefined;
  readonly untilLook: number;
  readonly evidence: EvidenceState;
};
