import { fault } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { type Checks, choice, range, text } from '../options.ts';

export interface MonitorArgs {
  /** What is looked at after each epoch, by its name in the logs. Default `val_loss`. */
  readonly monitor?: string;
  /** Whether less or more is better. Default: more of what is called an accuracy, less of all else. */
  readonly mode?: 'auto' | 'min' | 'max';
  /** What is better by less than this is not better. Default 0. */
  readonly minDelta?: number;
}

export const monitorChecks: Checks<MonitorArgs> = {
  monitor: text,
  mode: choice('auto', 'min', 'max'),
  minDelta: range(0),
};

/** The best value of something so far. */
export class Monitored {
  readonly name: string;
  private readonly sign: 1 | -1;
  private readonly minDelta: number;
  best: number | undefined;

  constructor({ monitor = 'val_loss', mode = 'auto', minDelta = 0 }: MonitorArgs) {
    this.name = monitor;
    this.minDelta = minDelta;
    this.sign = mode === 'max' || (mode === 'auto' && /acc/.test(monitor)) ? 1 : -1;
  }

  /**
   * Whether it is better than it was before.
   * @throws UnequalError if the logs do not have it.
   */
  improves(logs: Readonly<Record<string, unknown>> = {}): boolean {
    const value = logs[this.name];
    if (typeof value !== 'number') {
      throw fault({
        wrong: `nothing to monitor named ${this.name}`,
        got: Object.keys(logs).join(', '),
        expected: 'a name in the logs',
        mend: this.name.startsWith('val_') ? 'give validationData or validationSplit' : undefined,
      });
    }
    if (this.best !== undefined && !(this.sign * (value - this.best) > this.minDelta)) return false;
    if (Number.isNaN(value)) return false;
    this.best = value;
    return true;
  }

  state(): State {
    return this.best ?? null;
  }

  /** @throws UnequalError for what is no state. */
  restore(state: State): void {
    if (state !== null && typeof state !== 'number') throw fault({ wrong: 'no state of a monitor', got: state });
    this.best = state ?? undefined;
  }
}
