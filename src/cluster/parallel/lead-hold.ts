import { UnequalError } from '../../errors.ts';
import { holdTime, longHold } from '../run-hold.ts';
import type { Rounds } from './rounds.ts';

/** Milliseconds from one time that it is said who leads to the next. */
const beat = 1_000;

/** Another process leads. Whoever trains is not ended by somebody who came later. */
export class Taken extends UnequalError {}

/** That this process leads a run, as the store has it: it is said again and again, also while the process validates. */
export class LeadHold {
  private heart: NodeJS.Timeout | undefined;
  private renewedAt = -Infinity;
  /** The longest time between two renewals, in milliseconds: a step may take long and nothing is said in it. */
  private longest = 0;
  /** Whether others see that this process lives while it says nothing. */
  private isSeen = false;

  constructor(
    private readonly store: Rounds,
    private readonly owner: string,
  ) {}

  /** @returns whether this process leads: the run may be another's by now. */
  async take(): Promise<boolean> {
    if (!(await this.say())) return false;
    this.isSeen = await this.store.stay();
    return true;
  }

  /** Says from now on that this process leads, until it is stopped. */
  keep(): void {
    this.heart = setInterval(() => this.say().catch(() => {}), beat);
    this.heart.unref();
  }

  /** @throws Taken if another process leads. */
  async require(): Promise<void> {
    if (!(await this.say())) throw new Taken('another process leads this run by now: end one of the two');
  }

  /** Milliseconds since it was renewed. */
  get age(): number {
    return performance.now() - this.renewedAt;
  }

  /** @throws Taken if another process leads. */
  async renew(): Promise<void> {
    if (this.renewedAt > 0) this.longest = Math.max(this.longest, this.age);
    this.renewedAt = performance.now();
    await this.require();
  }

  stop(): void {
    clearInterval(this.heart);
  }

  private async say(): Promise<boolean> {
    const time = this.isSeen ? holdTime : Math.max(longHold, 3 * this.longest);
    return (await this.store.hold(this.owner, time)) === this.owner;
  }
}
