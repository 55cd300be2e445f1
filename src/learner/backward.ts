import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { answersOf } from './answers.ts';
import { HeadGradient } from './head-gradient.ts';
import type { BatchTensors, Objective, Pass } from './objective.ts';

/** What one training pass gives; every tensor outlives it. */
export type Backward = {
  /** The weighted objective, a scalar. */
  loss: tf.Scalar;
  /** `[n]` */
  losses: tf.Tensor1D;
  /** `[n]`, where the user gives weights: the losses without them. */
  unweighted?: tf.Tensor1D;
  /** `[n]`, if the model has an upper bound. */
  scores?: tf.Tensor1D;
  /** `[4, n]`, if the model is a classifier; see {@link answersOf}. */
  answers?: tf.Tensor2D;
  metrics: tf.Scalar[];
  /** A number that is finite exactly when every gradient is. */
  finite: tf.Scalar;
  /** One per parameter, in the model's order; `undefined` where the loss does not depend on it, or it is frozen. */
  grads: (tf.Tensor | undefined)[];
};

type Seen = Pick<Backward, 'losses' | 'unweighted' | 'scores' | 'answers' | 'metrics'>;

/** Forward in training mode and backward, in operations that an engine can run or trace. */
export function backward(
  objective: Objective,
  batch: BatchTensors,
  importance?: tf.Tensor1D,
  withScores = true,
): Backward {
  // The loss may be called before it is differentiated, to look at it: of each call the gradient is watched.
  const watched: HeadGradient[] = [];
  const watch = () => {
    watched.push(new HeadGradient());
    return watched.at(-1)!;
  };
  const isWatched = withScores && objective.givesScoresByGradient;
  const { total, seen, orNothing } = trainingLoss(objective, batch, importance, isWatched ? watch : withScores);
  const { parameters, model } = objective;
  try {
    const { value: loss, grads: byName } = orNothing(() => model.optimizer.computeGradients(total, parameters));
    const grads = parameters.map((variable) => (byName[variable.name] as tf.Tensor | null) ?? undefined);
    const { losses, ...others } = seen()!;
    const scores = isWatched ? (firstNorms(watched) ?? objective.look(batch, true).scores) : others.scores;
    return { loss, losses, ...others, scores, finite: sumOf(grads), grads };
  } finally {
    for (const one of watched) one.dispose();
  }
}

function firstNorms(watched: readonly HeadGradient[]): tf.Tensor1D | undefined {
  for (const one of watched) {
    const norms = one.norms();
    if (norms !== undefined) return norms;
  }
  return undefined;
}

/** One step by the `minimize` of the user's optimizer, which may evaluate the loss at other weights, or several times. */
export function minimized(
  objective: Objective,
  batch: BatchTensors,
  importance?: tf.Tensor1D,
  withScores = true,
): Seen & Pick<Backward, 'loss'> {
  const { total, seen, orNothing } = trainingLoss(objective, batch, importance, withScores);
  const { optimizer } = objective.model;
  const loss = orNothing(() => {
    const value = optimizer.minimize(total, true, objective.parameters);
    if (value instanceof tf.Tensor && seen() !== undefined) return value;
    throw fault({
      wrong: `minimize of the optimizer ${optimizer.getClassName()} returned no loss`,
      got: value,
      expected: 'the loss, as model.fit asks for it: minimize(f, true, variables)',
    });
  });
  return { loss, ...seen()! };
}

/** The weighted objective as an optimizer takes it, and what its first call saw. */
function trainingLoss(
  objective: Objective,
  batch: BatchTensors,
  importance: tf.Tensor1D | undefined,
  scores: boolean | (() => HeadGradient),
): { total: () => tf.Scalar; seen: () => Seen | undefined; orNothing: <T>(f: () => T) => T } {
  let kept: Seen | undefined;
  const total = () => {
    const pass =
      typeof scores === 'function'
        ? objective.watchedPass(batch, scores())
        : objective.pass(batch, true, scores && kept === undefined);
    kept ??= keep(pass);
    return objective.total(pass.losses, importance);
  };
  // The scope that the gradient is taken in would dispose of them.
  const keep = (pass: Pass): Seen => {
    const { outputs, losses, unweighted, scores } = pass;
    const answers = answersOf(objective.model, batch.ys, outputs);
    return {
      losses: tf.keep(losses),
      unweighted: unweighted && tf.keep(unweighted),
      scores: scores && tf.keep(scores),
      answers: answers && tf.keep(answers),
      metrics: objective.metrics(batch.ys, pass).map((metric) => tf.keep(metric)),
    };
  };
  // What was kept outlives every scope, also that of an error.
  const orNothing = <T>(f: () => T): T => {
    try {
      return f();
    } catch (error) {
      tf.dispose(kept);
      throw error;
    }
  };
  return { total, seen: () => kept, orNothing };
}

/** Σx over all numbers of all tensors: finite only if they all are, for infinities and NaN survive a sum. */
export function sumOf(tensors: readonly (tf.Tensor | undefined)[]): tf.Scalar {
  return tf.addN(tensors.flatMap((tensor) => (tensor === undefined ? [] : [tf.sum<tf.Scalar>(tensor)])));
}

/** Gradients as an optimizer takes them. It leaves a parameter without one as it is. */
export const namedGradients = (
  parameters: readonly tf.Variable[],
  grads: readonly (tf.Tensor | undefined)[],
): { name: string; tensor: tf.Tensor }[] => parameters.map(({ name }, k) => ({ name, tensor: grads[k] as tf.Tensor }));

/** One update by the user's optimizer, in operations that an engine can trace. */
export function update({ model, parameters }: Objective, grads: readonly (tf.Tensor | undefined)[]): void {
  model.optimizer.applyGradients(namedGradients(parameters, grads));
}
