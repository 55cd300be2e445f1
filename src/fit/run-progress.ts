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
    const { steps = 1 } = epoch;
    const inEpoch = epoch.steps === undefined ? 0 : this.batch;
    // Where the learning rate follows the gain, epochs pass as fast as it is larger.
    const gained = this.gained() / (epoch.samples() ?? Infinity);
    const done = this.epoch * steps + inEpoch + gained * steps;
    const byEpochs = this.epochs === Infinity ? 0 : done / (this.epochs * steps);
    return Math.min(1, Math.max(byEpochs, seconds === undefined ? 0 : this.clock.seconds / seconds));
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
