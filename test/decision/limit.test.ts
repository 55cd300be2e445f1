import { describe, expect, it } from 'vitest';
import { Limit } from '../../src/decision/limit.ts';
import { Random } from '../../src/sampling/random.ts';
import { moments } from '../support/statistics.ts';

const decay = 0.995;

function limitOf(losses: ArrayLike<number>): Limit {
  const limit = new Limit();
  for (let k = 0; k < losses.length; k++) limit.observe(losses[k]);
  return limit;
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
      expect(Math.abs(limitOf(losses).fall! / wanted - 1)).toBeLessThan(1e-6);
    }
  });

  it.each([40, 150, 2000])('of losses that only scatter has mean 0 and variance 1, after %i steps', (n) => {
    const falls = Array.from({ length: 400 }, (_, seed) => limitOf(noisy(seed, n, () => 1)).fall!);
    const { mean, variance } = moments(falls);
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(400));
    // The variance of 400 normal numbers has a standard error of √(2/400) = 0.07.
    expect(Math.abs(variance - 1)).toBeLessThan(0.3);
  });

  it('is positive where the loss falls, negative where it rises, and as large as the slope is clear', () => {
    const [slowFall, fastFall, rise] = [-0.001, -0.004, 0.004].map(
      (slope) => limitOf(noisy(1, 600, (k) => slope * k)).fall!,
    );
    expect(slowFall).toBeGreaterThan(3);
    expect(fastFall).toBeGreaterThan(3 * slowFall);
    expect(rise).toBeLessThan(-10);
    expect(limitOf(noisy(1, 600, (k) => -0.001 * k, 3)).fall!).toBeLessThan(3);
  });

  it('forgets: a fall long ago is none now', () => {
    const losses = noisy(3, 4000, (k) => Math.max(0.5, 3 - k / 200));
    expect(limitOf(losses.subarray(0, 400)).fall).toBeGreaterThan(10);
    expect(Math.abs(limitOf(losses).fall!)).toBeLessThan(3);
  });

  it('is unknown in the first 30 steps', () => {
    const losses = noisy(2, 31, () => 1);
    expect(limitOf(losses.subarray(0, 30)).fall).toBeUndefined();
    expect(limitOf(losses).fall).toBeDefined();
  });

  it.each([0, 0.7, 1e-30, 1e30])('is 0 where every loss is %d', (loss) => {
    const limit = new Limit();
    for (let k = 0; k < 3000; k++) {
      limit.observe(loss);
      if (k > 40) expect(Math.abs(limit.fall!)).toBeLessThan(0.1);
    }
    expect(limit.lost).toBeCloseTo(0.9, 2);
  });

  it('of a line without scatter is large, and finite', () => {
    const fall = limitOf(Array.from({ length: 500 }, (_, k) => 5 - k / 100)).fall!;
    expect(fall).toBeGreaterThan(1e3);
    expect(fall).toBeLessThan(Infinity);
  });
});

describe('worth', () => {
  const limits = {
    new: new Limit(),
    falling: limitOf(noisy(1, 500, (k) => -0.01 * k)),
    flat: limitOf(noisy(1, 500, () => 1)),
    rising: limitOf(noisy(1, 500, (k) => 0.01 * k)),
  };

  it('loses half where the loss falls or nothing is known, nine tenths where it does not', () => {
    expect(limits.new.lost).toBe(0.5);
    expect(limits.falling.lost).toBeCloseTo(0.5, 6);
    expect(limits.flat.lost).toBeGreaterThan(0.7);
    expect(limits.rising.lost).toBe(0.9);
  });

  it.each(Object.entries(limits))('%s: 1 for a gain of 1, monotone, and the formula', (_, limit) => {
    expect(limit.worth(1)).toBe(1);
    let before = limit.worth(0.5);
    for (let gain = 0.6; gain < 20; gain += 0.1) {
      const worth = limit.worth(gain);
      expect(worth).toBeGreaterThan(before);
      before = worth;
    }
    expect(limit.worth(1e9)).toBeCloseTo(1 / (1 - limit.lost), 6);
    expect(limit.worth(2)).toBeCloseTo((1 - limit.lost / 2) / (1 - limit.lost), 12);
  });

  it('of the same gain is more where the loss does not fall', () => {
    expect(limits.flat.worth(2)).toBeGreaterThan(1.5 * limits.falling.worth(2));
  });

  it('is that of the quadratic model: f(x − η g) for f = ½ h x², g of mean h x and any variance', () => {
    // At η = 1/(h (1 + noise)) a step gains most, and half of it is taken back; a quarter of the noise then gives this.
    const [h, x, noise] = [2, 3, 5];
    const progress = (rate: number, variance: number) => rate * (h * x) ** 2 * (1 - (rate * h * (1 + variance)) / 2);
    const rate = 1 / (h * (1 + noise));
    const lost = (rate * h * (1 + noise)) / 2;
    expect(lost).toBeCloseTo(0.5, 12);
    const gain = (1 + noise) / (1 + noise / 4);
    expect(limits.new.worth(gain)).toBeCloseTo(progress(rate, noise / 4) / progress(rate, noise), 12);
  });
});

it('goes on from its state as if it had not stopped', () => {
  const losses = noisy(5, 300, (k) => 1 - k / 500);
  const one = limitOf(losses.subarray(0, 100));
  const two = new Limit();
  two.restore(one.state());
  for (const loss of losses.subarray(100)) for (const limit of [one, two]) limit.observe(loss);
  expect([two.fall, two.lost]).toEqual([one.fall, one.lost]);
});
