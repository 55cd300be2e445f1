import { fault } from '../../errors.ts';
import { greatest } from '../../extent.ts';
import { concatBatches, joinable, selectRows } from '../../learner/batch.ts';
import { mean } from '../../mean.ts';
import { type Checks, checkedOptions, integer, range, text } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import { requireFinite } from '../../sampling/scores.ts';
import { originalScores } from '../importance/original-scores.ts';
import type { Context, Method, Pick, Pool, Sampler, Source, State } from '../method.ts';
import { select } from '../pool.ts';

export interface SelectiveBackpropOptions {
  /** Name in tables and curves. */
  name?: string;
  /** β: the larger, the fewer samples are trained on, 1/(β + 1) of those seen. Default 1. */
  beta?: number;
  /** R: recent losses that the percentile of a new one is taken among. Default 1024. */
  history?: number;
}

export const selectiveBackpropChecks: Checks<SelectiveBackpropOptions> = {
  name: text,
  beta: range(0),
  history: integer(1),
};

/**
 * Selective backprop: each sample goes forward, and backward only with the probability CDF(lᵢ)^β, the share of recent
 * losses that are not larger, until b of them are together. No weights: biased towards large losses by design.
 *
 * What was chosen beyond b opens the next batch. Keeps nothing per sample and works on streams, where a batch may be
 * smaller than b: one chunk of the stream is seen for each update.
 *
 * References: Jiang et al., Accelerating Deep Learning by Focusing on the Biggest Losers, 2019 (arXiv:1910.00762),
 * section 3.2.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: selectiveBackprop() });
 * ```
 */
export function selectiveBackprop(options: SelectiveBackpropOptions = {}): Method {
  options = checkedOptions('selectiveBackprop', options, selectiveBackpropChecks);
  const { name = 'selectiveBackprop', beta = 1, history = 1024 } = options;
  return {
    name,
    options: { beta, history },
    sampler: (context) => new SelectiveBackpropSampler(beta, history, context),
  };
}

class SelectiveBackpropSampler implements Sampler {
  private random: Random;
  /** Ring buffer of recent losses; how many were ever put in. */
  private recent: Float32Array;
  private count = 0;
  /** Chosen samples that are waiting for the next batch. */
  private waiting: Pool | undefined;
  /** Mean loss of the first chunk seen for this batch: how many more are seen depends on their losses. */
  private poolLoss: number | undefined;

  constructor(
    private readonly beta: number,
    history: number,
    private readonly context: Context,
  ) {
    this.recent = new Float32Array(history);
    this.random = context.random;
  }

  async draw(size: number): Promise<Pick> {
    const { source, learner, length } = this.context;
    const parts = this.waiting ? [this.waiting] : [];
    let other: Pool | undefined;
    let first: Pool | undefined;
    let chosen = this.waiting?.batch.size ?? 0;
    let seen = 0;
    while (chosen < size) {
      const pool = await source.next(size);
      seen += pool.batch.size;
      const losses = await learner.scores(pool.batch, 'loss');
      requireFinite(losses, pool.indices);
      if (first === undefined) this.poolLoss = mean(originalScores(losses));
      first ??= pool;
      let rows = this.choose(losses);
      // Every chunk of a stream ends in an update, if only on the sample with the largest loss.
      if (length === undefined && chosen + rows.length === 0) rows = Int32Array.of(losses.indexOf(greatest(losses)));
      const picked = select(pool, rows);
      // A chunk of another shape cannot go into the same batch: it opens the next.
      if (length === undefined && parts.length > 0 && !joinable(parts[0].batch, picked.batch)) other = picked;
      else if (rows.length > 0) parts.push(picked);
      chosen += rows.length;
      if (length === undefined) break;
    }
    const all = await concatPools(parts, source);
    const taken = Math.min(size, all.batch.size);
    this.waiting = taken < all.batch.size ? slice(all, taken, all.batch.size) : undefined;
    if (other && other.batch.size > 0) this.waiting = other;
    const report = { phase: 'importance' as const, seen, waiting: this.waiting?.batch.size ?? 0 };
    return { ...slice(all, 0, taken), poolLoss: this.poolLoss, drawnFrom: first, report };
  }

  /** Rows that go backward. A loss is compared with those before it, and then counts among them. */
  private choose(losses: Float32Array): Int32Array {
    const { recent } = this;
    const rows: number[] = [];
    for (let k = 0; k < losses.length; k++) {
      recent[this.count++ % recent.length] = losses[k];
      const known = Math.min(this.count, recent.length);
      let below = 0;
      for (let j = 0; j < known; j++) if (recent[j] <= losses[k]) below++;
      if (this.random.uniform() < (below / known) ** this.beta) rows.push(k);
    }
    return Int32Array.from(rows);
  }

  soon(sizes: readonly number[]): void {
    this.context.source.soon?.(sizes);
  }

  state(): State {
    return {
      random: this.random.state(),
      recent: this.recent.slice(),
      count: this.count,
      waiting: (this.waiting ?? null) as unknown as State,
      poolLoss: this.poolLoss ?? null,
    };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    if (!(Number.isSafeInteger(saved.count) && saved.count >= 0)) {
      throw fault({ wrong: 'a wrong number of losses', got: saved.count, expected: 'a whole number ≥ 0' });
    }
    this.random = Random.from(saved.random);
    this.recent = saved.recent.slice();
    this.count = saved.count;
    this.waiting = saved.waiting ?? undefined;
    this.poolLoss = saved.poolLoss ?? undefined;
  }
}

interface Saved {
  readonly random: number[];
  readonly recent: Float32Array;
  readonly count: number;
  readonly waiting: Pool | null;
  readonly poolLoss: number | null;
}

/** The samples of pools together; fetched once more, in one batch, where the pools are of different shapes. */
async function concatPools(pools: readonly Pool[], source: Source): Promise<Pool> {
  const indices = new Int32Array(pools.reduce((sum, pool) => sum + pool.indices.length, 0));
  let at = 0;
  for (const pool of pools) {
    indices.set(pool.indices, at);
    at += pool.indices.length;
  }
  const batches = pools.map(({ batch }) => batch);
  const alike = batches.every((batch) => joinable(batches[0], batch));
  return { batch: alike ? concatBatches(batches) : await source.at(indices), indices };
}

function slice(pool: Pool, from: number, to: number): Pool {
  if (from === 0 && to === pool.batch.size) return pool;
  const rows = Int32Array.from({ length: to - from }, (_, k) => from + k);
  return { batch: selectRows(pool.batch, rows), indices: pool.indices.slice(from, to) };
}
