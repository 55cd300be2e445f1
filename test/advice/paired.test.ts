import { describe, expect, it } from 'vitest';
import { GradientNoise } from '../../src/advice/outlook.ts';
import { compare } from '../../src/advice/paired.ts';
import { Random } from '../../src/sampling/random.ts';
import { moments } from '../support/statistics.ts';

const normals = (random: Random, n: number) => Float64Array.from({ length: n }, () => random.normal());

describe('compare', () => {
  const losses = normals(new Random(1), 50).map((z) => Math.exp(z));
  const moments12 = (scale: (k: number) => number) =>
    Array.from({ length: 12 }, (_, k) => scale(k)).map((factor) => losses.map((loss) => factor * loss));

  it('finds what is the same the same, and a constant factor without doubt', () => {
    const one = moments12(() => 1);
    expect(compare(one, one)).toEqual({ ratio: 1, low: 1, high: 1 });
    const { ratio, low, high } = compare(
      moments12(() => 0.5),
      one,
    );
    // Samples pair away whatever they have in common.
    for (const value of [ratio, low, high]) expect(value).toBeCloseTo(0.5, 12);
  });

  it('has the sampling error that samples drawn again and again show', () => {
    const random = new Random(2);
    const [N, n] = [20_000, 1000];
    const b = normals(random, N).map((z) => Math.exp(0.8 * z));
    const a = normals(random, N).map((z, i) => 0.7 * b[i] * Math.exp(0.5 * z));
    const logs: number[] = [];
    const halves: number[] = [];
    for (let k = 0; k < 1000; k++) {
      const rows = Array.from({ length: n }, () => random.integer(N));
      const pick = (all: Float64Array) => [Float64Array.from(rows, (i) => all[i])];
      const { ratio, low, high } = compare(pick(a), pick(b));
      logs.push(Math.log(ratio));
      halves.push(Math.log(high / low) / 2);
    }
    const spread = Math.sqrt(moments(logs).variance);
    // To the tenth that linearising and long tails may make.
    expect(moments(halves).mean / (1.96 * spread)).toBeGreaterThan(0.9);
    expect(moments(halves).mean / (1.96 * spread)).toBeLessThan(1.1);
  });

  it('has the scatter of the moments, which a trend does not add to', () => {
    const random = new Random(3);
    const sigma = 0.1;
    const halves: number[] = [];
    for (let k = 0; k < 2000; k++) {
      const noisy = moments12((moment) => Math.exp(sigma * random.normal() - 0.2 * moment));
      const { low, high } = compare(
        noisy,
        moments12(() => 1),
      );
      halves.push((Math.log(high / low) / 2 / (2.571 / Math.SQRT2)) ** 2);
    }
    // Five second differences of the last seven moments; four that are averaged count as two.
    expect(Math.sqrt(moments(halves).mean)).toBeGreaterThan(0.97 * sigma);
    expect(Math.sqrt(moments(halves).mean)).toBeLessThan(1.05 * sigma);
  });

  it('takes losses that have become zero, few moments, and one sample', () => {
    const zero = [Float64Array.of(0, 0)];
    expect(compare(zero, zero)).toEqual({ ratio: 1, low: 1, high: 1 });
    expect(compare(zero, [Float64Array.of(1, 2)]).ratio).toBe(0);
    expect(compare([Float64Array.of(1)], [Float64Array.of(4)])).toEqual({ ratio: 0.25, low: 0.25, high: 0.25 });
  });
});

describe('GradientNoise', () => {
  it('of two gradients is 1 − 2 g₁·g₂ / (‖g₁‖² + ‖g₂‖²)', () => {
    const noise = new GradientNoise();
    noise.add([Float32Array.of(3, 1), Float32Array.of(2)]);
    expect(noise.share).toBeUndefined();
    noise.add([Float32Array.of(1, -1), Float32Array.of(2)]);
    expect(noise.share).toBeCloseTo(1 - (2 * (3 - 1 + 4)) / (14 + 6), 12);
  });

  it('is the share that the noise has', () => {
    const random = new Random(4);
    const d = 500;
    // ‖E g‖² = 1 and noise of 3 in all.
    const shares = Array.from({ length: 200 }, () => {
      const noise = new GradientNoise();
      for (let k = 0; k < 10; k++) {
        noise.add([Float32Array.from({ length: d }, () => Math.sqrt(1 / d) + Math.sqrt(3 / d) * random.normal())]);
      }
      return noise.share as number;
    });
    expect(moments(shares).mean).toBeGreaterThan(0.74);
    expect(moments(shares).mean).toBeLessThan(0.76);
  });

  it('is not known where nothing moves', () => {
    const noise = new GradientNoise();
    for (let k = 0; k < 3; k++) noise.add([new Float32Array(3)]);
    expect(noise.share).toBeUndefined();
  });
});
