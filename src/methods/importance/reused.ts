import { copied, type ModelBatch } from '../../learner/batch.ts';
import type { Pool, Source, State } from '../method.ts';

/** Presamples, each of which is drawn from for a number of steps. */
export class Reused {
  private kept: (Kept & { pool?: Pool }) | undefined;

  /** @param times steps that draw from a presample; 1 keeps none. */
  constructor(
    private readonly times: number,
    private readonly source: Source,
  ) {}

  /** One of B samples, with its scores where it has been scored before. */
  async next(B: number): Promise<{ pool: Pool; scores?: Float32Array }> {
    const { kept } = this;
    // One that was kept in a smaller last step of an epoch would not do for a whole one. A stream's last is all there is, and
    // counts as the part of a step that it is.
    const does = kept && (this.source.length === undefined || kept.indices.length >= B);
    if (does && kept.left > 0) {
      kept.left--;
      kept.pool ??= { batch: await this.source.at(kept.indices), indices: kept.indices };
      return { pool: kept.pool, scores: kept.scores };
    }
    this.kept = undefined;
    return { pool: await this.source.next(B) };
  }

  /** Tells the source which presamples are likely to be fetched next, if they are not kept. */
  soon(sizes: readonly number[]): void {
    const keeps = this.kept ? this.kept.left > 0 : this.times > 1;
    if (!keeps) this.source.soon?.(this.times > 1 ? sizes.slice(0, 1) : sizes);
  }

  /** Takes in the scores that were found of a presample. */
  scored(pool: Pool, scores: ArrayLike<number>): void {
    if (this.times === 1 || this.kept?.pool === pool) return;
    // A stream may fill the same memory with its next batch.
    const batch = this.source.length === undefined ? copied(pool.batch) : pool.batch;
    const kept = { indices: pool.indices, scores: Float32Array.from(scores), left: this.times - 1 };
    this.kept = { ...kept, pool: { ...pool, batch } };
  }

  /** A uniform step makes what was kept out of date. */
  forget(): void {
    this.kept = undefined;
  }

  /** A stream cannot give the same samples again: they are in the state then. */
  state(): State {
    if (this.kept === undefined) return null;
    const { indices, scores, left, pool } = this.kept;
    const samples = this.source.length === undefined ? pool : undefined;
    return { indices, scores, left, ...(samples && { batch: samples.batch as unknown as State, cut: samples.cut }) };
  }

  restore(state: State): void {
    const { batch, cut, ...kept } = (state ?? {}) as unknown as Kept & { batch?: ModelBatch; cut?: boolean };
    this.kept = state === null ? undefined : { ...kept, ...(batch && { pool: { batch, indices: kept.indices, cut } }) };
  }
}

interface Kept {
  readonly indices: Int32Array;
  readonly scores: Float32Array;
  left: number;
}
