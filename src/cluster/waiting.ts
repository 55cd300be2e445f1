/** Of the time from one look to the next, at most so much is waiting, in milliseconds: a look takes seconds where the server is silent. */
const mostAtOnce = 5_000;

/**
 * How long something has been waited for. What passes while this process is stopped, or its machine sleeps, is no waiting: nothing could
 * have come.
 */
export class Waiting {
  private waited = 0;
  private last: number;

  /** @param limit milliseconds. */
  constructor(
    private readonly limit: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.last = now();
  }

  /** Whether it is enough. To be asked at every look. */
  isOver(): boolean {
    const now = this.now();
    // After a sleep there is always another look: a single stretch is never the whole.
    this.waited += Math.min(Math.max(0, now - this.last), mostAtOnce, this.limit / 4);
    this.last = now;
    return this.waited >= this.limit;
  }
}
