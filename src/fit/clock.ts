import { fault } from '../errors.ts';

/** Stretches in which no time may pass where time ends the run: clocks tick in milliseconds, and small steps take less. */
const patience = 1000;
/** Stretches in a row in which a clock may go back: one that is set right does so once. */
const backwards = 10;

/** A clock that tells numbers, or the machine's own. @throws UnequalError at the first call that gives no finite number. */
export function reliable(now: () => number = () => performance.now() / 1000): () => number {
  return () => {
    const seconds: unknown = now();
    if (typeof seconds === 'number' && Number.isFinite(seconds)) return seconds;
    throw fault({
      wrong: 'now tells no time',
      got: typeof seconds === 'string' ? `'${seconds}'` : seconds,
      expected: 'seconds since a fixed moment, a finite number',
    });
  };
}

/**
 * Seconds of training: runs only between `start` and `stop`, so that evaluation, callbacks and the turns of other
 * methods in a race do not count.
 */
export class Clock {
  /** Seconds since any fixed moment. */
  readonly now: () => number;
  private total = 0;
  private startedAt: number | undefined;
  /** Stretches since time last passed, and since it last did not go back. */
  private still = 0;
  private back = 0;

  constructor(now?: () => number) {
    this.now = reliable(now);
  }

  start(): void {
    this.startedAt = this.now();
  }

  stop(): void {
    if (this.startedAt !== undefined) {
      const passed = this.now() - this.startedAt;
      // A clock that is set back must not take training time away.
      this.total += Math.max(0, passed);
      this.still = passed > 0 ? 0 : this.still + 1;
      this.back = passed < 0 ? this.back + 1 : 0;
    }
    this.startedAt = undefined;
  }

  /** For whoever waits for time to pass. @throws UnequalError if it does not. */
  requireProgress(): void {
    const back = this.back >= backwards;
    if (!back && this.still < patience) return;
    throw fault({
      wrong: back ? 'the clock goes back' : 'the clock stands still',
      got: back ? `an earlier time ${backwards} times in a row` : `no time passed in ${patience} steps`,
      expected: 'a clock that runs, for a budget of seconds',
      mend: 'give epochs instead of seconds, or another now',
    });
  }

  get seconds(): number {
    return this.total + (this.startedAt === undefined ? 0 : Math.max(0, this.now() - this.startedAt));
  }

  set seconds(seconds: number) {
    this.total = seconds;
  }
}
