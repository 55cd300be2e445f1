import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { integer } from '../options.ts';
import { type Apply, extended, type Gradients, type Slot, scalarSlot, slots, variableNamed } from './extended.ts';

const field = 'accumulated';
const counter = 'accumulatedCount';
/** The fields in which TensorFlow.js's optimizers keep a slot for each weight. They make them at their first step. */
const fields: { readonly [optimizer: string]: readonly string[] } = {
  SGD: [],
  Momentum: ['accumulations'],
  Adagrad: ['accumulatedGrads'],
  Adadelta: ['accumulatedGrads', 'accumulatedUpdates'],
  RMSProp: ['accumulatedMeanSquares', 'accumulatedMoments', 'accumulatedMeanGrads'],
  Adam: ['accumulatedFirstMoment', 'accumulatedSecondMoment'],
  Adamax: ['accumulatedFirstMoment', 'accumulatedWeightedInfNorm'],
};

/** What extends them may keep more, and elsewhere. */
const classes = new Set<unknown>([
  ...[tf.SGDOptimizer, tf.MomentumOptimizer, tf.AdagradOptimizer, tf.AdadeltaOptimizer, tf.RMSPropOptimizer],
  ...[tf.AdamOptimizer, tf.AdamaxOptimizer],
]);

/**
 * The same optimizer, which makes one step with the mean gradient of every `steps` batches: as large a batch as that many
 * together, in the memory of one. Put it around whatever else is put around the optimizer.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: accumulated(tf.train.adam(), 4), loss: 'meanSquaredError' }); // an update every fourth step
 * ```
 */
export function accumulated<O extends tf.Optimizer>(optimizer: O, steps: number): O {
  integer(1)('number of batches', steps);
  const name = optimizer instanceof tf.Optimizer ? optimizer.getClassName() : String(optimizer);
  if (!Object.hasOwn(fields, name) || !classes.has(optimizer.constructor)) {
    throw fault({
      wrong: 'an optimizer whose slots are not known',
      got: Object.hasOwn(fields, name) ? `a class of its own that extends ${name}` : name,
      expected: Object.keys(fields).join(', '),
    });
  }
  const around = (apply: Apply) => (gradients: Gradients) => {
    const count = (optimizer as unknown as { [counter]: tf.Variable })[counter];
    const sums = slots(optimizer, field, gradients);
    prepare(optimizer, gradients);
    tf.tidy(() => {
      const isFull = tf.greaterEqual(tf.add(count, tf.scalar(1)), tf.scalar(steps));
      count.assign(tf.where(isFull, tf.scalar(0), tf.add(count, tf.scalar(1))));
      const means = gradients.map(({ tensor }, k) => tensor && tf.add(sums[k], tf.div(tensor, tf.scalar(steps))));
      const before = new Map(kept(optimizer, gradients).map((variable) => [variable, tf.clone(variable)]));
      apply(gradients.map(({ name }, k) => ({ name, tensor: means[k] })));
      // A graph has no branches: the step is made each time, and counts when it is due.
      for (const variable of kept(optimizer, gradients)) {
        variable.assign(tf.where(isFull, variable, before.get(variable)!));
      }
      for (const [k, mean] of means.entries()) {
        if (mean) sums[k].assign(tf.where(isFull, tf.zerosLike(mean), mean));
      }
    });
  };
  extended(optimizer, { name: 'accumulated', options: { steps } }, around, [field, counter]);
  scalarSlot(optimizer, counter);
  return Object.assign(optimizer, { [field]: [] });
}

/** The weights, and all that the optimizer keeps but the sums themselves. */
function kept(optimizer: tf.Optimizer, gradients: Gradients): tf.Variable[] {
  const all: tf.Variable[] = gradients.map(({ name }) => variableNamed(name));
  for (const [name, value] of Object.entries(optimizer)) {
    if (name === field || name === counter) continue;
    if (value instanceof tf.Variable) all.push(value);
    else if (Array.isArray(value)) for (const slot of value as Slot[]) if (slot?.variable) all.push(slot.variable);
  }
  return all;
}

/**
 * Makes the slots of the optimizer that it would make at its first step: what they are before that is needed, and in a
 * graph it must not be a constant.
 */
function prepare(optimizer: tf.Optimizer, gradients: Gradients): void {
  const own = optimizer as unknown as Record<string, Slot[] | undefined> & { initialAccumulatorValue?: number };
  if (own.averages) slots(optimizer, 'averages', gradients);
  for (const slot of fields[optimizer.getClassName()]) {
    // Only the centred variant of RMSProp keeps mean gradients.
    if (slot === 'accumulatedMeanGrads' && !(optimizer as unknown as { centered?: boolean }).centered) continue;
    slots(optimizer, slot, gradients, own.initialAccumulatorValue ?? 0);
  }
}
