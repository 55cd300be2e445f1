import { fault } from '../errors.ts';
import { concatBatches, copied, joinable, type ModelBatch, selectRows } from '../learner/batch.ts';
import type { Pool, State } from '../methods/method.ts';
import { counted } from '../plural.ts';
import { checksums } from './checksums.ts';
import { checkCount } from './same-shape.ts';
import type { PlacedSource } from './source.ts';

/**
 * Samples as they come, in the stream's own batches; what is left of one opens the next pool. A pool ends before a batch of
 * another shape: sequences of other lengths cannot be held together. A stream may fill the same memory with every batch, so that
 * one that is not trained on at once is copied.
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
  /** Batches of a whole pass. */
  private passedBatches: number | undefined;
  private iterator: AsyncIterator<ModelBatch> | undefined;
  /** How often the stream was opened: a seeded shuffle has another order each time. */
  private opened = 0;
  /** The most that was asked for at once, in batches. */
  private most = 1;
  private last: ModelBatch | undefined;
  /** Of the batch read last, once they are asked for. */
  private sums: readonly number[] | undefined;

  /** @param open starts the stream from its beginning. */
  constructor(private readonly open: () => Promise<AsyncIterator<ModelBatch>>) {}

  /** Starts the next pass over the stream. */
  async rewind(): Promise<void> {
    this.iterator = await this.open();
    this.opened++;
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

  /** Batches of a whole pass, once there has been one. */
  get passBatches(): number | undefined {
    return this.passedBatches;
  }

  /** Batches of this pass that were given; of the last one perhaps a part. */
  get givenBatches(): number {
    return this.batches === 0 ? 0 : this.batches - this.buffered() / this.lastSize;
  }

  /** How many batches were asked for at once, at most: above 1 where a method takes a presample. */
  get batchesAtOnce(): number {
    return this.most;
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
    if (this.lastSize > 0) this.most = Math.max(this.most, count / this.lastSize);
    await this.fill(count);
    if (this.buffer.length === 0) {
      throw fault({ wrong: 'the stream has no more samples', expected: 'as many as were asked for' });
    }
    const other = this.changes ? this.buffer.splice(-1).map(copied) : [];
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
      ...(taken < count && other.length > 0 && { cut: true }),
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
    this.sums ??= this.last && checksums(this.last);
    const { batches, given, passed, passedBatches, opened, most, sums } = this;
    return { batches, buffered: this.buffered(), given, passed, passedBatches, opened, most, sums };
  }

  /**
   * Reads the stream again up to where it was: a stream has no other way back. It is opened as often as it was by then. Warns if
   * it gives something else now, in the middle of a pass.
   */
  async restore(state: State): Promise<void> {
    const { batches, buffered, given, passed, passedBatches, opened, most, sums } = state as unknown as StreamState;
    for (const count of [batches, buffered, given, passed ?? 0, passedBatches ?? 0])
      checkCount(count, 'place in the stream');
    checkCount(opened, 'number of passes over the stream', mostPasses);
    // Every batch that was read has at least a sample, which was given or waits.
    checkCount(batches, 'place in the stream', given + buffered);
    if (this.opened > opened || this.batches > batches) await this.rewind();
    while (this.opened < opened) await this.rewind();
    while (this.batches < batches) {
      if (!(await this.readBatch())) {
        throw fault({
          wrong: 'the stream is shorter than when the checkpoint was written',
          got: counted(this.batches, 'batch', 'batches'),
          expected: `${batches}`,
        });
      }
      while (this.buffered() - this.buffer[0].size >= buffered && this.buffer.length > 1) this.buffer.shift();
    }
    const isOver = passed !== undefined && this.read >= passed;
    if (batches > 0 && !isOver && `${checksums(this.last!)}` !== `${sums}`) {
      console.warn(
        'unequal: the stream does not give the samples it gave before, so that some may be trained on twice in this epoch, and others not; shuffle it with a seed to resume within an epoch',
      );
    }
    if (buffered > this.buffered())
      throw fault({ wrong: 'a wrong place in the stream', got: counted(buffered, 'sample') });
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
    this.passedBatches = passedBatches;
    this.most = most;
    this.sums = sums;
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
    const waiting = this.buffer.pop();
    if (waiting) this.buffer.push(copied(waiting));
    const { value, done } = await this.iterator!.next();
    if (done) {
      this.ended = true;
      this.passed ??= this.read;
      this.passedBatches ??= this.batches;
      return false;
    }
    this.batches++;
    this.read += value.size;
    this.lastSize = value.size;
    this.buffer.push(value);
    this.last = value;
    this.sums = undefined;
    return true;
  }
}

interface StreamState {
  readonly batches: number;
  readonly buffered: number;
  readonly given: number;
  readonly passed: number | undefined;
  readonly passedBatches: number | undefined;
  readonly opened: number;
  readonly most: number;
  readonly sums: readonly number[] | undefined;
}

/** Passes over a stream that a resumed run begins anew; more are nobody's. */
export const mostPasses = 1_000_000;
