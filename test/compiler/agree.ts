/** The oracle of the compiler's tests: the same function on TensorFlow.js's own `cpu` backend. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { type CompileOptions, compile, type InputSpec } from '../../src/compiler/index.ts';

export type Values = Record<string, Float32Array | Int32Array | Uint8Array | number[]>;

/** The largest difference relative to the largest magnitude of what is expected. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  tolerance = 1e-4,
): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  let scale = 1e-6;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i] - expected[i]) / scale;
    // NaN where NaN is expected is agreement; any other NaN is not.
    if (!(off <= worst) && !(Number.isNaN(actual[i]) && Number.isNaN(expected[i])))
      worst = Number.isNaN(off) ? Infinity : off;
  }
  expect(worst, `${what}: relative difference`).toBeLessThanOrEqual(tolerance);
}

/** Runs `fn` compiled and eagerly on the same inputs; every output must agree. Returns the eager outputs. */
export async function expectSame(
  fn: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  inputs: Record<string, tf.Tensor>,
  { tolerance, ...options }: CompileOptions & { tolerance?: number } = {},
): Promise<Record<string, ArrayLike<number>>> {
  const signature: Record<string, InputSpec> = {};
  for (const [name, x] of Object.entries(inputs)) signature[name] = { shape: x.shape, dtype: x.dtype as 'float32' };
  const compiled = compile(fn, signature, options);
  try {
    const actual = await compiled.run(inputs);
    const expected: Record<string, ArrayLike<number>> = {};
    for (const [name, tensor] of Object.entries(fn(inputs))) {
      expect(actual[name].shape, `${name}: shape`).toEqual(tensor.shape);
      expected[name] = tensor.dataSync();
      expectClose(actual[name].data, expected[name], name, tolerance);
    }
    return expected;
  } finally {
    await compiled.dispose();
  }
}

/** Numbers with a fixed seed; spread out, so that no two of them tie. */
export function noise(shape: number[], seed = 1, scale = 1): tf.Tensor {
  return tf.randomNormal(shape, 0, scale, 'float32', seed);
}

/** Fills a model's weights with fixed numbers (variances positive). */
export function seedWeights(model: tf.LayersModel): void {
  model.weights.forEach((weight, i) => {
    const values = noise([...(weight.shape as number[])], 100 + i, 0.3);
    weight.write(/variance/.test(weight.name) ? values.abs().add(0.5) : values);
  });
}

/** Steps of training as the tests take them: gradients of the loss, applied. */
export function trainingStep(
  model: tf.LayersModel,
  lossOf: (y: tf.Tensor, p: tf.Tensor) => tf.Tensor,
  optimizer?: tf.Optimizer,
) {
  return ({ x, y }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
    const { value, grads } = tf.variableGrads(() => {
      const fit = lossOf(y, model.apply(x, { training: true }) as tf.Tensor).mean();
      const penalty = model.calculateLosses();
      return penalty.reduce((sum, l) => sum.add(l), fit) as tf.Scalar;
    }, variables);
    optimizer?.applyGradients(grads);
    const outputs: Record<string, tf.Tensor> = { loss: value };
    for (const [i, v] of variables.entries()) outputs[`gradient ${i}`] = grads[v.name];
    return outputs;
  };
}
