/** An importance iteration as one function of tensors, for a learner that traces them. */
import type * as tf from '@tensorflow/tfjs';
import { native, type Program } from '../compiler/index.ts';
import { type Backward, backward } from './backward.ts';
import type { ModelBatch } from './batch.ts';
import type { DrawRequest } from './learner.ts';
import type { BatchTensors, Objective } from './objective.ts';
import { hasOwnMinimize } from './optimizer.ts';
import { drawRows } from './resample.ts';

export type Iteration = Backward & {
  /** `[B]` scores of the pool. */
  poolScores: tf.Tensor;
  /** `[b]` */
  rows: tf.Tensor;
  /** `[b]` float64, unbiased and as used. */
  unbiased: tf.Tensor;
  weights: tf.Tensor;
};

/**
 * Scores the pool, draws b rows of it and differentiates their weighted loss: Algorithm 1 between two updates. The
 * compiler takes what the backward pass needs of the rows drawn from the forward pass of the pool, so that this costs
 * B·t_f + b·t_b where scoring first and training then costs B·t_f + b·(t_f + t_b).
 */
export function iteration(
  objective: Objective,
  pool: BatchTensors,
  numbers: tf.Tensor,
  { size, score, resample, mixture, weightPower, weightBound, cap }: DrawRequest,
): Iteration {
  const { losses, scores } = objective.look(pool, score === 'upper-bound');
  const poolScores = score === 'loss' ? losses : scores!;
  const drawn = native({ scores: poolScores, numbers }, (b, values) => {
    const capped = cap === undefined ? values.scores : b.binary('Min', values.scores, b.scalar(cap));
    const { rows, weights: unbiased } = drawRows(b, capped, values.numbers, {
      size,
      resample,
      mixture,
      weightPower: 1,
    });
    const power = weightPower === 1 ? unbiased : b.binary('Pow', unbiased, b.scalar(weightPower, 'float64'));
    const bounded = weightBound === Infinity ? power : b.binary('Min', power, b.scalar(weightBound, 'float64'));
    return { rows, unbiased, weights: bounded };
  });
  // Rows that were drawn are there: TensorFlow.js's gather would look whether they are.
  const take = (tensor: tf.Tensor) =>
    native({ tensor, rows: drawn.rows }, (b, values) => ({ taken: b.gather(values.tensor, values.rows, 0) })).taken;
  const chosen = { xs: pool.xs.map(take), ys: pool.ys.map(take), lossWeights: pool.lossWeights?.map(take) };
  return {
    ...backward(objective, chosen, drawn.weights as tf.Tensor1D),
    poolScores,
    rows: drawn.rows,
    unbiased: drawn.unbiased,
    weights: drawn.weights,
  };
}

/** Why such a draw has no graph of its own, if it has none. */
export function drawFault(
  pool: ModelBatch,
  { size, score, cap }: DrawRequest,
  optimizer: tf.Optimizer,
): string | undefined {
  if (hasOwnMinimize(optimizer)) return 'the optimizer makes the step itself';
  if (score === 'gradient-norm') return 'exact norms take a backward pass of the whole presample';
  if (score === 'uniform') return 'there is nothing to score';
  // The cap follows the scores; a graph for each would be compiled anew all the time.
  if (cap !== undefined) return 'scores are capped, at a limit that moves';
  return size < pool.size ? undefined : 'all of the presample is trained on';
}

/** Why a graph is no better than two passes: too little of the forward pass is the same in both. */
export function sharingFault({ whole, shared }: Program['statistics']['shared']): string | undefined {
  if (2 * shared >= whole) return undefined;
  const share = `${Math.round((100 * shared) / whole)} %`;
  return `training passes the samples forward in another way than scoring (batch normalisation, dropout): ${share} is the same`;
}
