import { fault } from '../errors.ts';
import { concatBatches, joinable, type ModelBatch, selectRows } from '../learner/batch.ts';
import type { Pool, Source, State } from '../methods/method.ts';
import type { Random } from '../sampling/random.ts';
import { Shuffle, type ShuffleState } from '../sampling/shuffle.ts';
import type { Provider } from './provider.ts';
import { checkCount } from './same-shape.ts';

/** A source whose place in the data can be saved. */
export interface PlacedSource extends Source {
  state(): State;
  restore(state: State): Promise<void>;
}

/** Samples in a new random order every epoch, or in theirs. */
export class ShuffledSource implements PlacedSource {
  readonly length: number;
  private order: Shuffle;
  /** Sizes of the pools that have been told of and not been asked for. */
  private told: number[] = [];
  /** Absent where nobody wants to know: nothing is drawn ahead for nobody. */
  readonly soon?: Source['soon'];
  readonly soonAt?: Source['soonAt'];

  constructor(
    private readonly provider: Provider,
    random: Random | null,
  ) {
    this.length = provider.length;
    this.order = new Shuffle(provider.length, random);
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
    return this.order.state();
  }

  async restore(state: State): Promise<void> {
    const saved = state as unknown as ShuffleState;
    if (saved.n !== this.length) {
      throw fault({ wrong: 'an order of other samples', got: `${saved.n} samples`, expected: `${this.length}` });
    }
    this.order = Shuffle.from(saved);
    this.told = [];
  }
}

/**
 * Samples as they come, in the stream's own batches; what is left of one opens the next pool. A pool ends before a batch of
 * another shape: sequences of other lengths cannot be held together.
 */
export class StreamSource implements PlacedSource {
  readonly length = undefined;
  /** What has been read and not been given. Of each batch but the last read nothing stays here. */
  private buffer: ModelBatch[] = [];
  /** Samples of the batch read last. */
  private lastSize = 0;
  private ended = false;
  private given = 0;
  private batches = 0;
  /** Samples read in this pass, and in a whole one. */
  private read = 0;
  private passed: number | undefined;
  private iterator: AsyncIterator<ModelBatch> | undefined;

  /** @param open starts the stream from its beginning. */
  constructor(private readonly open: () => Promise<AsyncIterator<ModelBatch>>) {}

  /** Starts the next pass over the stream. */
  async rewind(): Promise<void> {
    this.iterator = await this.open();
    this.batches = 0;
    this.read = 0;
    this.buffer = [];
    this.ended = false;
  }

  /** Whether this pass is known to have come to its end. */
  get isOver(): boolean {
    return this.ended && this.buffer.length === 0;
  }

  /** Samples of a whole pass, once there has been one. */
  get passLength(): number | undefined {
    return this.passed;
  }

  /** The batch that is waiting, once one has been read: of the stream's own size. */
  get waiting(): ModelBatch {
    return this.buffer[0];
  }

  /** Size of the batch that the next sample is of; 0 where nothing is left of this pass. */
  async nextSize(): Promise<number> {
    return (await this.exhausted()) ? 0 : this.lastSize;
  }

  /** Whether nothing is left of this pass. */
  async exhausted(): Promise<boolean> {
    return !(await this.fill(1));
  }

  async next(count: number): Promise<Pool> {
    await this.fill(count);
    if (this.buffer.length === 0) {
      throw fault({ wrong: 'the stream has no more samples', expected: 'as many as were asked for' });
    }
    const other = this.changes ? this.buffer.splice(-1) : [];
    const all = concatBatches(this.buffer);
    const taken = Math.min(count, all.size);
    const rows = (from: number, to: number) =>
      selectRows(
        all,
        Int32Array.from({ length: to - from }, (_, i) => from + i),
      );
    this.buffer = taken < all.size ? [rows(taken, all.size)] : other;
    const first = this.given;
    this.given += taken;
    return {
      batch: taken < all.size ? rows(0, taken) : all,
      indices: Int32Array.from({ length: taken }, (_, i) => first + i),
    };
  }

  at(): never {
    throw fault({
      wrong: 'this method looks samples up by index',
      got: 'a stream, whose samples have none',
      expected: 'samples of a known length',
      mend: 'use fit(model, samples), or a method that picks from the presample such as importance()',
    });
  }

  state(): State {
    return { batches: this.batches, buffered: this.buffered(), given: this.given, passed: this.passed };
  }

  /** Reads the stream again up to where it was: a stream has no other way back. */
  async restore(state: State): Promise<void> {
    const { batches, buffered, given, passed } = state as unknown as StreamState;
    for (const count of [batches, buffered, given, passed ?? 0]) checkCount(count, 'place in the stream');
    // Every batch that was read has at least a sample, which was given or waits.
    checkCount(batches, 'place in the stream', given + buffered);
    await this.rewind();
    while (this.batches < batches) {
      if (!(await this.readBatch())) {
        throw fault({
          wrong: 'the stream is shorter than when the checkpoint was written',
          got: `${this.batches} batches`,
          expected: `${batches}`,
        });
      }
      while (this.buffered() - this.buffer[0].size >= buffered && this.buffer.length > 1) this.buffer.shift();
    }
    if (buffered > this.buffered()) throw fault({ wrong: 'a wrong place in the stream', got: `${buffered} samples` });
    if (buffered > 0) {
      const all = concatBatches(this.buffer);
      this.buffer = [
        selectRows(
          all,
          Int32Array.from({ length: buffered }, (_, i) => all.size - buffered + i),
        ),
      ];
    } else this.buffer = [];
    this.given = given;
    this.passed = passed;
  }

  private buffered(): number {
    return this.buffer.reduce((sum, batch) => sum + batch.size, 0);
  }

  /** Whether the batch read last cannot be joined to those before it. */
  private get changes(): boolean {
    return this.buffer.length > 1 && !joinable(this.buffer[0], this.buffer[this.buffer.length - 1]);
  }

  /** Reads until `count` samples are there, or a batch of another shape, or the stream ends; whether any are. */
  private async fill(count: number): Promise<boolean> {
    while (this.buffered() < count && !this.changes && (await this.readBatch())) {}
    return this.buffer.length > 0;
  }

  private async readBatch(): Promise<boolean> {
    if (this.iterator === undefined) await this.rewind();
    const { value, done } = await this.iterator!.next();
    if (done) {
      this.ended = true;
      this.passed ??= this.read;
      return false;
    }
    this.batches++;
    this.read += value.size;
    this.lastSize = value.size;
    this.buffer.push(value);
    return true;
  }
}

interface StreamState {
  readonly batches: number;
  readonly buffered: number;
  readonly given: number;
  readonly passed: number | undefined;
}
