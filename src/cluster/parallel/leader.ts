import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault, UnequalError } from '../../errors.ts';
import type { State } from '../../methods/method.ts';
import { Waiting } from '../waiting.ts';
import { Warnings } from '../warnings.ts';
import type { Part } from './average.ts';
import { LeadHold, Taken } from './lead-hold.ts';
import type { Changes } from './meddling.ts';
import { decodeContribution, encodeMessage } from './messages.ts';
import type { Rounds } from './rounds.ts';
import type { Traffic } from './traffic.ts';

/** Milliseconds from one look at who is there to the next. */
const lookEvery = 1_000;
/** The same while nobody else is: a step of a small net takes less. */
const aloneEvery = 100;

export interface LeaderOptions {
  /** Who leads, where this process has taken the lead already. */
  readonly owner?: string;
  /** Seconds that are waited for members that are to be there. */
  readonly patience: number;
  /** Seconds after which a silent member is dropped, to be told. */
  readonly dropAfter: number;
  readonly signal?: AbortSignal;
  /** How one of the members that were started here has ended, if one has. */
  readonly workerEnd?: () => string | undefined;
}

/** What a round is concluded with. */
export interface Conclusion {
  readonly values: Float32Array;
  readonly rate: number;
  readonly parameters: Float32Array | null;
  /** What has changed the model of whoever leads, where the values are its weights. */
  readonly changes: Changes | null;
  /** Whether the step is made again by all, from these weights. */
  readonly again: boolean;
}

/**
 * The side of whoever leads: gathers what the members give to a round, concludes it, lets in who asks, drops who has fallen
 * silent. Where the store fails it goes on alone, and begins in the store anew; the others then come in again.
 */
export class Leader {
  readonly id: string;
  nonce = randomBytes(8).toString('hex');
  round = 0;
  /** Who else is a member. */
  private others: readonly string[] = [];
  /** Who is let in with the next state. */
  private invited: readonly string[] = [];
  private waiting: readonly string[] = [];
  private alive: readonly string[] = [];
  private meta: Uint8Array = new Uint8Array();
  private lost = false;
  private busy: Promise<void> | undefined;
  private readonly hold: LeadHold;
  private readonly warnings = new Warnings();

  constructor(
    private readonly store: Rounds,
    private readonly options: LeaderOptions,
    private readonly traffic: Traffic,
  ) {
    this.id = options.owner ?? randomBytes(8).toString('hex');
    this.hold = new LeadHold(store, this.id);
  }

  get members(): readonly string[] {
    return [this.id, ...this.others];
  }

  /** @returns whether this process leads: the run may be another's by now. */
  lead(): Promise<boolean> {
    return this.hold.take();
  }

  /** @param count how many others are to be there before the first step. */
  async begin(meta: Uint8Array, count: number): Promise<void> {
    this.meta = meta;
    // Making the model ready may have taken long.
    await this.hold.require();
    await this.store.begin(this.nonce, meta);
    this.hold.keep();
    await this.waitFor(count);
    this.invite();
  }

  /** @throws UnequalError if so many do not come. */
  private async waitFor(count: number): Promise<void> {
    const { patience, signal, workerEnd } = this.options;
    const waiting = new Waiting(1_000 * patience);
    while (this.waiting.length < count) {
      await this.look();
      // Whoever is told to stop does so before the first step.
      if (this.waiting.length >= count || signal?.aborted) break;
      const gone = workerEnd?.();
      if (gone !== undefined) {
        throw fault({
          wrong: 'a worker has ended before it joined the run',
          got: gone,
          expected: `${count} that join`,
          mend: 'see what it has printed, or run its file alone: it has to train the same model on the same data',
        });
      }
      if (waiting.isOver()) {
        throw fault({
          wrong: 'too few processes have joined the run',
          got: `${this.waiting.length} in ${patience} s`,
          expected: `${count}`,
          mend: 'start them with the same run and server, or ask for fewer workers',
        });
      }
      await sleep(20);
    }
  }

  /** What the members have given to this round. Nobody's where this process is alone. */
  async gather(length: number): Promise<Part[]> {
    // Steps block the event loop, and nothing arrives without a turn of it.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.others.length === 0) {
      if (this.busy === undefined && this.hold.age > aloneEvery) {
        this.busy = this.look()
          .catch((error: Error) => this.goOnAlone(error))
          .finally(() => {
            this.busy = undefined;
          });
      }
      return [];
    }
    await this.busy;
    return this.attempt(() => this.parts(length), []);
  }

  private async parts(length: number): Promise<Part[]> {
    const { store, nonce, round, traffic } = this;
    const come = new Map<string, Part>();
    const missing = new Set(this.others);
    const refused: string[] = [];
    while (missing.size > 0) {
      const found = await store.gathered(nonce, round, [...come.keys(), ...refused], 4 * length + 4_096);
      if (found === undefined) throw lostRun();
      for (const [member, bytes] of found) {
        if (!missing.delete(member)) continue;
        try {
          if (bytes === undefined) throw fault({ wrong: 'bad message: too many bytes' });
          traffic.received += bytes.length;
          come.set(member, decodeContribution(bytes, { nonce, round, length }));
        } catch (error) {
          if (!(error instanceof UnequalError)) throw error;
          refused.push(member);
          this.warnings.warn('refused', `a worker was dropped for what it gave: ${error.message}`);
        }
      }
      if (missing.size === 0) break;
      if (this.hold.age < lookEvery) {
        await store.listen(0.5);
        continue;
      }
      await this.look();
      for (const member of missing) {
        if (this.alive.includes(member)) continue;
        missing.delete(member);
        this.warnings.warn(
          member,
          `a worker has left: it said so, or nothing for ${this.options.dropAfter} s or three of its longest steps`,
        );
      }
    }
    this.others = this.others.filter((member) => come.has(member));
    return this.others.map((member) => come.get(member)!);
  }

  /**
   * Ends the round: who asks to be let in is of the next one.
   * @param source where the order of the samples is, for members that have to know.
   * @param was how many members there were when the round began.
   */
  async conclude(conclusion: Conclusion, source: () => State, was: number): Promise<void> {
    const { values, rate, parameters, changes, again } = conclusion;
    const { nonce, round, traffic } = this;
    const present = this.others;
    // Members are let in before a step.
    if (!again) this.invite();
    const changed = this.members.length !== was || this.invited.length > 0;
    this.round++;
    // Who was dropped hears of it here.
    if (was === 1) return;
    const { members } = this;
    await this.attempt(async () => {
      const where = changed ? source() : null;
      const bytes = encodeMessage({ nonce, round, members, rate, values, changes, parameters, source: where });
      traffic.sent += bytes.length;
      if (!(await this.store.conclude(nonce, round, bytes, present))) throw lostRun();
      if (this.hold.age > lookEvery) await this.look();
    }, undefined);
  }

  private invite(): void {
    this.invited = this.waiting.filter((member) => !this.others.includes(member));
    this.waiting = [];
    this.others = [...this.others, ...this.invited];
  }

  /** Gives those that were let in the state to begin with, and what has changed since the program made the model. */
  async admit(state: () => Promise<State>, changes: () => Changes): Promise<void> {
    const { invited, nonce, round, members } = this;
    if (invited.length === 0) return;
    this.invited = [];
    const bytes = encodeMessage({ nonce, round, members, state: await state(), changes: changes() });
    this.traffic.sent += bytes.length;
    await this.attempt(async () => {
      if (!(await this.store.admit(nonce, round, invited, bytes))) throw lostRun();
    }, undefined);
  }

  /** Who is there. @throws Taken if another process leads. */
  private async look(): Promise<void> {
    const { store } = this;
    await this.hold.renew();
    if (this.lost) {
      const nonce = randomBytes(8).toString('hex');
      await store.begin(nonce, this.meta);
      this.nonce = nonce;
      this.lost = false;
    }
    const present = await store.present(this.nonce);
    if (present === undefined) throw lostRun();
    this.waiting = present.waiting.filter((member) => !this.others.includes(member));
    // One that asks again, though it is let in, has not heard of that: its state was lost on the way.
    this.alive = present.alive.filter((member) => !(this.others.includes(member) && present.waiting.includes(member)));
  }

  /** What fails in the store costs the other members, not the run. */
  private async attempt<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.goOnAlone(error as Error);
      return otherwise;
    }
  }

  private goOnAlone(error: Error): void {
    this.others = [];
    this.invited = [];
    this.waiting = [];
    this.lost = true;
    if (error instanceof Taken) this.warnings.warn('taken', `training goes on alone: ${error.message}`);
    else this.warnings.warn('store', `the store cannot be used, training goes on alone until it can: ${error.message}`);
  }

  /** @param last what the run has ended with. */
  async end(last: Uint8Array): Promise<void> {
    this.hold.stop();
    await Promise.race([this.busy, sleep(5_000, undefined, { ref: false })]);
    await this.store.end(this.nonce, last).catch(() => {});
    // Where it never began, there is nothing to end.
    await this.store.release(this.id).catch(() => {});
  }
}

const lostRun = () => fault({ wrong: 'the store has lost this run' });
