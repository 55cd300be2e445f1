import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { extensionFields } from '../optimizers/extended.ts';
import { keptRate } from '../optimizers/kept-rate.ts';
import type { LearnerState, NamedArray } from './learner.ts';
import { dropSlots, slotsOf } from './slots.ts';
import { isTensorFlows } from './user-code.ts';

/** What is read and set of an optimizer beyond its public type. */
interface OptimizerInternals {
  learningRate: unknown;
  iterations_: number | undefined;
  /** What the slots of Adagrad start from; those of all others start from 0. */
  initialAccumulatorValue?: number;
  setLearningRate?(rate: number): void;
}

/**
 * The learning rate the next update will use; of sgd and momentum what their method `setLearningRate` was given last. NaN where an
 * optimizer keeps none under that name.
 */
export function learningRateOf(optimizer: tf.Optimizer): number {
  const { learningRate } = optimizer as unknown as OptimizerInternals;
  // They compute with a tensor; an assigned property does nothing, in model.fit as here.
  const kept = keptRate(optimizer);
  if (kept) return rounded(-kept.dataSync()[0], learningRate);
  if (learningRate instanceof tf.Tensor && learningRate.size === 1) return learningRate.dataSync()[0];
  return typeof learningRate === 'number' ? learningRate : Number.NaN;
}

/** The property where the tensor is it in single precision. */
const rounded = (tensor: number, property: unknown): number =>
  typeof property === 'number' && Math.fround(property) === tensor ? property : tensor;

/** @returns the learning rate. @throws UnequalError if it cannot be set, for whoever wants to. */
export function requireRate(optimizer: tf.Optimizer): number {
  const { learningRate } = optimizer as unknown as OptimizerInternals;
  if (typeof learningRate === 'number') return learningRateOf(optimizer);
  throw fault({
    wrong: `the learning rate of the optimizer ${optimizer.constructor.name} cannot be set`,
    got: learningRate === undefined ? 'no field learningRate' : 'a field learningRate that is no number',
    expected: 'a number that its steps are made with',
    mend: 'name the field learningRate, or leave out the schedule',
  });
}

/**
 * Whether a step is the optimizer's own affair: its `minimize` is another than TensorFlow.js's, which is `computeGradients` and then
 * `applyGradients`.
 */
export const hasOwnMinimize = (optimizer: tf.Optimizer): boolean =>
  optimizer.minimize !== tf.Optimizer.prototype.minimize;

/** @throws UnequalError if the optimizer takes its gradients itself, so that none can be handed to it. */
export function requireNoMinimize(optimizer: tf.Optimizer): void {
  if (!hasOwnMinimize(optimizer)) return;
  throw fault({
    wrong: `the optimizer ${optimizer.getClassName()} has a minimize of its own, and this way of training hands it gradients`,
    expected: 'an optimizer that changes them in computeGradients or applyGradients',
    mend: 'or use a method that makes a step of one batch, such as importance() or uniform(), in one process',
  });
}

/** Sets the learning rate so that it takes effect on every optimizer of TensorFlow.js. */
export function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
  const internals = optimizer as unknown as OptimizerInternals;
  if (internals.setLearningRate) internals.setLearningRate(rate);
  else internals.learningRate = rate;
}

type OptimizerState = Omit<LearnerState, 'weights' | 'trainable' | 'states'>;

/** The optimizer's part of a learner's state. */
export function optimizerState(optimizer: tf.Optimizer): OptimizerState {
  const { iterations_: iterations = 0, learningRate: field } = optimizer as unknown as OptimizerInternals;
  const learningRate = learningRateOf(optimizer);
  return {
    slots: slotsOf(optimizer).map(({ name, variable }) => readVariable(name, variable)),
    iterations,
    // An optimizer without one has nothing to bring back.
    learningRate: Number.isNaN(learningRate) ? 0 : learningRate,
    ...(typeof field === 'number' && field !== learningRate && { rateField: field }),
  };
}

/**
 * Brings the optimizer to a saved state; slots it has not made yet are made.
 * @throws UnequalError if the state is of another optimizer or another model.
 */
export function restoreOptimizer(optimizer: tf.Optimizer, state: OptimizerState): void {
  const present = new Map(slotsOf(optimizer).map(({ name, variable }) => [name, variable]));
  const listOf = (name: string) => (optimizer as unknown as Record<string, unknown>)[name.split('/')[0]];
  const foreign = state.slots.find(({ name }) => !present.has(name) && !Array.isArray(listOf(name)));
  if (foreign !== undefined) {
    throw fault({
      wrong: 'the saved optimizer state does not fit the model’s optimizer',
      got: `the slot ${foreign.name}`,
      expected: `the slots of ${optimizer.constructor.name}`,
      mend: 'compile the model with the optimizer the state was saved with',
    });
  }
  for (const { name, shape, dtype, data } of state.slots) {
    const tensor = tf.tensor(data as Float32Array, shape as number[], dtype);
    if (present.has(name)) present.get(name)!.assign(tensor);
    else
      (listOf(name) as object[])[Number(name.split('/')[1])] = {
        originalName: name,
        variable: tf.variable(tensor, false),
      };
    tensor.dispose();
  }
  // A slot the saved run had not made yet starts afresh there, so it does here.
  startSlots(optimizer, new Set(state.slots.map(({ name }) => name)));
  const internals = optimizer as unknown as OptimizerInternals;
  internals.iterations_ = state.iterations;
  if (typeof internals.learningRate === 'number') setLearningRate(optimizer, state.learningRate);
  if (state.rateField !== undefined) internals.learningRate = state.rateField;
}

const isOfExtension = (slot: string): boolean => extensionFields.has(slot.split('/')[0]);

/** Whether an optimizer has made slots, beside those of what was put around it. */
export const hasOwnSlots = (optimizer: tf.Optimizer): boolean =>
  slotsOf(optimizer).some(({ name }) => !isOfExtension(name));

/** Sets all slots but the `others` to what they start from; what those of the user's own classes start from they alone know. */
export function startSlots(optimizer: tf.Optimizer, others: ReadonlySet<string> = new Set()): void {
  const { initialAccumulatorValue: initial = 0 } = optimizer as unknown as OptimizerInternals;
  const kept = new Set(others);
  for (const { name, variable } of slotsOf(optimizer)) {
    const isExtensions = isOfExtension(name);
    if (others.has(name) || !(isExtensions || isTensorFlows(optimizer))) continue;
    kept.add(name);
    tf.tidy(() => variable.assign(tf.fill(variable.shape, isExtensions ? 0 : initial)));
  }
  dropSlots(optimizer, kept);
}

/** A way back to the optimizer's state of now, without copying it. */
export function rememberOptimizer(optimizer: tf.Optimizer): { restore(): void; dispose(): void } {
  const internals = optimizer as unknown as OptimizerInternals;
  const iterations = internals.iterations_;
  const slots = slotsOf(optimizer).map(({ name, variable }) => ({ name, variable, value: tf.clone(variable) }));
  return {
    restore: () => {
      for (const { variable, value } of slots) variable.assign(value);
      startSlots(optimizer, new Set(slots.map(({ name }) => name)));
      internals.iterations_ = iterations;
    },
    dispose: () => {
      for (const { value } of slots) value.dispose();
    },
  };
}

export function readVariable(name: string, variable: tf.Tensor): NamedArray {
  return {
    name,
    shape: variable.shape,
    dtype: variable.dtype as NamedArray['dtype'],
    // A copy: the cpu backend hands out the very array that the variable holds.
    data: variable.dataSync().slice() as Float32Array,
  };
}
