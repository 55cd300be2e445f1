import * as tf from '@tensorflow/tfjs';
import type { FitArgs } from './options.ts';
import { registeredCallbacks } from './registered-callbacks.ts';

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

/** The registered callbacks, the user's and the history after them, called in the order of `model.fit`. */
export async function callbackList(
  callbacks: FitArgs['callbacks'],
  yieldEvery: FitArgs['yieldEvery'],
  history: tf.History,
  model: tf.LayersModel,
  params: { readonly [name: string]: unknown; readonly verbose: number },
): Promise<tf.CallbackList> {
  const given =
    callbacks === undefined || callbacks === null ? [{}] : Array.isArray(callbacks) ? callbacks : [callbacks];
  const own = given.map((one) => toCallback(one, yieldEvery));
  const list = new tf.CallbackList([...(await registeredCallbacks(params.verbose)), ...own, history]);
  list.setParams(params as Parameters<tf.CallbackList['setParams']>[0]);
  list.setModel(model);
  return list;
}

function toCallback(callback: object, yieldEvery: FitArgs['yieldEvery']): tf.Callback {
  const ready = typeof (callback as tf.Callback).setModel === 'function';
  return (ready ? callback : new tf.CustomCallback(callback, yieldEvery)) as tf.Callback;
}

type Hooks = Partial<Record<string, unknown>>;

/** Whether code of the user's runs between the batches. */
export function looksAtBatches(list: tf.CallbackList): boolean {
  return list.callbacks.some((one) => {
    const hooks = one as unknown as Hooks;
    if (one.constructor === tf.CustomCallback) return ['batchBegin', 'batchEnd', 'yield'].some((hook) => hooks[hook]);
    const { onBatchBegin, onBatchEnd } = tf.Callback.prototype as unknown as Hooks;
    return hooks.onBatchBegin !== onBatchBegin || hooks.onBatchEnd !== onBatchEnd;
  });
}
