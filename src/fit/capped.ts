/** Samples that are listed. */
const listed = 100;

/** A sample whose scores were capped as a likely wrong label, and how often. */
export interface CappedSample {
  readonly index: number;
  readonly times: number;
}

/**
 * How often the scores of each sample were capped. Where they are more than `most`, the half that was capped least often
 * is forgotten and counted anew: wrong labels, which are capped again and again, stay.
 */
export class Capped {
  private times = new Map<number, number>();

  /** @param most samples whose counts are kept. */
  constructor(private readonly most = 10_000) {}

  add(indices: ArrayLike<number> = []): void {
    for (let k = 0; k < indices.length; k++) this.times.set(indices[k], (this.times.get(indices[k]) ?? 0) + 1);
    if (this.times.size > this.most) this.times = new Map(this.sorted().slice(0, this.most >> 1));
  }

  /** Those capped most often, the most often first; at most 100. */
  list(): CappedSample[] {
    return this.sorted()
      .slice(0, listed)
      .map(([index, times]) => ({ index, times }));
  }

  private sorted(): [number, number][] {
    return [...this.times].sort(([i, a], [j, b]) => b - a || i - j);
  }

  state(): CappedState {
    return [...this.times];
  }

  restore(times: CappedState): void {
    this.times = new Map(times);
  }
}

export type CappedState = readonly (readonly [index: number, times: number])[];
