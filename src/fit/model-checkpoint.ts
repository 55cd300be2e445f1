import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { withAverages } from '../optimizers/with-averages.ts';
import { type Checks, checkedOptions, trueOrFalse } from '../options.ts';
import { logNumbers } from './log-numbers.ts';
import { type MonitorArgs, Monitored, monitorChecks } from './monitored.ts';
import { keepsItsRun } from './one-run.ts';
import { saveModel } from './stored.ts';

export interface ModelCheckpointArgs extends MonitorArgs {
  /** Whether only an epoch that is better than all before is saved. Default true. */
  readonly saveBestOnly?: boolean;
}

const checks: Checks<ModelCheckpointArgs> = { ...monitorChecks, saveBestOnly: trueOrFalse };

/**
 * Saves the model after each epoch that is the best so far, or after each: `new ModelCheckpoint('best')`. For `fit` and
 * `model.fit`; the place is one that `saveModel` takes, `{epoch}` in it is the epoch's number. Of an `averaged` optimizer the
 * averages are saved, which `fit` validates with.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { validationSplit: 0.1, callbacks: new ModelCheckpoint('best', { saveBestOnly: true }) });
 * ```
 */
export class ModelCheckpoint extends tf.Callback {
  private readonly monitored: Monitored;
  private readonly bestOnly: boolean;

  constructor(
    private readonly path: string,
    args: ModelCheckpointArgs = {},
  ) {
    super();
    keepsItsRun(this);
    if (typeof path !== 'string' || path === '') throw fault({ wrong: 'bad path', got: path, expected: 'a folder' });
    const { saveBestOnly = true, ...monitor } = checkedOptions('ModelCheckpoint', args, checks);
    this.bestOnly = saveBestOnly;
    this.monitored = new Monitored(monitor);
  }

  override async onEpochEnd(epoch: number, logs?: tf.Logs): Promise<void> {
    if (this.bestOnly && !this.monitored.improves(await logNumbers(logs))) return;
    const { model } = this as unknown as { model: tf.LayersModel };
    await withAverages(model, () => saveModel(model, this.path.replaceAll('{epoch}', String(epoch))));
  }

  state(): State {
    return this.monitored.state();
  }

  restore(state: State): void {
    this.monitored.restore(state);
  }
}
