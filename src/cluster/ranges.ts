/** The samples of a run, cut into ranges of `size`; the last may be shorter. */
export class Ranges {
  readonly count: number;

  constructor(
    readonly length: number,
    readonly size: number,
  ) {
    this.count = Math.ceil(length / size);
  }

  /** How many samples range `k` has. */
  sizeOf(k: number): number {
    return Math.min(this.size, this.length - k * this.size);
  }

  /** The samples of range `k`. */
  indices(k: number): Int32Array {
    const all = new Int32Array(this.sizeOf(k));
    for (let i = 0; i < all.length; i++) all[i] = k * this.size + i;
    return all;
  }

  of(sample: number): number {
    return Math.floor(sample / this.size);
  }
}
