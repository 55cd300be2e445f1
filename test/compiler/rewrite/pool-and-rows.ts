/** A function of a pool and the gradient of the same function of rows of it, compiled and on the cpu backend. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { compile, type InputSpec } from '../../../src/compiler/index.ts';
import { expectClose } from '../agree.ts';

type Tensors = Record<string, tf.Tensor>;

/** Losses `[n]` of n samples; `training` is false for the pool. */
export type Losses = (samples: Tensors, training: boolean) => tf.Tensor;

/**
 * The rows depend on the losses of the pool, as those of a draw do: none can be known before the pool is passed forward.
 */
export function poolAndRows(losses: Losses, variables: tf.Variable[]) {
  return ({ rows, ...pool }: Tensors): Tensors => {
    const ofPool = losses(pool, false);
    const drawn = rows.add(ofPool.sum().mul(0).toInt()) as tf.Tensor1D;
    const chosen = Object.fromEntries(Object.entries(pool).map(([name, x]) => [name, tf.gather(x, drawn)]));
    let ofRows: tf.Tensor | undefined;
    const { value, grads } = tf.variableGrads(() => {
      ofRows = tf.keep(losses(chosen, true));
      return ofRows.mul(tf.linspace(1, 2, ofRows.shape[0]!)).mean() as tf.Scalar;
    }, variables);
    const gradients = variables.map((v, i) => [`gradient ${i}, ${v.name}`, grads[v.name]] as const);
    return {
      'losses of the pool': ofPool,
      'losses of the rows': ofRows!,
      loss: value,
      ...Object.fromEntries(gradients),
    };
  };
}

/** The work of the forward pass of the pool and how much of it is not done again, once all numbers agree. */
export async function sharedWork(
  losses: Losses,
  variables: tf.Variable[],
  pool: Tensors,
  rows: readonly number[],
  tolerance = 1e-4,
): Promise<{ readonly whole: number; readonly shared: number }> {
  const fn = poolAndRows(losses, variables);
  const inputs: Tensors = { ...pool, rows: tf.tensor1d([...rows], 'int32') };
  const signature = Object.entries(inputs).map(([name, x]): [string, InputSpec] => {
    return [name, { shape: x.shape, dtype: x.dtype as 'float32' }];
  });
  const compiled = compile(fn, Object.fromEntries(signature));
  try {
    const actual = await compiled.run(inputs);
    for (const [name, tensor] of Object.entries(fn(inputs))) {
      expect(actual[name].shape, `${name}: shape`).toEqual(tensor.shape);
      expectClose(actual[name].data, tensor.dataSync(), name, tolerance);
    }
    return compiled.programs[0].statistics.shared;
  } finally {
    await compiled.dispose();
  }
}

/** Squared errors of a model's outputs from targets `y0`, `y1`, …; its inputs are `x0`, `x1`, …. */
export function squaredErrors(model: tf.LayersModel, training = false): Losses {
  return (samples, isTraining) => {
    const xs = model.inputs.map((_, i) => samples[`x${i}`]);
    const given = model.apply(xs.length === 1 ? xs[0] : xs, { training: training && isTraining });
    const outputs = (Array.isArray(given) ? given : [given]) as tf.Tensor[];
    const errors = outputs.map((p, i) => {
      const n = p.shape[0];
      return samples[`y${i}`].sub(p).square().reshape([n, -1]).mean(1);
    });
    return tf.addN(errors);
  };
}

export const trainable = (model: tf.LayersModel): tf.Variable[] =>
  model.trainableWeights.map((w) => w.read() as tf.Variable);
