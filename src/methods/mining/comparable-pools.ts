import type { Context, Pool } from '../method.ts';
import { distinct } from '../pool.ts';
import { labelsOf } from './labels.ts';
import { checkClasses, isComparable } from './mining.ts';

/** Presamples with samples to compare: of two classes, and two of one. */
export class ComparablePools {
  /** One that was found before the draw that it is for; never between two steps. */
  private found: Pool | undefined;
  private said = false;

  /** @param size samples of each. */
  constructor(
    private readonly context: Context,
    private readonly size: number,
  ) {}

  /** What a stream has at the end of a pass may be one sample: it is left out, with a warning. Whether it was. */
  async leavesOut(): Promise<boolean> {
    const { length, source, epoch } = this.context;
    if (length !== undefined || this.found) return false;
    const pool = await source.next(this.size);
    // Where nothing was trained on before, nothing may ever be.
    if (pool.batch.size === this.size || epoch() === 0 || isComparable(labelsOf(pool.batch.ys[0]))) {
      this.found = pool;
      return false;
    }
    if (!this.said) {
      console.warn(
        `unequal: what is left at the end of a pass over the stream, or of its samples of one shape, is left out where it has too few classes to compare: now ${pool.batch.size} where ${this.size} were asked for. This is said once`,
      );
    }
    this.said = true;
    return true;
  }

  /** @throws UnequalError if there is nothing to compare in the next one. */
  async next(): Promise<{ pool: Pool; labels: Int32Array }> {
    const pool = this.found ?? distinct(await this.context.source.next(this.size));
    this.found = undefined;
    const labels = labelsOf(pool.batch.ys[0]);
    checkClasses(labels);
    return { pool, labels };
  }

  soon(sizes: readonly number[]): void {
    this.context.source.soon?.(sizes.map(() => this.size));
  }
}
