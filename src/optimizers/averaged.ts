import * as tf from '@tensorflow/tfjs';
import { belowOne, checkedOptions } from '../options.ts';
import { extended, type Slot, scalarSlot, slots, variableNamed } from './extended.ts';

const field = 'averages';
const weight = 'averagesWeight';

/**
 * The same optimizer, which keeps a moving average of the weights (EMA): a ← d·a + (1 − d)·θ after each step, divided by
 * what the first steps lack, 1 − dᵗ. `fit` validates with the average; `withAverages` gives it to anything else.
 *
 * @param options.decay d, in [0, 1).
 *
 * @example
 * ```ts
 * model.compile({ optimizer: averaged(tf.train.adam(), { decay: 0.999 }), loss: 'meanSquaredError' });
 * await fit(model, x, y, { epochs: 10, validationSplit: 0.1 }); // validates with the average
 * ```
 */
export function averaged<O extends tf.Optimizer>(optimizer: O, options: { readonly decay?: number } = {}): O {
  const { decay = 0.999 } = checkedOptions<typeof options>('averaged', options, { decay: belowOne });
  const total = scalarSlot(optimizer, weight);
  Object.assign(optimizer, { [field]: [] });
  return extended(optimizer, (apply) => (gradients) => {
    apply(gradients);
    const averages = slots(optimizer, field, gradients);
    tf.tidy(() => {
      const [keep, add] = [tf.scalar(decay), tf.scalar(1 - decay)];
      total.assign(tf.add(tf.mul(total, keep), add));
      for (const [k, { name }] of gradients.entries()) {
        averages[k].assign(tf.add(tf.mul(averages[k], keep), tf.mul(variableNamed(name), add)));
      }
    });
  });
}

/**
 * Runs `use` while the weights of a model are their averages, where its optimizer keeps any, and puts them back.
 *
 * @example
 * ```ts
 * await withAverages(model, () => saveModel(model, 'averaged'));
 * ```
 */
export async function withAverages<T>(model: Trained, use: () => Promise<T>): Promise<T> {
  const own = model.optimizer as unknown as Averaging;
  const averages = own[field] ?? [];
  const total = own[weight]?.dataSync()[0];
  if (averages.length === 0 || !total) return use();
  const variables = variablesOf(model);
  const before = variables.map((variable) => variable.dataSync().slice() as Float32Array);
  for (const [k, variable] of variables.entries()) {
    tf.tidy(() => variable.assign(tf.div(averages[k].variable, tf.scalar(total))));
  }
  try {
    return await use();
  } finally {
    for (const [k, variable] of variables.entries()) {
      tf.tidy(() => variable.assign(tf.tensor(before[k], variable.shape, 'float32')));
    }
  }
}

/** Makes the averages of a model, where its optimizer keeps any, what its weights are now. */
export function averageFrom(model: Trained): void {
  const { [field]: averages = [], [weight]: total } = model.optimizer as unknown as Averaging;
  if (averages.length === 0 || !total) return;
  for (const [k, variable] of variablesOf(model).entries()) {
    tf.tidy(() => averages[k].variable.assign(tf.mul(variable, total)));
  }
}

interface Averaging {
  readonly [field]?: Slot[];
  readonly [weight]?: tf.Variable;
}

const variablesOf = (model: Trained): tf.Variable[] =>
  model.trainableWeights.map((one) => (one as unknown as { read(): tf.Variable }).read());

export type Trained = Pick<tf.LayersModel, 'optimizer' | 'trainableWeights'>;
