import { randomBytes } from 'node:crypto';
import { holdTime, longHold } from '../run-hold.ts';
import { isLed } from './is-led.ts';
import { RedisRounds } from './redis-rounds.ts';

/** Milliseconds from one time that it is said who leads to the next. */
const beat = 1_000;

/**
 * The lead of a run, taken before there is anything to train: whoever has it may make its folder and load its data, and everybody else
 * knows that it follows.
 */
export class Lead {
  private heart: NodeJS.Timeout | undefined;

  private constructor(
    /** Who leads. */
    readonly owner: string,
    private readonly store: RedisRounds,
  ) {}

  /** @returns nothing where another process leads the run. */
  static async take(url: string, run: string): Promise<Lead | undefined> {
    const store = await RedisRounds.open(url, run);
    const owner = randomBytes(8).toString('hex');
    try {
      if (!(await isLed(store)) && (await store.hold(owner)) === owner) {
        const lead = new Lead(owner, store);
        const time = (await store.stay()) ? holdTime : longHold;
        await store.hold(owner, time);
        lead.heart = setInterval(() => store.hold(owner, time).catch(() => {}), beat);
        lead.heart.unref();
        return lead;
      }
    } catch (error) {
      await store.close();
      throw error;
    }
    await store.close();
    return undefined;
  }

  /** For whoever trains, and says from now on that it leads. */
  handOver(): RedisRounds {
    this.stop();
    return this.store;
  }

  /** Gives it back where nothing was trained. */
  async release(): Promise<void> {
    if (this.heart === undefined) return;
    this.stop();
    await this.store.release(this.owner).catch(() => {});
    await this.store.close();
  }

  private stop(): void {
    clearInterval(this.heart);
    this.heart = undefined;
  }
}
