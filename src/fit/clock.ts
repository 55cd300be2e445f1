/**
 * Seconds of training: runs only between `start` and `stop`, so that evaluation, callbacks and the turns of other
 * methods in a race do not count.
 */
export class Clock {
  private total = 0;
  private startedAt: number | undefined;

  /** @param now seconds since any fixed moment. */
  constructor(readonly now: () => number = () => performance.now() / 1000) {}

  start(): void {
    this.startedAt = this.now();
  }

  stop(): void {
    this.total = this.seconds;
    this.startedAt = undefined;
  }

  get seconds(): number {
    // A clock that is set back must not take training time away.
    return this.total + (this.startedAt === undefined ? 0 : Math.max(0, this.now() - this.startedAt));
  }

  set seconds(seconds: number) {
    this.total = seconds;
  }
}
