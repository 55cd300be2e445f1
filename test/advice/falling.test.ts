import { describe, expect, it } from 'vitest';
import { Falling } from '../../src/advice/falling.ts';
import { Random } from '../../src/sampling/random.ts';
import { moments } from '../support/statistics.ts';

const decay = 0.995;

function fallingOf(losses: ArrayLike<number>): Falling {
  const falling = new Falling();
  for (let k = 0; k < losses.length; k++) falling.observe(losses[k]);
  return falling;
}

/** The slope of the weighted line, in standard errors, from all losses at once. */
function slowly(losses: ArrayLike<number>): number {
  const n = losses.length;
  const d = Array.from({ length: n }, (_, k) => decay ** (n - 1 - k));
  const sum = (f: (k: number) => number) => d.reduce((total, weight, k) => total + weight * f(k), 0);
  const total = sum(() => 1);
  const squares = d.reduce((all, weight) => all + weight * weight, 0);
  const at = sum((k) => k) / total;
  const level = sum((k) => losses[k]) / total;
  const spread = sum((k) => (k - at) ** 2);
  const slope = sum((k) => (k - at) * (losses[k] - level)) / spread;
  const scatter = sum((k) => (losses[k] - level - slope * (k - at)) ** 2) / (total - (2 * squares) / total);
  // A fixed linear function of the losses, Σ d (k − t̄) l / spread, varies by Σ of its coefficients squared.
  const error = Math.sqrt(scatter * d.reduce((all, weight, k) => all + (weight * (k - at)) ** 2, 0)) / spread;
  return -slope / error;
}

const noisy = (seed: number, n: number, mean: (k: number) => number, scatter = 0.3) => {
  const random = new Random(seed);
  return Float64Array.from({ length: n }, (_, k) => mean(k) + scatter * random.normal());
};

describe('fall', () => {
  it.each([31, 60, 200, 1000, 5000])('after %i steps is that of weighted least squares', (n) => {
    for (const slope of [0, -0.002, 0.002]) {
      const losses = noisy(n, n, (k) => 2 + slope * k);
      const wanted = slowly(losses);
      expect(Math.abs(fallingOf(losses).fall! / wanted - 1)).toBeLessThan(1e-6);
    }
  });

  it.each([40, 150, 2000])('of losses that only scatter has mean 0 and variance 1, after %i steps', (n) => {
    const falls = Array.from({ length: 400 }, (_, seed) => fallingOf(noisy(seed, n, () => 1)).fall!);
    const { mean, variance } = moments(falls);
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(400));
    // The variance of 400 normal numbers has a standard error of √(2/400) = 0.07.
    expect(Math.abs(variance - 1)).toBeLessThan(0.3);
  });

  it('is positive where the loss falls, negative where it rises, and as large as the slope is clear', () => {
    const [slowFall, fastFall, rise] = [-0.001, -0.004, 0.004].map(
      (slope) => fallingOf(noisy(1, 600, (k) => slope * k)).fall!,
    );
    expect(slowFall).toBeGreaterThan(3);
    expect(fastFall).toBeGreaterThan(3 * slowFall);
    expect(rise).toBeLessThan(-10);
    expect(fallingOf(noisy(1, 600, (k) => -0.001 * k, 3)).fall!).toBeLessThan(3);
  });

  it('forgets: a fall long ago is none now', () => {
    const losses = noisy(3, 4000, (k) => Math.max(0.5, 3 - k / 200));
    expect(fallingOf(losses.subarray(0, 400)).fall).toBeGreaterThan(10);
    expect(Math.abs(fallingOf(losses).fall!)).toBeLessThan(3);
  });

  it('is unknown in the first 30 steps', () => {
    const losses = noisy(2, 31, () => 1);
    expect(fallingOf(losses.subarray(0, 30)).fall).toBeUndefined();
    expect(fallingOf(losses).fall).toBeDefined();
  });

  it.each([0, 0.7, 1e-30, 1e30])('is 0 where every loss is %d', (loss) => {
    const falling = new Falling();
    for (let k = 0; k < 3000; k++) {
      falling.observe(loss);
      if (k > 40) expect(Math.abs(falling.fall!)).toBeLessThan(0.1);
    }
  });

  it('of a line without scatter is large, and finite', () => {
    const fall = fallingOf(Array.from({ length: 500 }, (_, k) => 5 - k / 100)).fall!;
    expect(fall).toBeGreaterThan(1e3);
    expect(fall).toBeLessThan(Infinity);
  });
});
