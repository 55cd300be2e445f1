import { fault } from '../errors.ts';

/**
 * A sample's score, what it is drawn by, which may be older, what it was trained on with before, ∞ if it never was, and the weight
 * that the user gives it, which is a factor of all three.
 */
export type Scored<Numbers = Float64Array> = {
  readonly own: Numbers;
  readonly drawnBy: Numbers;
  readonly before: Numbers;
  readonly given: Numbers;
};

/** The latest scores of samples as if taken uniformly. */
export class LatestScores {
  private own: Float64Array;
  private drawnBy: Float64Array;
  private before: Float64Array;
  private given: Float64Array;
  private filled = 0;
  private at = 0;
  /** Share of a sample that is yet to be taken in. */
  private share = 0;

  /** @param capacity how many are remembered. */
  constructor(capacity: number) {
    this.own = new Float64Array(capacity);
    this.drawnBy = new Float64Array(capacity);
    this.before = new Float64Array(capacity);
    this.given = new Float64Array(capacity);
  }

  get length(): number {
    return this.filled;
  }

  get capacity(): number {
    return this.own.length;
  }

  /** Takes in samples, each as often as its weight says: by unbiased weights those of a draw stand for all. */
  add({ own, drawnBy, before, given }: Scored<ArrayLike<number>>, weights?: ArrayLike<number>): void {
    for (let i = 0; i < own.length; i++) {
      const share = this.share + (weights?.[i] ?? 1);
      this.share = share % 1;
      for (let copies = Math.min(Math.floor(share), this.capacity); copies > 0; copies--) {
        this.own[this.at] = own[i];
        this.drawnBy[this.at] = drawnBy[i];
        this.before[this.at] = before[i];
        this.given[this.at] = given[i];
        this.at = (this.at + 1) % this.capacity;
        if (this.filled < this.capacity) this.filled++;
      }
    }
  }

  /** The last `count` of them, or as many as there are, from the oldest to the newest. */
  take(count: number): Scored {
    const n = Math.min(count, this.filled);
    // Those before the place of the next one, and before these the last of what stands from there on.
    const late = Math.min(n, this.at);
    const from = (all: Float64Array) => {
      const taken = new Float64Array(n);
      taken.set(all.subarray(all.length - n + late));
      taken.set(all.subarray(this.at - late, this.at), n - late);
      return taken;
    };
    return { own: from(this.own), drawnBy: from(this.drawnBy), before: from(this.before), given: from(this.given) };
  }

  state(): LatestScoresState {
    const { own, drawnBy, before, given, filled, at, share } = this;
    const scored = { own: own.slice(), drawnBy: drawnBy.slice(), before: before.slice(), given: given.slice() };
    return { ...scored, filled, at, share };
  }

  /** @throws UnequalError if it is no state of as many scores. */
  restore({ own, drawnBy, before, given, filled, at, share }: LatestScoresState): void {
    const isCount = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;
    if (!isCount(filled, this.capacity) || !isCount(at, this.capacity - 1) || !(share >= 0 && share < 1)) {
      throw fault({ wrong: 'wrong latest scores', got: [filled, at, share], expected: `${this.capacity} at most` });
    }
    const scored = { own: own.slice(), drawnBy: drawnBy.slice(), before: before.slice(), given: given.slice() };
    Object.assign(this, { filled, at, share, ...scored });
  }
}

export type LatestScoresState = Scored & {
  readonly filled: number;
  readonly at: number;
  readonly share: number;
};
