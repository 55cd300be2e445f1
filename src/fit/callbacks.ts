import * as tf from '@tensorflow/tfjs';
import type { CompiledModel } from '../learner/model.ts';
import type { FitArgs } from './options.ts';
import { ProgressLine, progressLine } from './progress-line.ts';
import { registeredCallbacks } from './registered-callbacks.ts';
import type { RunOptions, UnreadOptions } from './run-options.ts';
import type { RunProgress } from './run-progress.ts';
import type { RunRecord } from './run-record.ts';

export type Logs = { [name: string]: number };

/** Sums the logs of an epoch's batches, as the logger that TensorFlow.js puts before every callback. */
export class EpochLogger {
  private seen = 0;
  /** Samples that the losses stand for. */
  private estimated = 0;
  // A metric may have any name, also one that every object has.
  private totals: Logs = Object.create(null);

  /** @param estimated how many samples the loss stands for; metrics are those of the `size` that were trained on. */
  add(size: number, logs: Logs, estimated = size): void {
    this.seen += size;
    this.estimated += estimated;
    for (const [name, value] of Object.entries(logs)) {
      this.totals[name] = (this.totals[name] ?? 0) + value * (name === 'loss' ? estimated : size);
    }
  }

  means(): Logs {
    const { seen, estimated, totals } = this;
    return Object.fromEntries(
      Object.entries(totals).map(([name, total]) => [name, total / (name === 'loss' ? estimated : seen)]),
    );
  }

  state(): { seen: number; estimated: number; totals: Logs } {
    return { seen: this.seen, estimated: this.estimated, totals: { ...this.totals } };
  }

  restore({ seen, estimated, totals }: { seen: number; estimated: number; totals: Logs }): void {
    this.seen = seen;
    this.estimated = estimated;
    this.totals = Object.assign(Object.create(null), totals);
  }
}

/** What callbacks are told of. */
interface Told {
  readonly compiled: CompiledModel;
  readonly options: RunOptions | UnreadOptions;
  readonly record: RunRecord;
  readonly names: readonly string[];
  readonly progress: RunProgress;
}

/** The registered callbacks, the user's and the history after them, called in the order of `model.fit`; progress comes last. */
export async function callbackList({ compiled, options, record, names, progress }: Told): Promise<tf.CallbackList> {
  const { epochs } = progress;
  const { callbacks, yieldEvery, validation, params, epoch } = options;
  const { verbose = 1 } = options;
  const line = progressLine(options.verbose, epochs, epoch.steps);
  const own = givenCallbacks(callbacks).map((one) => toCallback(one, yieldEvery));
  const list = new tf.CallbackList([...(await registeredCallbacks(verbose)), ...own, record.history, ...line]);
  const doValidation = validation !== undefined;
  const metrics = doValidation ? [...names, ...names.map((name) => `val_${name}`)] : [...names];
  list.setParams({ ...params, epochs, verbose, doValidation, metrics } as Parameters<tf.CallbackList['setParams']>[0]);
  // Of a tf.Sequential it is the functional model in it, as in model.fit.
  list.setModel(compiled as unknown as tf.LayersModel);
  return list;
}

/** Callbacks of TensorFlow.js count from `onEpochBegin` on, which a run that goes on within an epoch does not call again. */
export function continueEpoch(list: tf.CallbackList, epoch: number): void {
  for (const callback of list.callbacks) {
    if (callback instanceof tf.CustomCallback) (callback as unknown as { currentEpoch: number }).currentEpoch = epoch;
  }
}

/** The callbacks as they were given, in a list. */
export function givenCallbacks(callbacks: FitArgs['callbacks']): object[] {
  if (callbacks === undefined || callbacks === null) return [{}];
  return Array.isArray(callbacks) ? callbacks : [callbacks];
}

const hooks = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd'] as const;

/** One of another copy of TensorFlow.js has all hooks too. */
function toCallback(callback: object, yieldEvery: FitArgs['yieldEvery']): tf.Callback {
  const given = callback as Partial<tf.Callback> & Hooks;
  if (typeof given.setModel !== 'function') return new tf.CustomCallback(callback, yieldEvery) as object as tf.Callback;
  if (['setParams', ...hooks].every((part) => typeof given[part] === 'function')) return callback as tf.Callback;
  // What its hooks leave in fields is theirs, not the wrapper's.
  const own = [...hooks, 'onYield'].flatMap((hook) => {
    const called = given[hook];
    return typeof called === 'function' ? [[hook, called.bind(callback)]] : [];
  });
  const whole = new tf.CustomCallback(Object.fromEntries(own), yieldEvery) as object as tf.Callback;
  whole.setModel = (model) => given.setModel!(model);
  whole.setParams = (params) => (given.setParams ? given.setParams(params) : Object.assign(given, { params }));
  return whole;
}

type Hooks = Partial<Record<string, unknown>>;

/** Whether code of the user's runs between the batches. */
export function looksAtBatches(list: tf.CallbackList): boolean {
  return list.callbacks.some((one) => {
    const hooks = one as unknown as Hooks;
    if (one instanceof ProgressLine) return false;
    if (one.constructor === tf.CustomCallback) return ['batchBegin', 'batchEnd', 'yield'].some((hook) => hooks[hook]);
    const { onBatchBegin, onBatchEnd } = tf.Callback.prototype as unknown as Hooks;
    return hooks.onBatchBegin !== onBatchBegin || hooks.onBatchEnd !== onBatchEnd;
  });
}
