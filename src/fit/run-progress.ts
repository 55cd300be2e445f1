import type { Clock } from './clock.ts';
import type { RunOptions, UnreadOptions } from './run-options.ts';
import type { Place } from './saved-run.ts';

/** Steps whose samples are asked for before their turn, where somebody wants to know. */
const batchesAhead = 2;

/** How far a run has come: its place among the epochs, and the share of its budget that is used. */
export class RunProgress {
  epoch: number;
  /** Steps of the epoch that are done. */
  batch = 0;
  /** Whether the callbacks know that the epoch has begun. */
  begun = false;
  /** Whether it was said that the share stands still. */
  private said = false;

  /** Samples that a multiplied learning rate counts for beyond those trained on. */
  gained = (): number => 0;

  constructor(
    private readonly options: RunOptions | UnreadOptions,
    private readonly clock: Clock,
  ) {
    this.epoch = options.initialEpoch ?? 0;
  }

  /** Epochs end a run unless there is nothing but a time budget. */
  get epochs(): number {
    return this.options.epochs ?? (this.options.seconds === undefined ? 1 : Infinity);
  }

  /** Share of the budget used so far, 0 to 1. */
  get share(): number {
    const { seconds, epoch } = this.options;
    // Counted in steps, so that a share such as 0.4 is met at its step and not, for rounding, at the one after it.
    const { done: inEpoch, of: steps } = this.inEpoch ?? { done: 0, of: 1 };
    // Where the learning rate follows the gain, epochs pass as fast as it is larger.
    const gained = this.gained() / (epoch.samples() ?? Infinity);
    const done = this.epoch * steps + inEpoch + gained * steps;
    const byEpochs = this.epochs === Infinity ? 0 : done / (this.epochs * steps);
    return Math.min(1, Math.max(byEpochs, seconds === undefined ? 0 : this.clock.seconds / seconds));
  }

  /** The share, for who goes by it. Warns, once, where it stands still. */
  followed(): number {
    if (!this.said && this.options.seconds === undefined && this.inEpoch === undefined) {
      this.said = true;
      console.warn(
        'unequal: it is not known how long a pass over this stream is before the first one has ended, so that what goes by the share of the run that is done, such as a schedule, stands still in the first epoch; give batchesPerEpoch, or seconds',
      );
    }
    return this.share;
  }

  /** Steps of the epoch, or batches of its pass, that are done; `undefined` while it is not known of how many. */
  private get inEpoch(): { readonly done: number; readonly of: number } | undefined {
    const { steps, pass } = this.options.epoch;
    if (steps !== undefined) return { done: this.batch, of: steps };
    const { given = 0, of = 0 } = pass?.() ?? {};
    if (!(of > 0)) return undefined;
    // A pass is over when the stream says so, whatever was known of it. Before the epoch has begun it is still at its last one.
    return { done: this.begun ? Math.min(given, of * (1 - 1e-9)) : 0, of };
  }

  /** Whether the budget is used. @throws UnequalError if a clock that stands still would never say so. */
  get timeIsUp(): boolean {
    const { seconds } = this.options;
    if (seconds === undefined) return this.epochs !== Infinity && this.share >= 1;
    this.clock.requireProgress();
    return this.clock.seconds >= seconds;
  }

  /** Samples of the steps after this one, as far as they are known. To ask a stream would read it. */
  async nextSizes(): Promise<number[]> {
    const { epoch, length } = this.options;
    if (length === undefined) return [];
    const sizes: number[] = [];
    let [at, batch] = [this.epoch, this.batch];
    for (let k = 0; k < batchesAhead; k++) {
      if ((await epoch.size(++batch)) === 0) [at, batch] = [at + 1, 0];
      if (at >= this.epochs) break;
      sizes.push(await epoch.size(batch));
    }
    return sizes;
  }

  /** Goes on to the next epoch. */
  endEpoch(): void {
    this.epoch++;
    this.batch = 0;
    this.begun = false;
  }

  place(): Place {
    const { epoch, batch, begun } = this;
    return { epoch, batch, begun };
  }

  restore({ epoch, batch, begun }: Place): void {
    Object.assign(this, { epoch, batch, begun });
  }
}
