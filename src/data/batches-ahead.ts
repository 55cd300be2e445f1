import type { Batch } from './samples.ts';

interface Waiting {
  readonly indices: Int32Array;
  readonly batch: Promise<Batch>;
  isMade: boolean;
}

/** Batches that are made before they are asked for: never more than a few, and none that is asked for is other for it. */
export class BatchesAhead {
  private readonly waiting: Waiting[] = [];

  /** @param most batches that were begun and not taken. */
  constructor(
    private readonly make: (indices: ArrayLike<number>) => Promise<Batch>,
    private readonly most: number,
  ) {}

  /** Begins a batch, unless it has begun or as many as may be are still being made. */
  begin(indices: ArrayLike<number>): void {
    const { waiting } = this;
    if (this.find(indices) >= 0) return;
    if (waiting.length >= this.most) {
      // One that nobody came for makes room.
      const made = waiting.findIndex(({ isMade }) => isMade);
      if (made < 0) return;
      waiting.splice(made, 1);
    }
    const own = Int32Array.from(indices);
    const one: Waiting = { indices: own, batch: this.make(own), isMade: false };
    const done = () => {
      one.isMade = true;
    };
    // An error is told to whoever takes the batch.
    one.batch.then(done, done);
    waiting.push(one);
  }

  /** The batch that was begun, or one made now. */
  take(indices: ArrayLike<number>): Promise<Batch> {
    const at = this.find(indices);
    return at < 0 ? this.make(indices) : this.waiting.splice(at, 1)[0].batch;
  }

  private find(indices: ArrayLike<number>): number {
    return this.waiting.findIndex(
      ({ indices: own }) => own.length === indices.length && own.every((index, k) => index === indices[k]),
    );
  }
}
