import type { ModelBatch } from '../learner/batch.ts';
import type { Pool, Source } from '../methods/method.ts';

/** A source that tells how long fetching takes. */
export class TimedSource implements Source {
  private fetched = 0;
  private seconds = 0;

  /** Absent where nobody wants to know: then no clock is read either. */
  readonly soon?: Source['soon'];
  readonly soonAt?: Source['soonAt'];

  constructor(
    private readonly source: Source,
    private readonly now: () => number,
  ) {
    if (source.soon) this.soon = (counts) => this.timed(() => source.soon!(counts));
    if (source.soonAt) this.soonAt = (indices) => this.timed(() => source.soonAt!(indices));
  }

  get length(): number | undefined {
    return this.source.length;
  }

  get passLength(): number | undefined {
    return this.source.passLength;
  }

  get place(): Source['place'] {
    return this.source.place;
  }

  /** Begins to count anew. */
  reset(): void {
    this.fetched = 0;
    this.seconds = 0;
  }

  /** Seconds that fetching a sample took since the count began; 0 where none was fetched. */
  get perSample(): number {
    return this.fetched === 0 ? 0 : this.seconds / this.fetched;
  }

  async next(count: number): Promise<Pool> {
    const from = this.now();
    const pool = await this.source.next(count);
    this.add(pool.batch.size, from);
    return pool;
  }

  async at(indices: ArrayLike<number>): Promise<ModelBatch> {
    const from = this.now();
    const batch = await this.source.at(indices);
    this.add(batch.size, from);
    return batch;
  }

  private timed(tell: () => void): void {
    const from = this.now();
    tell();
    this.add(0, from);
  }

  private add(samples: number, from: number): void {
    this.fetched += samples;
    this.seconds += this.now() - from;
  }
}
