import { Shuffle, type ShuffleState } from '../../sampling/shuffle.ts';
import type { Context, Pool } from '../method.ts';
import { type ImportanceSettings, isStored } from './importance-options.ts';
import { ScoreMemory, type ScoreMemoryState } from './score-memory.ts';

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
 * Where the presamples of importance sampling come from: indices in an order of their own with their stored scores; the next
 * samples, which are yet to be scored; or those that were scored a step or more ago.
 */
export class Presamples {
  /** Present where scores are stored. */
  readonly memory: ScoreMemory | undefined;
  /** The order of stored presamples: from the first step on they are of all samples, whatever the epoch has come to. */
  private order: Shuffle | undefined;
  private kept: { presample: Presample; left: number } | undefined;

  constructor(
    private readonly settings: ImportanceSettings,
    private readonly context: Context,
  ) {
    const { length, random } = context;
    if (length === undefined || !isStored(settings)) return;
    this.memory = new ScoreMemory(length);
    this.order = new Shuffle(length, random.fork('presamples'));
  }

  async next(B: number): Promise<Presample> {
    const { source } = this.context;
    if (this.order) return this.stored(this.order.next(B));
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

  state(): PresamplesState {
    const { kept, memory, order, context } = this;
    const { indices, scores } = kept?.presample ?? {};
    // A stream cannot give the same samples again; what was kept of it is left out.
    return {
      memory: memory?.state() ?? null,
      order: order?.state() ?? null,
      kept: kept && context.length !== undefined ? { indices: indices!, scores: scores!, left: kept.left } : null,
    };
  }

  restore({ memory, order, kept }: PresamplesState): void {
    if (memory) this.memory!.restore(memory);
    if (order) this.order = Shuffle.from(order);
    this.kept = kept ? { presample: kept, left: kept.left } : undefined;
  }
}

export type PresamplesState = {
  readonly memory: ScoreMemoryState | null;
  readonly order: ShuffleState | null;
  readonly kept: { readonly indices: Int32Array; readonly scores: Float32Array; readonly left: number } | null;
};
