import type * as tf from '@tensorflow/tfjs';
import type { Learner } from '../learner/learner.ts';
import { hasAverages } from '../optimizers/averaged.ts';
import { withAverages } from '../optimizers/with-averages.ts';
import type { Logs } from './callbacks.ts';
import { evaluate, evaluateBatches } from './evaluate.ts';
import { PlainLoss } from './plain-loss.ts';
import type { RunOptions } from './run-options.ts';
import type { Trainer } from './trainer.ts';
import { ValidationStream } from './validation-stream.ts';

interface Validated {
  readonly model: tf.LayersModel;
  readonly learner: Learner;
  readonly trainer: Trainer;
  /** Of the loss and the metrics. */
  readonly names: readonly string[];
  readonly options: RunOptions;
}

/** The validation of each epoch: before the end of its last batch is told, or after it. */
export class EpochValidation {
  private found: Logs | undefined;

  constructor(
    private readonly data: NonNullable<RunOptions['validation']>,
    private readonly of: Validated,
  ) {}

  /** Validates before the epoch ends. */
  async early(): Promise<void> {
    this.found = await this.validate();
  }

  /** What the validation of the epoch that ends has found; nothing where none is due. */
  async take(isDue: boolean): Promise<Logs> {
    const logs = isDue ? (this.found ?? (await this.validate())) : {};
    this.found = undefined;
    return logs;
  }

  private async validate(): Promise<Logs> {
    const { data } = this;
    const { model, learner, trainer, names, options } = this.of;
    const evaluated = (plain?: PlainLoss) =>
      data instanceof ValidationStream
        ? evaluateBatches(learner, data.batches(), plain)
        : evaluate(learner, data, options.validationBatchSize ?? options.batchSize, plain);
    const plain = trainer.hearsValidation ? new PlainLoss() : undefined;
    const averaged = hasAverages(model);
    const values = await withAverages(model, () => evaluated(averaged ? undefined : plain));
    // A method compares it with losses of training, which are those of the weights and not of their averages.
    if (plain && averaged) await evaluated(plain);
    if (plain) trainer.validated(plain.mean);
    return Object.fromEntries(values.map((value, k) => [`val_${names[k]}`, value]));
  }
}
