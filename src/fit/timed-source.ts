import type { ModelBatch } from '../learner/batch.ts';
import type { Pool, Source } from '../methods/method.ts';

/** A source that tells how long fetching takes. */
export class TimedSource implements Source {
  private fetched = 0;
  private seconds = 0;

  constructor(
    private readonly source: Source,
    private readonly now: () => number,
  ) {}

  get length(): number | undefined {
    return this.source.length;
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

  soon(counts: readonly number[]): void {
    const from = this.now();
    this.source.soon?.(counts);
    this.add(0, from);
  }

  soonAt(indices: ArrayLike<number>): void {
    const from = this.now();
    this.source.soonAt?.(indices);
    this.add(0, from);
  }

  private add(samples: number, from: number): void {
    this.fetched += samples;
    this.seconds += this.now() - from;
  }
}
