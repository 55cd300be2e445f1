import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { augmented } from '../../src/data/augment.ts';
import { ByteImages } from '../../src/data/images.ts';
import { inverseSquareRoot } from '../../src/data/inverse-square-root.ts';
import { whitened, whitenSplits, zca } from '../../src/data/zca.ts';
import { noise } from './temporary.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix by Jacobi's rotations, in float64: slow and sure. */
function eigen(A: Float64Array, d: number): { values: number[]; vectors: Float64Array } {
  const a = A.slice();
  const v = Float64Array.from({ length: d * d }, (_, k) => (k % (d + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < d; p++) {
      for (let q = p + 1; q < d; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p * d + q], a[q * d + q] - a[p * d + p]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const m of [a, v]) {
          for (let i = 0; i < d; i++) {
            const [x, y] = [m[i * d + p], m[i * d + q]];
            [m[i * d + p], m[i * d + q]] = [c * x - s * y, s * x + c * y];
          }
        }
        for (let i = 0; i < d; i++) {
          const [x, y] = [a[p * d + i], a[q * d + i]];
          [a[p * d + i], a[q * d + i]] = [c * x - s * y, s * x + c * y];
        }
      }
    }
  }
  return { values: Array.from({ length: d }, (_, i) => a[i * d + i]), vectors: v };
}

function spd(d: number, condition: number): Float64Array {
  const random = noise(d * d, 5);
  const { vectors: Q } = eigen(
    Float64Array.from({ length: d * d }, (_, k) => random[k] + random[(k % d) * d + Math.floor(k / d)]),
    d,
  );
  const values = Array.from({ length: d }, (_, i) => condition ** (-i / (d - 1)));
  return Float64Array.from({ length: d * d }, (_, k) =>
    values.reduce((sum, value, j) => sum + value * Q[Math.floor(k / d) * d + j] * Q[(k % d) * d + j], 0),
  );
}

/** V diag(f(λ)) Vᵀ. */
function ofMatrix(A: Float64Array, d: number, f: (value: number) => number): Float64Array {
  const { values, vectors: v } = eigen(A, d);
  return Float64Array.from({ length: d * d }, (_, k) =>
    values.reduce((sum, value, j) => sum + f(value) * v[Math.floor(k / d) * d + j] * v[(k % d) * d + j], 0),
  );
}

test.for([1, 10, 1e3, 1e5])('the inverse square root is that of the eigenvalues, condition %d', async (condition) => {
  const d = 24;
  const A = spd(d, condition);
  const root = await inverseSquareRoot(A, d, 1 / condition);
  const exact = ofMatrix(A, d, (value) => value ** -0.5);
  const largest = Math.sqrt(condition);
  for (let k = 0; k < d * d; k++)
    expect(Math.abs(root[k] - exact[k]) / largest).toBeLessThan(1e-6 * Math.max(1, condition / 100));
});

const count = 300;
const images = new ByteImages({
  name: 'noise',
  // Neighbours alike, as in pictures.
  pixels: noise(count * 12).map((_, i, all) => (all[i] + 3 * all[12 * Math.floor(i / 12)]) >> 2),
  labels: new Uint8Array(count),
  height: 2,
  width: 2,
  channels: 3,
  classNames: ['all'],
});

test('whitened inputs have mean 0 and, but for ε, covariance I; the matrix is that of the definition', async () => {
  const epsilon = 1e-3;
  const whitening = await zca(images, { epsilon });
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const x = images.batch(all).xs.data;
  const covarianceOf = (data: Float32Array) => {
    const mean = Array.from({ length: 12 }, (_, j) => all.reduce((sum, i) => sum + data[12 * i + j], 0) / count);
    const C = Float64Array.from({ length: 144 }, (_, k) => {
      const [a, b] = [Math.floor(k / 12), k % 12];
      return all.reduce((sum, i) => sum + (data[12 * i + a] - mean[a]) * (data[12 * i + b] - mean[b]), 0) / count;
    });
    return { mean, C };
  };
  const { mean, C } = covarianceOf(x);
  let trace = 0;
  for (let j = 0; j < 12; j++) {
    expect(whitening.mean[j]).toBeCloseTo(mean[j], 6);
    trace += C[13 * j];
  }
  const exact = ofMatrix(C, 12, (value) => (value + (epsilon * trace) / 12) ** -0.5);
  for (let k = 0; k < 144; k++)
    expect(Math.abs(whitening.matrix[k] / Math.max(...exact) - exact[k] / Math.max(...exact))).toBeLessThan(1e-4);
  const after = covarianceOf((await whitened(images, whitening).batch(all)).xs.data as Float32Array);
  const shrunk = ofMatrix(C, 12, (value) => value / (value + (epsilon * trace) / 12));
  for (let k = 0; k < 144; k++) expect(after.C[k]).toBeCloseTo(shrunk[k], 3);
  for (const value of after.mean) expect(Math.abs(value)).toBeLessThan(1e-3);
});

test('the test part is whitened by the training part; a sample is the same in any company, kept or not', async () => {
  const part = { train: images, test: images };
  const { train, test } = await whitenSplits(part);
  const alone = (await test.batch([7])).xs.data;
  expect((await train.batch([3, 7, 7])).xs.data.slice(12, 24)).toEqual(alone);
  const forgetful = whitened(images, await zca(images), 0);
  expect((await forgetful.batch([5, 7])).xs.data.slice(12)).toEqual(alone);
  expect((await forgetful.batch([7, 5])).xs.data.slice(0, 12)).toEqual(alone);
  // Augmented samples are moved after whitening, as pictures are.
  const moved = augmented(train, { copies: 2, shift: 0, flip: false });
  expect((await moved.batch([7 + count])).xs.data).toEqual(alone);
  expect(tf.memory().numTensors).toBe(0);
});

test('what cannot be whitened is said', async () => {
  await expect(zca(images, { epsilon: 0 })).rejects.toThrow(/bad epsilon of whitening: got 0/);
  const flat = new ByteImages({
    ...images,
    pixels: new Uint8Array(24),
    labels: new Uint8Array(2),
    height: 2,
    width: 2,
    channels: 3,
    classNames: ['all'],
    name: 'flat',
  });
  await expect(zca(flat)).rejects.toThrow(/flat cannot be whitened: got a variance of 0/);
  const { matrix } = await zca(images);
  expect(() => whitened(images, { mean: new Float32Array(3), matrix })).toThrow(/got inputs of 12 numbers, expected 3/);
});
