import { checkCount } from '../../fit/same-shape.ts';
import type { PlacedSource, ShuffledSource } from '../../fit/source.ts';
import type { ModelBatch } from '../../learner/batch.ts';
import type { Pool, State } from '../../methods/method.ts';
import type { Shard } from './shard.ts';

/** The samples of one member of a team: its part of what all of them take next. */
export class ShardedSource implements PlacedSource {
  readonly length: number;

  constructor(
    private readonly source: ShuffledSource,
    private readonly shard: Shard,
  ) {
    this.length = source.length;
  }

  get place(): PlacedSource['place'] {
    return this.source.place;
  }

  /** A presample of so many times the batch is that part of as many batches of the team. */
  async next(count: number): Promise<Pool> {
    const { total, first, mine } = this.shard.block;
    const times = count / mine;
    const from = Math.round(times * first);
    const whole = Math.max(Math.round(times * total), from + count);
    const indices = this.source.take(whole).slice(from, from + count);
    return { batch: await this.source.at(indices), indices };
  }

  at(indices: ArrayLike<number>): Promise<ModelBatch> {
    return this.source.at(indices);
  }

  state(): State {
    const { done, taken } = this.shard;
    return { order: this.source.state(), done, taken };
  }

  async restore(state: State): Promise<void> {
    const { order, done, taken } = state as { order: State; done: number; taken: number };
    checkCount(done, 'place in the epoch', this.length);
    checkCount(taken, 'place in the epoch', this.length);
    await this.source.restore(order);
    Object.assign(this.shard, { done, taken });
  }
}
