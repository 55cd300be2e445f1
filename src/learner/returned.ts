import * as tf from '@tensorflow/tfjs';
import { fault, ofNoSample } from '../errors.ts';
import type { LossOrMetric } from './model.ts';

const mends = {
  loss: 'return a tensor with one number for each sample',
  metric: 'return a tensor: a number, or one for each sample',
};

/**
 * What a loss or a metric of an output returns.
 * @param name of the output or the metric.
 * @throws UnequalError if it is no function, or returns no tensor; of a metric a number will do, as in `model.fit`.
 */
export function returned(
  kind: keyof typeof mends,
  name: string | undefined,
  given: LossOrMetric | undefined,
  call: (given: LossOrMetric) => tf.Tensor,
): tf.Tensor {
  // TensorFlow.js names a metric after the function.
  const isNamed = name && typeof given === 'function';
  const what = kind === 'loss' ? `the loss of ${name}` : isNamed ? `the metric ${name}` : 'a metric';
  const refuse = (wrong: string, got: unknown, mend: string) =>
    ofNoSample(fault({ wrong: `${what} ${wrong}`, got, mend }));
  if (typeof given !== 'function') {
    throw refuse('is no function', given ?? 'nothing', 'give model.compile a name or a function');
  }
  const value: unknown = call(given);
  const isPromise = typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
  // TensorFlow.js takes the mean of a metric, which may be of a number or a list.
  const isOther = kind === 'metric' && !isPromise && (value ?? undefined) !== undefined;
  if (value instanceof tf.Tensor || isOther) return value as tf.Tensor;
  // Nobody waits for it, and what it fails with would end the program.
  if (isPromise) (value as PromiseLike<unknown>).then(undefined, () => {});
  const unlikely = Array.isArray(value) ? 'a list' : String(value);
  const got = isPromise ? 'a Promise, as of an async function' : unlikely;
  throw refuse('returns no tensor', got, mends[kind]);
}
