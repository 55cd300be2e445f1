import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault, UnequalError } from '../../errors.ts';
import { decode } from '../../fit/codec.ts';
import type { State } from '../../methods/method.ts';
import { printable } from '../../printable.ts';
import { Waiting } from '../waiting.ts';
import { decodeEntry, decodeOutcome, type Entry, encodeMessage, type Outcome } from './messages.ts';
import type { Rounds } from './rounds.ts';
import type { Traffic } from './traffic.ts';

export interface FollowerOptions {
  /** Seconds after which a silent member is dropped, or three of its longest steps. */
  readonly dropAfter: number;
  /** Seconds that are waited for a leader that has not begun, or has fallen silent. */
  readonly patience: number;
  readonly signal?: AbortSignal;
  /** Whether this process never leads. */
  readonly join?: boolean;
}

/** This process is no member any more. */
export class Out extends Error {}

/** The side of a member that follows: comes in, gives its part of each round, hears what came of it. */
export class Follower {
  readonly id = randomBytes(8).toString('hex');
  standing: 'in' | 'out' | 'ended' = 'out';
  round = 0;
  private nonce = '';
  private readonly heart: NodeJS.Timeout;
  private told = new Set<string>();
  /** When the last round was over, and the longest from one to the next, in milliseconds: nothing is said in a step. */
  private since = 0;
  private longest = 0;

  constructor(
    private readonly store: Rounds,
    private readonly options: FollowerOptions,
    private readonly traffic: Traffic,
  ) {
    this.heart = setInterval(() => {
      if (this.nonce !== '' && this.standing !== 'ended')
        store.greet(this.nonce, this.id, false, this.silence).catch(() => {});
    }, 200 * options.dropAfter);
    this.heart.unref();
  }

  /** Milliseconds that this member may be silent for. */
  private get silence(): number {
    return Math.max(1_000 * this.options.dropAfter, 3 * this.longest);
  }

  /** Comes in. @returns what it is let in with; nothing where the run has ended. */
  async enter(check: (meta: State) => void): Promise<Entry | undefined> {
    const { store, id } = this;
    const before = this.nonce;
    let checked = '';
    const entry = await this.patiently('no process leads the run', async () => {
      const run = await store.meta();
      if (run === undefined) return undefined;
      // It ended before this process was in: who may lead does so, who may not waits for another.
      if (run.ended && before === '' && !this.options.join) throw new Refused(new RunOver());
      if (run.ended && before === '') return undefined;
      if (run.nonce !== checked && run.nonce !== before) {
        const identity = decode(run.meta, 'the description of the run');
        try {
          check(identity);
        } catch (cause) {
          if (await this.isLedStill(run.nonce)) throw new Refused(cause as Error);
          this.tell(
            `${(cause as Error).message}; whoever led that run is gone, another is waited for: unequal cluster clean removes it`,
          );
          return undefined;
        }
        checked = run.nonce;
      }
      this.nonce = run.nonce;
      // One that was gone on with, after its leader was killed, may end before this process is in again.
      if (run.ended) return 'ended';
      if (!(await store.greet(run.nonce, id, true, this.silence))) return undefined;
      const bytes = await store.entry(run.nonce, id);
      if (bytes === undefined || bytes === 'gone') return undefined;
      this.traffic.received += bytes.length;
      return decodeEntry(bytes, run.nonce);
    }).catch((error) => {
      if (error instanceof Out) return 'aborted' as const;
      throw error;
    });
    if (entry === 'aborted') return undefined;
    if (entry === 'ended') {
      this.standing = 'ended';
      return undefined;
    }
    this.round = entry.round;
    this.standing = 'in';
    this.since = performance.now();
    return entry;
  }

  /** Whether a run is still that of whoever has described it: what a killed process has left may be another's in a moment. */
  private async isLedStill(nonce: string): Promise<boolean> {
    const isThere = await this.store.isDescriberThere();
    return isThere && (await this.store.meta())?.nonce === nonce;
  }

  /**
   * Gives this member's part and waits for the outcome.
   * @param parameters how many there are.
   * @throws Out if this process is no member any more; `standing` says whether the run has ended.
   */
  async exchange(samples: number, values: Float32Array, parameters: number): Promise<Outcome> {
    const { store, nonce, round, id, traffic } = this;
    if (this.since > 0) this.longest = Math.max(this.longest, performance.now() - this.since);
    const bytes = encodeMessage({ nonce, round, samples, values });
    let given = false;
    const outcome = await this.patiently('whoever leads the run is silent', async () => {
      if (!given) {
        traffic.sent += bytes.length;
        // What did not arrive in time may have been of the round before, or the run is another's by now.
        if (!(await store.give(nonce, round, id, bytes, this.silence)))
          return (await store.outcome(nonce, round, id)) ?? 'gone';
        given = true;
      }
      return store.outcome(nonce, round, id);
    });
    if (outcome === 'gone' || outcome === 'ended') throw this.out(outcome === 'ended');
    traffic.received += outcome.length;
    let found: Outcome;
    try {
      found = decodeOutcome(outcome, { nonce, round, length: values.length }, parameters);
    } catch (error) {
      // Nothing was done with it; the state to go on with comes from whoever leads.
      this.tell((error as Error).message);
      throw this.out(false);
    }
    if (!found.members.includes(id)) throw this.out(false);
    this.round++;
    this.since = performance.now();
    return found;
  }

  private out(ended: boolean): Out {
    this.standing = ended ? 'ended' : 'out';
    return new Out(ended ? 'the run has ended' : 'this process is no member of the run');
  }

  /** What the run has ended with. */
  last(): Promise<Uint8Array | undefined> {
    return this.store.last(this.nonce);
  }

  /** Again and again until there is something; what goes wrong in the store may pass. */
  private async patiently<T>(wrong: string, look: () => Promise<T | undefined>): Promise<T> {
    const { patience, signal } = this.options;
    const waiting = new Waiting(1_000 * patience);
    let trouble: string | undefined;
    for (;;) {
      try {
        const found = await look();
        if (found !== undefined) return found;
        trouble = undefined;
        await sleep(5);
      } catch (error) {
        if (error instanceof Refused) throw error.cause;
        trouble = (error as Error).message;
        this.tell(`${trouble}; tried again, for ${patience} s at most`);
        await sleep(200);
      }
      if (signal?.aborted) throw this.out(true);
      if (waiting.isOver()) {
        const mend = 'start the one that leads, or resume it from its checkpoint';
        throw fault({ wrong, got: trouble ?? `nothing in ${patience} s`, mend });
      }
    }
  }

  /** The same trouble once. */
  private tell(trouble: string): void {
    if (this.told.has(trouble) || this.told.size >= 100) return;
    this.told.add(trouble);
    console.warn(`unequal: ${printable(trouble)}`);
  }

  /** Nobody waits for who says that it goes. */
  async close(): Promise<void> {
    clearInterval(this.heart);
    if (this.nonce !== '') await this.store.leave(this.nonce, this.id).catch(() => {});
  }
}

/** The run has ended before this process was in. */
export class RunOver extends UnequalError {
  constructor() {
    super('the run has ended before this process was in');
  }
}

/** This process trains something else, or nothing. */
class Refused extends Error {
  constructor(cause: Error) {
    super('refused', {
      cause:
        cause instanceof UnequalError
          ? cause
          : fault({ wrong: 'this process cannot join the run', got: cause.message, cause }),
    });
  }
}
