import { fault } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { Pool, Source, State } from '../methods/method.ts';
import { counted } from '../plural.ts';
import type { Random } from '../sampling/random.ts';
import { Shuffle, type ShuffleState } from '../sampling/shuffle.ts';
import { OrderOfModelFit } from './order-of-model-fit.ts';
import type { Provider } from './provider.ts';

/** A source whose place in the data can be saved. */
export interface PlacedSource extends Source {
  state(): State;
  restore(state: State): Promise<void>;
}

/** By what samples are put into an order; `null`: they stay in theirs. */
export type OrderBy = Random | 'model.fit' | null;

/** Samples in a new random order every epoch, or in theirs. */
export class ShuffledSource implements PlacedSource {
  readonly length: number;
  private order: Shuffle | OrderOfModelFit;
  /** Sizes of the pools that have been told of and not been asked for. */
  private told: number[] = [];
  /** Absent where nobody wants to know: nothing is drawn ahead for nobody. */
  readonly soon?: Source['soon'];
  readonly soonAt?: Source['soonAt'];
  readonly place?: Source['place'];

  constructor(
    private readonly provider: Provider,
    by: OrderBy,
  ) {
    this.length = provider.length;
    this.order = by === 'model.fit' ? new OrderOfModelFit(provider.length) : new Shuffle(provider.length, by);
    if (provider.place) this.place = (index) => provider.place!(index);
    if (provider.soon === undefined) return;
    this.soonAt = (indices) => provider.soon!(indices);
    this.soon = (counts) => this.tell(counts, this.soonAt!);
  }

  /** The next `count` indices of the order, without the samples. */
  take(count: number): Int32Array {
    if (this.told.shift() !== count) this.told = [];
    return this.order.next(count);
  }

  async next(count: number): Promise<Pool> {
    const indices = this.take(count);
    return { batch: await this.provider.batch(indices), indices };
  }

  at(indices: ArrayLike<number>): Promise<ModelBatch> {
    return this.provider.batch(indices);
  }

  private tell(counts: readonly number[], soon: (indices: ArrayLike<number>) => void): void {
    let [from, total] = [0, 0];
    for (const count of counts) total += count;
    const indices = this.order.peek(total);
    for (const [k, count] of counts.entries()) {
      if (this.told[k] !== count) {
        this.told.length = k;
        this.told.push(count);
        soon(indices.slice(from, from + count));
      }
      from += count;
    }
  }

  state(): State {
    if (this.order instanceof Shuffle) return this.order.state();
    throw fault({ wrong: 'the order of model.fit cannot be gone on with', mend: 'give a seed' });
  }

  async restore(state: State): Promise<void> {
    const saved = state as unknown as ShuffleState;
    if (saved.n !== this.length) {
      throw fault({ wrong: 'an order of other samples', got: counted(saved.n, 'sample'), expected: `${this.length}` });
    }
    this.order = Shuffle.from(saved);
    this.told = [];
  }
}
