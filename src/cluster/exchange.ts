import { randomBytes } from 'node:crypto';
import { fault, UnequalError } from '../errors.ts';
import { type Chunk, chunkBytes, decodeChunk } from './chunk.ts';
import { DueRanges } from './due-ranges.ts';
import type { Ranges } from './ranges.ts';
import type { Store } from './store.ts';
import { Waiting } from './waiting.ts';
import { Warnings } from './warnings.ts';

/** Milliseconds from one look at the store to the next. */
const pause = 25;
/** Milliseconds that are waited for a master of the same name to fall silent. */
const patience = 12_000;
/** Milliseconds after which a master says anew that it trains: a callback or a validation may take long. */
const beat = 1_000;
/** The masters that go on with a run are called so: one of these takes a run over. */
const resumes = 'resumed-';
/** Ranges that are fetched at once. */
const most = 256;
/** Share of the time that taking the parameters from the model and packing them may have. */
const publishingShare = 0.02;

export interface ExchangeOptions {
  readonly ranges: Ranges;
  /** Steps from one publication to the next, at least. */
  readonly publishEvery: number;
  /** Whether this run goes on with one whose master has ended without a word. */
  readonly takeOver: boolean;
  /** The description of the run. */
  readonly meta: Uint8Array;
}

/**
 * The master's side of the store: publishes parameters, keeps the queue of work full, brings scores. All talk with the store
 * is between the steps and beside them: a store that is slow, stalls or dies costs fresh scores, not steps.
 */
export class Exchange {
  /** Names this session of the run: scores for another one are never taken. */
  readonly nonce = randomBytes(8).toString('hex');
  private readonly owner: string;
  private heart: NodeJS.Timeout | undefined;
  private readonly due: DueRanges;
  private inbox: Chunk[] = [];
  private published = -1;
  private busy: Promise<void> | undefined;
  private lookedAt = -Infinity;
  private publishAt = -Infinity;
  private fatal: UnequalError | undefined;
  private readonly warnings = new Warnings();
  /** Messages that were not what they should be. */
  refused = 0;

  constructor(
    private readonly store: Store,
    private readonly options: ExchangeOptions,
  ) {
    this.owner = `${options.takeOver ? resumes : ''}${randomBytes(8).toString('hex')}`;
    this.due = new DueRanges(options.ranges.count);
  }

  /** A store that cannot be used yet costs scores, not training. @throws UnequalError if another master trains this run. */
  async open(): Promise<void> {
    const { store } = this;
    try {
      await this.take();
      await this.begin();
    } catch (error) {
      if (error instanceof UnequalError) throw error;
      this.warnOfStore(error as Error);
    }
    this.heart = setInterval(() => store.hold(this.owner).catch(() => {}), beat);
    this.heart.unref();
  }

  /** Makes the run this master's, once nobody else has it. */
  private async take(): Promise<void> {
    const { store, owner } = this;
    const { takeOver } = this.options;
    // One that is there lives, though it may not have said so for a while.
    const isFree = async () => takeOver || !(await store.isStaying());
    const waiting = new Waiting(patience);
    while (!((await isFree()) && (await store.hold(owner, takeOver)) === owner)) {
      if (waiting.isOver()) {
        throw fault({
          wrong: 'a run of this name is being trained',
          mend: 'give this run another name, or end that one',
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  private async begin(): Promise<void> {
    await this.store.stay();
    await this.store.begin(this.nonce, this.options.meta);
  }

  /** The latest parameters that workers may have. */
  get version(): number {
    return this.published;
  }

  /**
   * Called between two steps: gives the event loop a turn, starts what is due, returns what has come.
   *
   * @param pack the parameters of this step, as they are published.
   * @throws UnequalError if another master has taken the run over.
   */
  async meet(step: number, pack: () => Promise<Uint8Array>): Promise<readonly Chunk[]> {
    // Steps block the event loop, and nothing arrives without a turn of it.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.fatal) throw this.fatal;
    const now = performance.now();
    if (this.busy === undefined) {
      const isDue = this.published < 0 || step - this.published >= this.options.publishEvery;
      if (isDue && now >= this.publishAt) {
        const bytes = await pack();
        const spent = performance.now() - now;
        this.publishAt = now + spent / publishingShare;
        this.start(() => this.publish(step, bytes));
      } else if (now - this.lookedAt >= pause) {
        this.lookedAt = now;
        this.start(() => this.look());
      }
    }
    const come = this.inbox;
    this.inbox = [];
    return come;
  }

  /** Lets what is on its way arrive; for tests. */
  async settle(): Promise<void> {
    await this.busy;
  }

  private start(work: () => Promise<void>): void {
    this.busy = work()
      .catch((error: Error) => this.warnOfStore(error))
      .finally(() => {
        this.busy = undefined;
      });
  }

  private async publish(version: number, bytes: Uint8Array): Promise<void> {
    // Where the run is another's by now, the next look says so.
    if (!(await this.store.publish(this.nonce, version, bytes))) return;
    this.published = version;
    await this.offer();
  }

  private async look(): Promise<void> {
    const { store, owner, nonce, due } = this;
    const { ranges } = this.options;
    const holder = await store.hold(owner);
    // Whoever trains is not ended by somebody who came later, but by one that goes on with the run.
    if (holder !== owner && !holder.startsWith(resumes)) {
      this.warnings.warn(
        'taken',
        'another process has this run by now, training goes on without workers: end one of the two',
      );
      return;
    }
    if (holder !== owner) {
      this.fatal = fault({ wrong: 'another process has taken this run over', mend: 'end one of the two' });
      return;
    }
    const taken = await store.take(most, { ranges: ranges.count, bytes: chunkBytes(ranges.size) });
    if (taken.nonce !== nonce) {
      this.warnings.warn('lost', 'the store has lost this run, which begins in it anew; known scores are kept');
      await this.begin();
      due.emptied();
      this.published = -1;
      this.publishAt = -Infinity;
      return;
    }
    for (const words of taken.refused) this.refuse(words);
    for (const [range, bytes] of taken.chunks) {
      due.taken(range);
      try {
        const chunk = decodeChunk(bytes, { nonce, range, count: ranges.sizeOf(range), latest: this.published });
        due.wasScored(range, chunk.version);
        this.inbox.push(chunk);
      } catch (error) {
        if (!(error instanceof UnequalError)) throw error;
        this.refuse(error.message);
      }
    }
    if (taken.queued === 0) due.emptied();
    await this.offer();
  }

  /** Queues what was scored by older parameters than those published. */
  private async offer(): Promise<void> {
    if (this.published < 0) return;
    const ranges = this.due.before(this.published);
    if (ranges.length === 0) return;
    await this.store.offer(ranges);
    this.due.queue(ranges);
  }

  private refuse(words: string): void {
    this.refused++;
    this.warnings.warn('refused', `a message in the store was refused: ${words}`);
  }

  private warnOfStore(error: Error): void {
    this.warnings.warn('store', `the store cannot be used, training goes on without: ${error.message}`);
  }

  async close(): Promise<void> {
    clearInterval(this.heart);
    await Promise.race([this.busy, new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
    if (!this.fatal) await this.store.end(this.nonce).catch(() => {});
    await this.store.close();
  }
}
