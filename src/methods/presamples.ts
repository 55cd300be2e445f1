import { type ImportanceSettings, isStored } from './importance-options.ts';
import type { Context, Pool } from './method.ts';
import { ScoreMemory } from './score-memory.ts';

/** Samples of which some are to be trained on. */
export interface Presample {
  readonly indices: Int32Array;
  /** Absent until a forward pass has found them. */
  readonly scores?: Float32Array;
  /** What the samples are drawn by, if not by these scores. */
  readonly priorities?: Float32Array;
  /** The samples themselves, where they have been fetched. */
  readonly pool?: Pool;
}

/**
 * Where the presamples of importance sampling come from: the next indices of the data with their stored scores; the next
 * samples, which are yet to be scored; or those that were scored a step or more ago.
 */
export class Presamples {
  /** Present where scores are stored. */
  readonly memory: ScoreMemory | undefined;
  private kept: { presample: Presample; left: number } | undefined;

  constructor(
    private readonly settings: ImportanceSettings,
    private readonly context: Context,
  ) {
    const { length } = context;
    if (length !== undefined && isStored(settings)) this.memory = new ScoreMemory(length);
  }

  /** Stored scores are of use once every sample has one. */
  get ready(): boolean {
    return this.memory === undefined || this.memory.unseen === 0;
  }

  async next(B: number): Promise<Presample> {
    const { source } = this.context;
    if (this.memory) return this.stored(source.nextIndices(B));
    // One that was kept in a smaller last step of an epoch would not do for a whole one.
    if (this.kept && this.kept.left > 0 && this.kept.presample.indices.length >= B) {
      this.kept.left--;
      return this.kept.presample;
    }
    const pool = await source.next(B);
    return { pool, indices: pool.indices };
  }

  /** These samples with their stored scores. */
  stored(indices: Int32Array): Presample {
    const memory = this.memory!;
    return { indices, scores: memory.scores(indices), priorities: memory.priorities(indices) };
  }

  /** Takes in the scores of a presample; one that has just been scored is drawn from again `reuse` − 1 times. */
  scored(presample: Presample, scores: Float32Array): void {
    const { reuse } = this.settings;
    if (reuse === 1 || presample.scores !== undefined) return;
    this.kept = { presample: { ...presample, scores }, left: reuse - 1 };
  }

  /** A uniform step makes what was kept out of date. */
  forget(): void {
    this.kept = undefined;
  }

  state() {
    const { kept, memory, context } = this;
    const { indices, scores } = kept?.presample ?? {};
    // A stream cannot give the same samples again; what was kept of it is left out.
    return {
      memory: memory?.state() ?? null,
      kept: kept && context.length !== undefined ? { indices: indices!, scores: scores!, left: kept.left } : null,
    };
  }

  restore({ memory, kept }: ReturnType<Presamples['state']>): void {
    if (memory) this.memory!.restore(memory);
    this.kept = kept ? { presample: kept, left: kept.left } : undefined;
  }
}
