/** What a run's steps took, and what those by importance are estimated to have gained. */
export class Balance {
  readonly uniform = { steps: 0, seconds: 0 };
  readonly importance = { steps: 0, seconds: 0 };
  /** Seconds of uniform training that the importance steps replaced, less their own; negative is a loss. */
  gained = 0;
  /** Importance steps of which that is known. */
  weighed = 0;
  /** Of these, the ones with biased weights: what a step is worth is estimated for unbiased ones. */
  biased = 0;

  /**
   * @param seconds what the step took, with its draw.
   * @param worth uniform steps that it is estimated to be worth.
   * @param uniformSeconds what a uniform step takes, if known.
   * @param biased whether it was trained with biased weights.
   */
  add(phase: 'uniform' | 'importance', seconds: number, worth?: number, uniformSeconds?: number, biased = false): void {
    // A clock that is set back in a step must not take the time of other steps away.
    const took = Math.max(0, seconds);
    const kind = this[phase];
    kind.steps++;
    kind.seconds += took;
    if (phase === 'uniform' || worth === undefined || uniformSeconds === undefined) return;
    const gained = worth * uniformSeconds - took;
    // One step of a diverging training must not make the sum of all others worthless.
    if (!Number.isFinite(gained)) return;
    this.gained += gained;
    this.weighed++;
    if (biased) this.biased++;
  }

  state(): BalanceState {
    const { uniform, importance, gained, weighed, biased } = this;
    return { uniform: { ...uniform }, importance: { ...importance }, gained, weighed, biased };
  }

  restore({ uniform, importance, gained, weighed, biased }: BalanceState): void {
    Object.assign(this.uniform, uniform);
    Object.assign(this.importance, importance);
    this.gained = gained;
    this.weighed = weighed;
    this.biased = biased;
  }
}

export type BalanceState = {
  readonly uniform: { readonly steps: number; readonly seconds: number };
  readonly importance: { readonly steps: number; readonly seconds: number };
  readonly gained: number;
  readonly weighed: number;
  readonly biased: number;
};
