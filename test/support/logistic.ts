import * as tf from '@tensorflow/tfjs';
import { mnist } from '../../src/data/load.ts';

/** Logistic regression with the regulariser λ‖w‖² on rows of `x`, targets 0 and 1. */
export interface Logistic {
  readonly n: number;
  readonly d: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly lambda: number;
  /** Smoothness: ¼ max‖xᵢ‖² + 2λ. */
  readonly L: number;
}

/** The first `n` zeros and ones of MNIST, as 7 × 7 means and a constant, scaled to a mean square norm of 1. */
export async function zerosAndOnes(n: number, lambda: number): Promise<Logistic> {
  const { train } = await mnist();
  const chosen: number[] = [];
  for (let i = 0; chosen.length < n; i++) if (train.labels[i] < 2) chosen.push(i);
  const d = 50;
  const x = new Float32Array(n * d);
  for (const [row, i] of chosen.entries()) {
    const { data } = train.image(i);
    for (let p = 0; p < 784; p++) {
      const at = 7 * Math.floor(p / 28 / 4) + Math.floor((p % 28) / 4);
      x[row * d + at] += data[p] / 255 / 16;
    }
    x[row * d + 49] = 1;
  }
  const norm = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / n);
  for (let k = 0; k < x.length; k++) x[k] /= norm;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, dot(x, i * d, x.subarray(i * d), d));
  const y = Float32Array.from(chosen, (i) => train.labels[i]);
  return { n, d, x, y, lambda, L: largest / 4 + 2 * lambda };
}

/** The problem as a model; its loss takes logits, so that float32 does not round probabilities. */
export function logisticModel({ d, lambda }: Logistic, optimizer: tf.Optimizer): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 1,
        useBias: false,
        inputShape: [d],
        kernelInitializer: 'zeros',
        kernelRegularizer: tf.regularizers.l2({ l2: lambda }),
      }),
    ],
  });
  const loss = (y: tf.Tensor, z: tf.Tensor) =>
    tf.losses.sigmoidCrossEntropy(y, z, undefined, 0, tf.Reduction.NONE) as tf.Tensor;
  model.compile({ optimizer, loss });
  return model;
}

/** The objective in float64. */
export function objective({ n, d, x, y, lambda }: Logistic, w: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const z = dot(x, i * d, w, d);
    sum += Math.max(z, 0) - z * y[i] + Math.log1p(Math.exp(-Math.abs(z)));
  }
  let norm = 0;
  for (let k = 0; k < d; k++) norm += w[k] * w[k];
  return sum / n + lambda * norm;
}

/** ∇f(w) in float64. */
export function fullGradient({ n, d, x, y, lambda }: Logistic, w: ArrayLike<number>): Float64Array {
  const gradient = Float64Array.from({ length: d }, (_, k) => 2 * lambda * w[k]);
  for (let i = 0; i < n; i++) {
    const residual = (sigmoid(dot(x, i * d, w, d)) - y[i]) / n;
    for (let k = 0; k < d; k++) gradient[k] += residual * x[i * d + k];
  }
  return gradient;
}

/** The smallest value of the objective, by Newton's method to the last digit. */
export function optimum(problem: Logistic): { w: Float64Array; value: number } {
  const { n, d, x, lambda } = problem;
  const w = new Float64Array(d);
  for (let iteration = 0; iteration < 50; iteration++) {
    const gradient = fullGradient(problem, w);
    if (Math.sqrt(dot(gradient, 0, gradient, d)) < 1e-14) break;
    const hessian = Array.from({ length: d }, (_, k) => {
      const row = new Float64Array(d);
      row[k] = 2 * lambda;
      return row;
    });
    for (let i = 0; i < n; i++) {
      const p = sigmoid(dot(x, i * d, w, d));
      const curvature = (p * (1 - p)) / n;
      for (let k = 0; k < d; k++) {
        const scaled = curvature * x[i * d + k];
        if (scaled !== 0) for (let l = 0; l <= k; l++) hessian[k][l] += scaled * x[i * d + l];
      }
    }
    const step = solve(hessian, gradient);
    for (let k = 0; k < d; k++) w[k] -= step[k];
  }
  return { w, value: objective(problem, w) };
}

/** H⁻¹ g by Cholesky's decomposition; reads the lower triangle. */
function solve(h: Float64Array[], g: Float64Array): Float64Array {
  const d = g.length;
  for (let k = 0; k < d; k++) {
    for (let l = 0; l <= k; l++) {
      const rest = h[k][l] - dot(h[k], 0, h[l], l);
      h[k][l] = k === l ? Math.sqrt(rest) : rest / h[l][l];
    }
  }
  const s = g.slice();
  for (let k = 0; k < d; k++) s[k] = (s[k] - dot(h[k], 0, s, k)) / h[k][k];
  for (let k = d - 1; k >= 0; k--) {
    for (let l = k + 1; l < d; l++) s[k] -= h[l][k] * s[l];
    s[k] /= h[k][k];
  }
  return s;
}

function dot(a: ArrayLike<number>, from: number, b: ArrayLike<number>, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += a[from + k] * b[k];
  return sum;
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
