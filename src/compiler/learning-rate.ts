/**
 * The learning rate as an input of the graph.
 *
 * Optimizers of TensorFlow.js turn their learning rate into a constant (`mul(x, -this.learningRate)`) or keep it in a
 * scalar (`c` of SGD and momentum). While a function is traced the rate is a number nobody would write, so that every
 * constant equal to it, or to its negative, is known to be the rate. Field and scalar are two inputs: who assigns the field of an
 * SGD optimizer changes what is read of it, and not the scalar that it steps with.
 */
import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { keptRate } from '../optimizers/kept-rate.ts';

interface Internals {
  learningRate: number;
  iterations_?: number;
}

export interface Learner {
  readonly optimizer: tf.Optimizer;
  enter(): void;
  leave(): void;
  /** How often the optimizer was applied since `enter`. */
  applied(): number;
  /** What a number stands for that is written while tracing. */
  ofNumber(x: number): Rate | undefined;
  /** What a tensor stands for. */
  ofTensor(dataId: object): Rate | undefined;
}

/** A number of an optimizer that is an input of the graph. */
export interface Rate {
  readonly sign: 1 | -1;
  /** Its value of now: the same function for the same number. */
  readonly now: () => number;
}

/**
 * How a trace reads an optimizer. `'marked'`: the learning rate is an input of the graph, known by its mark.
 * `'small'` and `'large'`: the same with a mark far below and far above any rate, and in the first with another count of steps,
 * so that a graph differs that depends on the count, on arithmetic with the mark, or on its being more or less than something.
 * `'plain'`: the rate and the count are constants, for optimizers that do arithmetic with them. `'later'`: the same with another
 * count.
 */
export type Reading = 'marked' | 'small' | 'large' | 'plain' | 'later';

const sizes = { small: 1e-6, marked: 1, large: 1e3 };

let traced = 0;

/** @throws UnequalError if the learning rate is computed when it is read: by a getter, or by a proxy. */
export function watchLearningRate(optimizer: tf.Optimizer, reading: Reading): Learner {
  const internals = optimizer as unknown as Internals;
  const isPlain = !isSettable(internals) || reading === 'plain' || reading === 'later';
  const { learningRate, iterations_ } = internals;
  const start = (iterations_ ?? 0) + (reading === 'small' || reading === 'later' ? 7 : 0);
  // What is no number, a tensor or a variable, is read as it is.
  if (isPlain || typeof learningRate !== 'number') {
    return {
      optimizer,
      enter() {
        if (start !== (iterations_ ?? 0)) internals.iterations_ = start;
      },
      leave() {
        internals.iterations_ = iterations_;
      },
      applied: () => (internals.iterations_ ?? 0) - start,
      ofNumber: () => undefined,
      ofTensor: () => undefined,
    };
  }
  // Different for every optimizer, exact in float32, and far from a round number.
  const mark = Math.fround(sizes[reading] * (0.7310498 + 0.0000117 * (traced++ % 1000)));
  const field = () => internals.learningRate;
  const kept = () => learningRateOf(optimizer);
  return {
    optimizer,
    enter() {
      internals.learningRate = mark;
      if (reading === 'small') internals.iterations_ = start;
    },
    leave() {
      internals.learningRate = learningRate;
      internals.iterations_ = iterations_;
    },
    applied: () => (internals.iterations_ ?? 0) - start,
    ofNumber(x) {
      const sign = Math.fround(x) === mark ? 1 : -1;
      return Math.fround(sign * x) === mark ? { sign, now: field } : undefined;
    },
    ofTensor: (dataId) => (keptRate(optimizer)?.dataId === dataId ? { sign: -1, now: kept } : undefined),
  };
}

/** Whether the learning rate can be set: nobody sets one that is read-only. */
function isSettable(internals: Internals): boolean {
  let at: object | null = internals;
  while (at !== null && !Object.hasOwn(at, 'learningRate')) at = Object.getPrototypeOf(at) as object | null;
  const { get, set, value, writable } = (at && Object.getOwnPropertyDescriptor(at, 'learningRate')) ?? {};
  const isComputed = get !== undefined || set !== undefined || !isAsSet(internals, value, writable);
  if (isComputed) {
    throw fault({
      wrong: "the learning rate of the optimizer is computed by the program's own code whenever it is read",
      expected: 'a number in a field',
      mend: "set optimizer.learningRate in a callback, give a schedule, or use engine: 'eager'",
    });
  }
  return writable === true;
}

/** Whether what is read of a field is what was set: a proxy may give something else. */
function isAsSet(internals: Internals, value: unknown, writable = false): boolean {
  if (!writable || typeof value !== 'number') return Object.is(internals.learningRate, value);
  const other = value / 2 + 1;
  internals.learningRate = other;
  const isSo = Object.is(internals.learningRate, other);
  internals.learningRate = value;
  return isSo;
}

/** How many steps an optimizer has made. */
export const iterationsOf = (optimizer: tf.Optimizer): number => (optimizer as unknown as Internals).iterations_ ?? 0;

/** The learning rates that an optimizer and what extends it may use now. */
export const learningRatesOf = (optimizer: tf.Optimizer): number[] => [
  learningRateOf(optimizer),
  (optimizer as unknown as Internals).learningRate,
];

/** The learning rate an optimizer steps with. SGD and momentum use the scalar they keep, whatever the field says. */
function learningRateOf(optimizer: tf.Optimizer): number {
  const c = keptRate(optimizer);
  return c ? -c.dataSync()[0] : (optimizer as unknown as Internals).learningRate;
}

export function addIterations(optimizer: tf.Optimizer, count: number): void {
  const internals = optimizer as unknown as Internals;
  if (count > 0) internals.iterations_ = (internals.iterations_ ?? 0) + count;
}
