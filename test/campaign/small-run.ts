import * as tf from '@tensorflow/tfjs';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import type { Method } from '../../src/methods/method.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

export const { x, y } = digits(30);

export const methods: readonly (() => Method)[] = [
  uniform,
  () => importance({ start: 1.05, presample: 2 }),
  () => importance({ start: 'always', presample: 2 }),
];

export const args = {
  ...{ engine: 'eager', verbose: 0, batchSize: 8, epochs: 3, validationSplit: 0.25, seed: 4 },
} as const;

export const model = (optimizer: tf.Optimizer = tf.train.adam(0.01)): tf.LayersModel => classifier(optimizer);

/** Everything that a model and its optimizer hold, as text. */
export function held(of: tf.LayersModel): string {
  return JSON.stringify([values(of), of.optimizer.getConfig()]);
}

/** What a small run ends with, as text. */
export async function train(of: tf.LayersModel, more: FitArgs): Promise<string> {
  const { epoch, history } = await fit(of, x, y, { ...args, ...more } as FitArgs);
  return JSON.stringify([epoch, history, values(of)]);
}
