import * as tf from '@tensorflow/tfjs';
import type { FitArgs } from './options.ts';

export type Logs = { [name: string]: number };

/** Sums the logs of an epoch's batches, as the logger that TensorFlow.js puts before every callback. */
export class EpochLogger {
  private seen = 0;
  private totals: Logs = {};

  add(size: number, logs: Logs): void {
    this.seen += size;
    for (const [name, value] of Object.entries(logs)) this.totals[name] = (this.totals[name] ?? 0) + value * size;
  }

  means(): Logs {
    return Object.fromEntries(Object.entries(this.totals).map(([name, total]) => [name, total / this.seen]));
  }

  state(): { seen: number; totals: Logs } {
    return { seen: this.seen, totals: { ...this.totals } };
  }

  restore({ seen, totals }: { seen: number; totals: Logs }): void {
    this.seen = seen;
    this.totals = { ...totals };
  }
}

/** The user's callbacks and the history after them, called in the order of `model.fit`. */
export function callbackList(
  callbacks: FitArgs['callbacks'],
  yieldEvery: FitArgs['yieldEvery'],
  history: tf.History,
  model: tf.LayersModel,
  params: { [name: string]: unknown },
): tf.CallbackList {
  const list = new tf.CallbackList([...givenCallbacks(callbacks).map((one) => toCallback(one, yieldEvery)), history]);
  list.setParams(params as Parameters<tf.CallbackList['setParams']>[0]);
  list.setModel(model);
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

function toCallback(callback: object, yieldEvery: FitArgs['yieldEvery']): tf.Callback {
  const ready = typeof (callback as tf.Callback).setModel === 'function';
  return (ready ? callback : new tf.CustomCallback(callback, yieldEvery)) as tf.Callback;
}

/** Whether code of the user's runs between the batches. */
export function looksAtBatches(callbacks: FitArgs['callbacks']): boolean {
  const given = callbacks === undefined || callbacks === null ? [] : Array.isArray(callbacks) ? callbacks : [callbacks];
  return given.some((one) => {
    const hooks = one as Partial<Record<string, unknown>>;
    if (typeof hooks.setModel !== 'function')
      return ['onBatchBegin', 'onBatchEnd', 'onYield'].some((hook) => hooks[hook]);
    const { onBatchBegin, onBatchEnd } = tf.Callback.prototype as unknown as Record<string, unknown>;
    return (
      !(one instanceof tf.EarlyStopping) && (hooks.onBatchBegin !== onBatchBegin || hooks.onBatchEnd !== onBatchEnd)
    );
  });
}
