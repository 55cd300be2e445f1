import { Worker } from 'node:worker_threads';

/** Nanoseconds: a thread that does nothing is back after its pause in less, however busy the machine is. */
const most = 1_000_000_000n;

/** Says every 100 ms that the process runs, and adds up for how long it did not. */
const pulse = `
  const { workerData } = require('node:worker_threads');
  const beats = new BigInt64Array(workerData.shared);
  let last = process.hrtime.bigint();
  Atomics.store(beats, 0, last);
  setInterval(() => {
    const now = process.hrtime.bigint();
    if (now - last > workerData.most) Atomics.add(beats, 1, now - last);
    last = now;
    Atomics.store(beats, 0, last);
  }, 100);
`;

/**
 * Seconds in which this process ran. It may be stopped, with Ctrl-Z or by a container that is paused, in the middle of a step; that is
 * no training time. A thread beside the training tells it from a step that takes long: the thread stands still only with the process.
 */
export class AwakeClock {
  private readonly beats = new BigInt64Array(new SharedArrayBuffer(16));
  private readonly origin = process.hrtime.bigint();
  private readonly thread: Worker;
  private readonly teller: NodeJS.Timeout;
  private last = 0n;
  private told = 0;

  /** @param say is told once of every pause. */
  constructor(say: (words: string) => void) {
    const workerData = { shared: this.beats.buffer, most };
    this.thread = new Worker(pulse, { eval: true, workerData, execArgv: [] });
    this.thread.unref();
    // Without it, all time counts.
    this.thread.on('error', () => {});
    this.thread.on('exit', () => Atomics.store(this.beats, 0, 0n));
    this.teller = setInterval(() => this.tell(say), 500);
    this.teller.unref();
  }

  /** Seconds since the clock was made, without pauses. */
  readonly now = (): number => {
    const beat = Atomics.load(this.beats, 0);
    const paused = Atomics.load(this.beats, 1);
    const at = process.hrtime.bigint();
    const silent = beat === 0n ? 0n : at - beat;
    // The training may go on a moment before the thread has seen the pause.
    const awake = at - this.origin - paused - (silent > most ? silent : 0n);
    if (awake > this.last) this.last = awake;
    return Number(this.last) / 1e9;
  };

  /** Seconds of all pauses. */
  get paused(): number {
    return Number(Atomics.load(this.beats, 1)) / 1e9;
  }

  private tell(say: (words: string) => void): void {
    const { paused } = this;
    if (paused === this.told) return;
    say(`the process was paused for about ${Math.round(paused - this.told)} s, which is not counted`);
    this.told = paused;
  }

  async end(): Promise<void> {
    clearInterval(this.teller);
    await this.thread.terminate();
  }
}
