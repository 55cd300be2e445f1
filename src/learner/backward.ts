import * as tf from '@tensorflow/tfjs';
import { answersOf } from './answers.ts';
import type { BatchTensors, Objective } from './objective.ts';

/** What one training pass gives; every tensor outlives it. */
export type Backward = {
  /** The weighted objective, a scalar. */
  loss: tf.Scalar;
  /** `[n]` */
  losses: tf.Tensor1D;
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

/** Forward in training mode and backward, in operations that an engine can run or trace. */
export function backward(
  objective: Objective,
  batch: BatchTensors,
  importance?: tf.Tensor1D,
  withScores = true,
): Backward {
  const kept: { losses?: tf.Tensor1D; scores?: tf.Tensor1D; answers?: tf.Tensor2D; metrics: tf.Scalar[] } = {
    metrics: [],
  };
  const total = () => {
    const { outputs, losses, scores } = objective.pass(batch, true, withScores);
    // The scope that the gradient is taken in would dispose of them.
    kept.losses = tf.keep(losses);
    kept.scores = scores && tf.keep(scores);
    const answers = answersOf(objective.model, batch.ys, outputs);
    kept.answers = answers && tf.keep(answers);
    kept.metrics = objective.metrics(batch.ys, outputs, batch.lossWeights).map((metric) => tf.keep(metric));
    return objective.total(losses, importance);
  };
  const { value: loss, grads: byName } = tf.variableGrads(total, objective.parameters);
  const grads = objective.parameters.map((variable) => byName[variable.name] ?? undefined);
  return { loss, ...kept, losses: kept.losses!, finite: sumOf(grads), grads };
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
