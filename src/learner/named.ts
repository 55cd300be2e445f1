import type * as tf from '@tensorflow/tfjs';
import type { Output } from '../compiler/index.ts';
import type { NdArray } from '../data/samples.ts';
import type { ModelBatch } from './batch.ts';
import type { StepResult } from './learner.ts';
import type { BatchTensors } from './objective.ts';

/** Tensors by name, as a compiled function takes and gives them. */
export type Tensors = Record<string, tf.Tensor>;
export type Outputs = Readonly<Record<string, Output>>;

/** A batch as named inputs: x0, x1, … y0, … and c0, … for the loss weights. */
export function feeds(batch: ModelBatch): Record<string, NdArray> {
  const entries: [string, NdArray][] = [
    ...batch.xs.map((array, k): [string, NdArray] => [`x${k}`, array]),
    ...batch.ys.map((array, k): [string, NdArray] => [`y${k}`, array]),
    ...(batch.lossWeights ?? []).map((weights, k): [string, NdArray] => [
      `c${k}`,
      { data: weights, shape: [batch.size], dtype: 'float32' },
    ]),
  ];
  return Object.fromEntries(entries);
}

/** The shapes of a batch as named inputs. */
export const shapesOf = (batch: ModelBatch): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(feeds(batch)).map(([name, { shape }]) => [name, shape]));

/** The tensors of a batch among named inputs. */
export function tensorsOf(batch: ModelBatch, inputs: Tensors): BatchTensors {
  return {
    xs: batch.xs.map((_, k) => inputs[`x${k}`]),
    ys: batch.ys.map((_, k) => inputs[`y${k}`]),
    lossWeights: batch.lossWeights?.map((_, k) => inputs[`c${k}`]),
  };
}

/** The tensors of a pass as named outputs. */
export function named({ metrics, ...rest }: { metrics: tf.Tensor[] } & { [name: string]: unknown }): Tensors {
  const tensors = Object.entries(rest).filter(([, tensor]) => tensor !== undefined) as [string, tf.Tensor][];
  return Object.fromEntries([...tensors, ...metrics.map((metric, k) => [`metric${k}`, metric] as const)]);
}

/** What a pass gave, read from its named outputs. */
export function result(outputs: Outputs): StepResult {
  const metrics: number[] = [];
  for (let k = 0; outputs[`metric${k}`]; k++) metrics.push(scalar(outputs[`metric${k}`]));
  return {
    loss: scalar(outputs.loss),
    losses: outputs.losses.data as Float32Array,
    unweighted: outputs.unweighted?.data as Float32Array | undefined,
    scores: outputs.scores?.data as Float32Array | undefined,
    answers: outputs.answers?.data as Float32Array | undefined,
    metrics,
  };
}

/** The one number of an output. */
export function scalar(output: Output): number {
  return output.data[0];
}
