/** From the host to TensorFlow.js's tensors and back. */
import * as tf from '@tensorflow/tfjs';
import type { Backward } from './backward.ts';
import { type ModelBatch, toTensor } from './batch.ts';
import type { StepResult } from './learner.ts';
import type { BatchTensors } from './objective.ts';

/** The batch as tensors. The caller disposes of them. */
export function tensors(batch: ModelBatch): BatchTensors {
  return {
    xs: batch.xs.map(toTensor),
    ys: batch.ys.map(toTensor),
    lossWeights: batch.lossWeights?.map((weights) => tf.tensor1d(weights)),
  };
}

/** The values of a tensor that is not needed any more. */
export async function take(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

/** What a pass saw, on the host. */
export async function taken(pass: Omit<Backward, 'grads' | 'finite'>): Promise<StepResult> {
  const { loss, losses, unweighted, scores, answers, metrics } = pass;
  return {
    loss: (await take(loss))[0],
    losses: await take(losses),
    unweighted: unweighted && (await take(unweighted)),
    scores: scores && (await take(scores)),
    answers: answers && (await take(answers)),
    metrics: await Promise.all(metrics.map(async (metric) => (await take(metric))[0])),
  };
}
