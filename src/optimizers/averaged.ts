import * as tf from '@tensorflow/tfjs';
import { belowOne, checkedOptions } from '../options.ts';
import { type Apply, extended, type Gradients, type Slot, scalarSlot, slots, variableNamed } from './extended.ts';

const field = 'averages';
const weight = 'averagesWeight';

/**
 * The same optimizer, which keeps a moving average of the weights (EMA): a ← d·a + (1 − d)·θ after each step, divided by
 * what the first steps lack, 1 − dᵗ. `fit` validates with the average, `race` and `advise` judge by it;
 * the model itself keeps the weights of the last step. `withAverages` gives the average to anything else, such as `saveModel`.
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
  let names = '';
  const around = (apply: Apply) => (gradients: Gradients) => {
    apply(gradients);
    const now = gradients.map(({ name }) => name).join();
    // Compiled again with other layers frozen: the averages are of other weights, and begin anew.
    if (names !== '' && now !== names) begin(optimizer);
    names = now;
    const averages = slots(optimizer, field, gradients);
    const total = (optimizer as unknown as Averaging)[weight]!;
    tf.tidy(() => {
      const [keep, add] = [tf.scalar(decay), tf.scalar(1 - decay)];
      total.assign(tf.add(tf.mul(total, keep), add));
      for (const [k, { name }] of gradients.entries()) {
        averages[k].assign(tf.add(tf.mul(averages[k], keep), tf.mul(variableNamed(name), add)));
      }
    });
  };
  extended(optimizer, { name: 'averaged', options: { decay } }, around, [field, weight]);
  begin(optimizer);
  return optimizer;
}

function begin(optimizer: tf.Optimizer): void {
  scalarSlot(optimizer, weight);
  Object.assign(optimizer, { [field]: [] });
}

/** Whether the optimizer of a model keeps averages of its weights, and has made a step. */
export const hasAverages = (model: Trained): boolean => averagesOf(model) !== undefined;

/** Whether an optimizer keeps averages. */
export const keepsAverages = (optimizer: tf.Optimizer): boolean =>
  (optimizer as unknown as Averaging | undefined)?.[weight] !== undefined;

/** Makes the averages of a model, where its optimizer keeps any, what its weights are now. */
export function averageFrom(model: Trained): void {
  const found = averagesOf(model);
  if (found === undefined) return;
  const { averages, variables, total } = found;
  for (const [k, average] of averages.entries()) tf.tidy(() => average.assign(tf.mul(variables[k], total)));
}

interface Averaging {
  readonly [field]?: Slot[];
  readonly [weight]?: tf.Variable;
}

/** The sums that are kept of a model's weights, and what they are divided by; none where they are of other weights. */
export function averagesOf(
  model: Trained,
): { averages: tf.Variable[]; variables: tf.Variable[]; total: tf.Variable } | undefined {
  const { [field]: kept = [], [weight]: total } = (model.optimizer ?? {}) as unknown as Averaging;
  if (total === undefined) return undefined;
  const variables = variablesOf(model);
  const isOf = ({ originalName, variable }: Slot, k: number) =>
    `${variable.shape}` === `${variables[k]?.shape}` &&
    (!originalName.endsWith(`/${field}`) || originalName === `${variables[k].name}/${field}`);
  const fits = total.dataSync()[0] > 0 && kept.length === variables.length && kept.every(isOf);
  return fits ? { averages: kept.map(({ variable }) => variable), variables, total } : undefined;
}

/** What the optimizer trains: what was trainable when the model was compiled, whatever is frozen since. */
function variablesOf(model: Trained): tf.Variable[] {
  const inner = (model as unknown as { model?: Trained }).model ?? model;
  const { collectedTrainableWeights = inner.trainableWeights } = inner as Partial<Collected> & Trained;
  return collectedTrainableWeights.map((one) => (one as unknown as { read(): tf.Variable }).read());
}

interface Collected {
  readonly collectedTrainableWeights: tf.LayersModel['trainableWeights'];
}

/** What is needed of a model to average its weights. */
export type Trained = Pick<tf.LayersModel, 'optimizer' | 'trainableWeights'>;
