import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { allVariables, type CompiledModel } from '../learner/model.ts';
import type { State } from '../methods/method.ts';
import { averageFrom } from '../optimizers/averaged.ts';
import { withAverages } from '../optimizers/with-averages.ts';
import { type Checks, checkedOptions, choice, range, text, trueOrFalse, when } from '../options.ts';
import { checkArray } from './learner-state.ts';
import { keepsItsRun } from './one-run.ts';

/** The arguments of `tf.callbacks.earlyStopping`, where `restoreBestWeights` may be true. */
export type EarlyStoppingArgs = NonNullable<Parameters<typeof tf.callbacks.earlyStopping>[0]>;

const checks: Checks<EarlyStoppingArgs> = {
  monitor: text,
  minDelta: range(0),
  patience: range(0),
  verbose: when((value) => typeof value === 'boolean' || typeof value === 'number', 'a number'),
  mode: choice('auto', 'min', 'max'),
  baseline: when((value) => Number.isFinite(value), 'a number'),
  restoreBestWeights: trueOrFalse,
};

/**
 * TensorFlow.js' own early stopping, with `restoreBestWeights`. For `fit` and for `model.fit`.
 *
 * With `restoreBestWeights` the model has the weights of its best epoch when training ends, whether it was stopped early
 * or came to its last epoch, as in Keras 3 (Keras 2 does so only after stopping early). The best epoch is that with the
 * best monitored value, improvements of less than `minDelta` aside, whatever the `baseline`. The weights are put back in
 * `onTrainEnd`; the optimizer's own state stays as it is. Of an `averaged` optimizer they are the averages, which `fit` validates
 * with. The best weights are kept on the host, once.
 *
 * @example
 * ```ts
 * await model.fit(x, y, { callbacks: new EarlyStopping({ patience: 3, restoreBestWeights: true }) });
 * ```
 */
export class EarlyStopping extends tf.EarlyStopping {
  private readonly restores: boolean;
  /** The best value there has been, and where. */
  private record: BestEpoch | undefined;

  constructor(args: EarlyStoppingArgs = {}) {
    const given = checkedOptions('EarlyStopping', args, checks);
    super({ ...given, restoreBestWeights: false });
    keepsItsRun(this);
    this.restores = given.restoreBestWeights === true;
  }

  /** The epoch whose weights are kept; `undefined` without `restoreBestWeights` or a monitored value. */
  get bestEpoch(): number | undefined {
    return this.record?.epoch;
  }

  override async onTrainBegin(logs?: tf.Logs): Promise<void> {
    await super.onTrainBegin(logs);
    this.record = undefined;
  }

  override async onEpochEnd(epoch: number, logs?: tf.Logs): Promise<void> {
    // Tensors among the logs are numbers afterwards.
    await super.onEpochEnd(epoch, logs);
    const value = logs?.[this.monitor];
    if (!this.restores || typeof value !== 'number' || !this.isBest(value)) return;
    const weights = await withAverages(this.model, () => Promise.all(this.variables().map(toHost)));
    this.record = { epoch, value, weights };
  }

  override async onTrainEnd(logs?: tf.Logs): Promise<void> {
    await super.onTrainEnd(logs);
    if (this.record === undefined) return;
    if (this.verbose) console.log(`Restoring the weights of the best epoch, ${this.record.epoch}.`);
    const { weights } = this.record;
    tf.tidy(() => {
      for (const [k, variable] of this.variables().entries()) variable.assign(toTensor(weights[k]));
    });
    averageFrom(this.model);
  }

  /** All that the next epoch depends on, for a checkpoint. */
  state(): State {
    const { wait, best, stoppedEpoch } = this as unknown as Counts;
    return { counts: { wait, best, stoppedEpoch }, record: (this.record ?? null) as unknown as State };
  }

  /** @throws UnequalError if the state is none of {@link EarlyStopping.state}. */
  restore(state: State): void {
    const { counts, record } = (state ?? {}) as unknown as Saved;
    const { wait, best, stoppedEpoch } = counts ?? {};
    const areNumbers = [wait, best, stoppedEpoch].every((one) => typeof one === 'number');
    if (!areNumbers || (record !== undefined && record !== null && !this.isBestEpoch(record))) {
      throw fault({ wrong: 'no state of EarlyStopping', got: state, expected: 'what its state() gave' });
    }
    Object.assign(this, { wait, best, stoppedEpoch });
    this.record = record ?? undefined;
  }

  /** Whether these are an epoch and its weights. @throws UnequalError if these are not of this model. */
  private isBestEpoch({ epoch, value, weights }: BestEpoch): boolean {
    const own = (this.model as tf.LayersModel | undefined) ? this.variables() : [];
    if (!Array.isArray(weights) || weights.length !== own.length) return false;
    for (const [k, weight] of weights.entries()) checkArray(weight, own[k].shape, `best weight ${k}`);
    return (
      weights.every(({ dtype }, k) => dtype === own[k].dtype) &&
      Number.isSafeInteger(epoch) &&
      typeof value === 'number'
    );
  }

  /** In an order that does not change when a callback freezes a layer, as that of `getWeights` does. */
  private variables(): tf.Variable[] {
    return allVariables(this.model as unknown as CompiledModel);
  }

  private isBest(value: number): boolean {
    return this.record === undefined || this.monitorFunc(value - this.minDelta, this.record.value);
  }
}

/**
 * Stops training when a monitored quantity has stopped improving; see {@link EarlyStopping}.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { validationSplit: 0.1, callbacks: earlyStopping({ patience: 3, restoreBestWeights: true }) });
 * ```
 */
export function earlyStopping(args?: EarlyStoppingArgs): EarlyStopping {
  return new EarlyStopping(args);
}

interface BestEpoch {
  readonly epoch: number;
  readonly value: number;
  readonly weights: readonly NdArray[];
}

/** What TensorFlow.js' class counts. */
interface Counts {
  readonly wait: number;
  readonly best: number;
  readonly stoppedEpoch: number;
}

interface Saved {
  readonly counts?: Counts;
  readonly record?: BestEpoch | null;
}

async function toHost(tensor: tf.Tensor): Promise<NdArray> {
  const data = (await tensor.data()).slice() as Float32Array;
  return { data, shape: [...tensor.shape], dtype: tensor.dtype as NdArray['dtype'] };
}

function toTensor({ data, shape, dtype }: NdArray): tf.Tensor {
  return tf.tensor(data.slice() as Float32Array, shape as number[], dtype);
}
