/**
 * Caps scores at a percentile of those seen lately. What stays above the others however often it is trained on is more
 * often a wrong label than a hard sample; capped, it is still drawn, but no more often than the hardest of the rest.
 */
export class NoiseGuard {
  private largest = Infinity;

  /** @param percentile share of the scores that are left as they are, in (0, 1]; 1 caps none. */
  constructor(private readonly percentile: number) {}

  /** Takes the percentile of these scores from now on. */
  learn(recent: Float64Array): void {
    if (this.percentile === 1 || recent.length === 0) return;
    const sorted = recent.toSorted();
    this.largest = sorted[Math.min(sorted.length - 1, Math.floor(this.percentile * sorted.length))];
  }

  /** What scores are capped at, if they are. */
  get limit(): number | undefined {
    return this.largest === Infinity ? undefined : this.largest;
  }

  /** Caps scores in place; the rows it capped. */
  cap(scores: Float32Array | Float64Array): number[] {
    const rows: number[] = [];
    for (let i = 0; i < scores.length; i++) {
      if (!(scores[i] > this.largest)) continue;
      scores[i] = this.largest;
      rows.push(i);
    }
    return rows;
  }

  state(): number {
    return this.largest;
  }

  restore(limit: number): void {
    this.largest = limit;
  }
}
