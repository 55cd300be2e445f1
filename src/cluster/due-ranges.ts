/** Which ranges of samples are on the queue, and by which parameters each was scored last. */
export class DueRanges {
  private readonly queued: Uint8Array;
  /** Version of the scores of each range that came last, −1 where none did. */
  private readonly scored: Int32Array;

  constructor(count: number) {
    this.queued = new Uint8Array(count);
    this.scored = new Int32Array(count).fill(-1);
  }

  /** The ranges that are not queued and were scored by older parameters than `version`, the oldest first. */
  before(version: number): number[] {
    const { queued, scored } = this;
    const due: number[] = [];
    for (let range = 0; range < queued.length; range++) {
      if (queued[range] === 0 && scored[range] < version) due.push(range);
    }
    return due.sort((a, b) => scored[a] - scored[b] || a - b);
  }

  queue(ranges: readonly number[]): void {
    for (const range of ranges) this.queued[range] = 1;
  }

  /** Takes a range off the queue. */
  taken(range: number): void {
    this.queued[range] = 0;
  }

  /** Whoever emptied the queue has not scored what was on it. */
  emptied(): void {
    this.queued.fill(0);
  }

  wasScored(range: number, version: number): void {
    this.scored[range] = version;
  }
}
