import type { Parameters } from '../../learner/learner.ts';

/** Arithmetic on parameters and gradients: one flat array per variable, O(parameters) each. */

/** A sum of many vectors, in float64. */
export type Sum = Float64Array[];

export function copy(x: Parameters): Parameters {
  return x.map((part) => part.slice());
}

export function zerosLike(x: Parameters): Sum {
  return x.map((part) => new Float64Array(part.length));
}

/** a ← a + c x. */
export function addScaled(a: Parameters | Sum, c: number, x: Parameters | Sum): void {
  for (const [k, to] of a.entries()) {
    const from = x[k];
    for (let i = 0; i < to.length; i++) to[i] += c * from[i];
  }
}

/** Rounded to float32. */
export function rounded(sum: Sum): Parameters {
  return sum.map((part) => Float32Array.from(part));
}

/** v = g(x) − g(x̃) + μ, in place of g(x). */
export function reduceVariance(gradient: Parameters, atSnapshot: Parameters, mean: Parameters | Sum): Parameters {
  for (const [k, g] of gradient.entries()) {
    const h = atSnapshot[k];
    const mu = mean[k];
    for (let i = 0; i < g.length; i++) g[i] = g[i] - h[i] + mu[i];
  }
  return gradient;
}
