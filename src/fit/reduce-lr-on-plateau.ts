import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { requireRate, setLearningRate } from '../learner/optimizer.ts';
import type { State } from '../methods/method.ts';
import { type Checks, checkedOptions, integer, range, when } from '../options.ts';
import { logNumbers } from './log-numbers.ts';
import { type MonitorArgs, Monitored, monitorChecks } from './monitored.ts';
import { keepsItsRun } from './one-run.ts';

export interface ReduceLROnPlateauArgs extends MonitorArgs {
  /** The rate becomes this times itself. Default 0.1. */
  readonly factor?: number;
  /** Epochs without an improvement. Default 10. */
  readonly patience?: number;
  /** Epochs after a reduction that are not counted. Default 0. */
  readonly cooldown?: number;
  /** It becomes no smaller than this. Default 0. */
  readonly minLr?: number;
}

const checks: Checks<ReduceLROnPlateauArgs> = {
  ...monitorChecks,
  factor: when((value) => typeof value === 'number' && value > 0 && value < 1, 'a number in (0, 1)'),
  patience: integer(0),
  cooldown: integer(0),
  minLr: range(0),
};

/**
 * Lowers the learning rate when something has stopped improving, as in Keras. For `fit` and `model.fit`. Beside a schedule, whose
 * factors multiply the lowered rate from then on, `minLr` is for the rate that it lowers.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { validationSplit: 0.1, callbacks: new ReduceLROnPlateau({ factor: 0.5, patience: 2 }) });
 * ```
 */
export class ReduceLROnPlateau extends tf.Callback {
  private readonly monitored: Monitored;
  private readonly args: Required<Omit<ReduceLROnPlateauArgs, keyof MonitorArgs>>;
  private wait = 0;
  private cooling = 0;

  constructor(args: ReduceLROnPlateauArgs = {}) {
    super();
    keepsItsRun(this);
    const given = checkedOptions('ReduceLROnPlateau', args, checks);
    const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0, ...monitor } = given;
    this.args = { factor, patience, cooldown, minLr };
    this.monitored = new Monitored({ minDelta: 1e-4, ...monitor });
  }

  /** Each training begins anew, as in Keras; a run that is gone on with is restored after it. */
  override async onTrainBegin(): Promise<void> {
    this.wait = this.cooling = 0;
    this.monitored.restore(null);
  }

  override async onEpochEnd(_epoch: number, logs?: tf.Logs): Promise<void> {
    const { factor, patience, cooldown, minLr } = this.args;
    const cools = this.cooling > 0;
    if (cools) {
      this.cooling--;
      this.wait = 0;
    }
    if (this.monitored.improves(await logNumbers(logs))) {
      this.wait = 0;
      return;
    }
    if (cools && this.cooling > 0) return;
    this.wait++;
    if (this.wait < patience) return;
    const { optimizer } = (this as unknown as { model: tf.LayersModel }).model;
    const rate = requireRate(optimizer);
    if (rate > minLr) {
      setLearningRate(optimizer, Math.max(minLr, rate * factor));
      this.cooling = cooldown;
      this.wait = 0;
    }
  }

  state(): State {
    return { best: this.monitored.state(), wait: this.wait, cooling: this.cooling };
  }

  restore(state: State): void {
    const { best, wait, cooling } = (state ?? {}) as { [name: string]: State };
    if (typeof wait !== 'number' || typeof cooling !== 'number') {
      throw fault({ wrong: 'no state of ReduceLROnPlateau', got: state });
    }
    this.monitored.restore(best);
    Object.assign(this, { wait, cooling });
  }
}
