import * as tf from '@tensorflow/tfjs';

/** What an epoch's logs say. `model.fit` gives tensors to subclasses of `tf.Callback`, and numbers to all others. */
export async function logNumbers(logs: tf.Logs = {}): Promise<Record<string, number>> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(logs as Readonly<Record<string, unknown>>)) {
    const number = value instanceof tf.Tensor ? (await value.data())[0] : value;
    if (typeof number === 'number') numbers[name] = number;
  }
  return numbers;
}
