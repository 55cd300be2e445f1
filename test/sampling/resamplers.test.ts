import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { biased } from '../../src/sampling/bias.ts';
import { distribution } from '../../src/sampling/distribution.ts';
import { Random } from '../../src/sampling/random.ts';
import { type ResamplerName, resampler, resamplers } from '../../src/sampling/resamplers.ts';
import { inclusionProbabilities } from '../../src/sampling/without-replacement.ts';
import { chiSquareTest, moments, zScore } from '../support/statistics.ts';
import { hostileScores } from './hostile.ts';

const names = Object.keys(resamplers) as ResamplerName[];
const mixtures = [0, 0.1, 0.5, 1];

// A pool on which wrong weights show: losses that follow the scores, the scores far from uniform.
const scores = [0.02, 0.05, 0.3, 0.5, 1, 2, 4, 9];
const losses = [0.1, 0.3, 0.2, 0.9, 0.7, 2.5, 3.1, 6];
const B = scores.length;
const mean = losses.reduce((a, l) => a + l / B, 0);

/** mean(w l) of one draw. */
const estimate = (rows: Int32Array, weights: Float64Array) =>
  rows.reduce((a, row, k) => a + (weights[k] * losses[row]) / rows.length, 0);

const counts = (rows: Int32Array, into = new Float64Array(B)) => {
  for (const row of rows) into[row]++;
  return into;
};

describe.each(names)('%s', (name) => {
  const draw = resampler(name);

  describe.each(mixtures)('with λ = %f', (mixture) => {
    const p = distribution(scores, { mixture });

    it.each([1, 3, 6, 8])('estimates the mean of the pool without bias, b = %i', (b) => {
      const random = new Random(100 * b + 10 * mixture);
      const estimates = Array.from({ length: 20_000 }, () => {
        const { rows, weights } = draw(p, b, random);
        return estimate(rows, weights);
      });
      expect(Math.abs(zScore(estimates, mean))).toBeLessThan(4);
    });

    it('leaves a bias where the weights are raised to k < 1, the one that enumeration gives', () => {
      const b = 3;
      const random = new Random(5);
      const pi = name === 'without-replacement' ? inclusionProbabilities(p, b) : p.map((q) => b * q);
      for (const k of [1, 0.5, 0, -1]) {
        // E mean(wᵏ l) = (1/b) Σ E[count] wᵏ l with w = b / (B π).
        const expected = losses.reduce((a, l, i) => a + (pi[i] * (b / (B * pi[i])) ** k * l) / b, 0);
        if (k === 1) expect(expected).toBeCloseTo(mean, 12);
        const estimates = Array.from({ length: 10_000 }, () => {
          const { rows, weights } = draw(p, b, random);
          return estimate(rows, biased(weights, k));
        });
        expect(Math.abs(zScore(estimates, expected)), `k = ${k}`).toBeLessThan(4);
      }
    });

    it('bounds every weight by 1 / λ', () => {
      const random = new Random(6);
      for (let i = 0; i < 500; i++) {
        const heaviest = Math.max(...draw(p, 4, random).weights);
        expect(heaviest).toBeLessThanOrEqual((1 / mixture) * (1 + 1e-12));
      }
    });
  });

  it('draws b rows of the pool with finite weights from any scores, none of chance zero, the same for the same seed', () => {
    fc.assert(
      fc.property(
        hostileScores(),
        fc.constantFrom(...mixtures),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (s, mixture, share, seed) => {
          const p = distribution(s, { mixture });
          const b = 1 + Math.round(share * (s.length - 1));
          const { rows, weights } = draw(p, b, new Random(seed));
          expect(rows.length).toBe(b);
          expect(weights.length).toBe(b);
          const positive = p.filter((q) => q > 0).length;
          rows.forEach((row, k) => {
            expect(row >= 0 && row < s.length).toBe(true);
            if (name !== 'without-replacement' || b <= positive) expect(p[row]).toBeGreaterThan(0);
            expect(weights[k] > 0 && weights[k] < Infinity).toBe(true);
          });
          if (name === 'without-replacement') expect(new Set(rows).size).toBe(b);
          expect(draw(p, b, new Random(seed))).toEqual({ rows, weights });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is a function of its numbers, which a random source only brings', () => {
    const p = distribution(scores, { mixture: 0.1 });
    const numbers = draw.numbers(B, 3, new Random(12));
    expect(draw.from(p, 3, numbers)).toEqual(draw(p, 3, new Random(12)));
    expect(draw.from(p, 3, numbers)).toEqual(draw.from(p, 3, numbers));
    const short = numbers.subarray(1);
    expect(() => draw.from(p, 3, short)).toThrow(`got ${short.length}, expected ${numbers.length} for 3 of 8`);
  });

  it('draws well from numbers at the ends of their range, and from keys that are all equal', () => {
    const numbers = fc.constantFrom(0, 2 ** -53, 0.5, 1 - 2 ** -53);
    fc.assert(
      fc.property(
        hostileScores(),
        fc.constantFrom(...mixtures),
        fc.nat(100),
        numbers,
        numbers,
        (s, mixture, n, u, v) => {
          const p = distribution(s, { mixture });
          const b = 1 + (n % s.length);
          const given = draw.numbers(s.length, b, new Random(1)).fill(u);
          given[given.length - 1] = v;
          const { rows, weights } = draw.from(p, b, given);
          const positive = p.filter((q) => q > 0).length;
          rows.forEach((row, k) => {
            if (name !== 'without-replacement' || b <= positive) expect(p[row]).toBeGreaterThan(0);
            // An offset of exactly 0 can find a row whose chance is too small for the weight to be a number.
            expect(weights[k]).toBeGreaterThan(0);
          });
          if (name === 'without-replacement') expect(new Set(rows).size).toBe(b);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives weights of one where the scores are equal', () => {
    for (const b of [1, 3, 7]) {
      for (const w of draw(distribution(new Float64Array(7)), b, new Random(1)).weights) expect(w).toBeCloseTo(1, 12);
    }
  });

  it('estimates without bias what a one-hot score leaves to estimate', () => {
    const { rows, weights } = draw([0, 0, 1, 0], 1, new Random(1));
    expect([...rows]).toEqual([2]);
    expect([...weights]).toEqual([0.25]);
  });

  it('refuses bad numbers to draw and bad probabilities', () => {
    const random = new Random(1);
    for (const b of [0, -1, 1.5, Number.NaN]) expect(() => draw([1, 1], b, random)).toThrow(/that many.*integer/);
    expect(() => draw([0, 0], 1, random)).toThrow(/every probability is zero/);
    expect(() => draw([0.5, Number.NaN], 1, random)).toThrow(/NaN for sample 1/);
    expect(() => draw([], 1, random)).toThrow(/no scores/);
  });
});

describe('multinomial', () => {
  it('draws each row with its probability, independently', () => {
    const p = distribution(scores);
    const random = new Random(2);
    const total = new Float64Array(B);
    const pairs = new Float64Array(B * B);
    for (let i = 0; i < 50_000; i++) {
      const { rows } = resamplers.multinomial(p, 2, random);
      counts(rows, total);
      pairs[rows[0] * B + rows[1]]++;
    }
    expect(
      chiSquareTest(
        total,
        p.map((q) => 100_000 * q),
      ),
    ).toBeGreaterThan(1e-3);
    const frequent = [...pairs.keys()].filter((i) => p[Math.floor(i / B)] * p[i % B] * 50_000 > 5);
    const expected = frequent.map((i) => p[Math.floor(i / B)] * p[i % B] * 50_000);
    expect(
      chiSquareTest(
        frequent.map((i) => pairs[i]),
        expected,
      ),
    ).toBeGreaterThan(1e-3);
  });

  it('has the variance that the identity promises', () => {
    const p = distribution(scores);
    const random = new Random(3);
    const estimates = Array.from({ length: 100_000 }, () => {
      const { rows, weights } = resamplers.multinomial(p, 1, random);
      return estimate(rows, weights);
    });
    const exact = losses.reduce((a, l, i) => a + l ** 2 / (B * B * p[i]), 0) - mean ** 2;
    expect(moments(estimates).variance / exact).toBeCloseTo(1, 1);
  });
});

describe('systematic', () => {
  const b = 5;
  const p = distribution(scores);

  it('draws each row ⌊b p⌋ or ⌈b p⌉ times, b p on average', () => {
    const random = new Random(4);
    const total = new Float64Array(B);
    let farthest = 0;
    for (let i = 0; i < 20_000; i++) {
      const now = counts(resamplers.systematic(p, b, random).rows);
      for (let row = 0; row < B; row++) {
        farthest = Math.max(farthest, Math.abs(now[row] - b * p[row]));
        total[row] += now[row];
      }
    }
    expect(farthest).toBeLessThan(1);
    for (let row = 0; row < B; row++) {
      const q = (b * p[row]) % 1;
      const z = (total[row] - 20_000 * b * p[row]) / Math.sqrt(20_000 * q * (1 - q));
      expect(Math.abs(z)).toBeLessThan(4);
    }
  });

  it('varies less than multinomial', () => {
    const variance = (name: ResamplerName) => {
      const random = new Random(5);
      const estimates = Array.from({ length: 5000 }, () => {
        const { rows, weights } = resamplers[name](p, b, random);
        return estimate(rows, weights);
      });
      return moments(estimates).variance;
    };
    expect(variance('systematic')).toBeLessThan(0.8 * variance('multinomial'));
    expect(variance('without-replacement')).toBeLessThan(variance('systematic'));
  });
});

describe('without-replacement', () => {
  it('π = min(1, c p) with Σπ = b, whatever the scores', () => {
    fc.assert(
      fc.property(hostileScores(), fc.constantFrom(...mixtures), fc.nat(100), (s, mixture, pick) => {
        const p = distribution(s, { mixture });
        const b = 1 + (pick % s.length);
        const pi = inclusionProbabilities(p, b);
        expect(pi.reduce((a, q) => a + q, 0)).toBeCloseTo(b, 9);
        const below = [...pi.keys()].filter((i) => pi[i] < 1);
        const c = Math.max(...below.map((i) => (p[i] > 0 ? pi[i] / p[i] : 0)));
        for (const i of pi.keys()) {
          expect(pi[i] >= 0 && pi[i] <= 1 + 1e-12).toBe(true);
          if (pi[i] === 1 && below.some((j) => pi[j] > 0 && p[j] > 0))
            expect(c * p[i]).toBeGreaterThanOrEqual(1 - 1e-9);
          else if (c > 0 && p[i] > 1e-290 && pi[i] < 1) expect(pi[i] / (c * p[i])).toBeCloseTo(1, 9);
        }
      }),
    );
  });

  it('agrees with a bisection for c', () => {
    const p = distribution(scores);
    for (let b = 1; b <= B; b++) {
      let [low, high] = [0, 1e6];
      for (let i = 0; i < 200; i++) {
        const c = (low + high) / 2;
        if (p.reduce((a, q) => a + Math.min(1, c * q), 0) < b) low = c;
        else high = c;
      }
      inclusionProbabilities(p, b).forEach((pi, i) => {
        expect(pi).toBeCloseTo(Math.min(1, high * p[i]), 10);
      });
    }
  });

  it.each([1, 2, 4, 7])('includes each row with probability π, b = %i', (b) => {
    const p = distribution(scores, { mixture: 0.05 });
    const pi = inclusionProbabilities(p, b);
    const random = new Random(b);
    const n = 30_000;
    const included = new Float64Array(B);
    for (let i = 0; i < n; i++) counts(resamplers['without-replacement'](p, b, random).rows, included);
    for (let i = 0; i < B; i++) {
      if (pi[i] === 1) expect(included[i]).toBe(n);
      else expect(Math.abs(included[i] - n * pi[i]) / Math.sqrt(n * pi[i] * (1 - pi[i]))).toBeLessThan(4);
    }
  });

  it('is exact when the whole pool is drawn: the mean itself, without variance', () => {
    for (const mixture of mixtures) {
      const { rows, weights } = resamplers['without-replacement'](distribution(scores, { mixture }), B, new Random(1));
      expect([...rows].sort()).toEqual([...Array(B).keys()]);
      expect(estimate(rows, weights)).toBeCloseTo(mean, 12);
    }
  });

  it('estimates the mean without bias where fewer than b scores are positive', () => {
    const p = distribution([0, 0, 0, 3, 0, 1, 0, 0]);
    const random = new Random(8);
    const estimates = Array.from({ length: 20_000 }, () => {
      const { rows, weights } = resamplers['without-replacement'](p, 4, random);
      if (!rows.includes(3) || !rows.includes(5)) throw new Error(`left out a certain row: ${rows}`);
      return estimate(rows, weights);
    });
    expect(Math.abs(zScore(estimates, mean))).toBeLessThan(4);
  });

  it('would be biased with the weights of a draw with replacement, 1 / (B p)', () => {
    const p = distribution(scores);
    const random = new Random(9);
    const estimates = Array.from({ length: 20_000 }, () => {
      const { rows } = resamplers['without-replacement'](p, 4, random);
      return estimate(
        rows,
        Float64Array.from(rows, (row) => 1 / (B * p[row])),
      );
    });
    expect(Math.abs(zScore(estimates, mean))).toBeGreaterThan(20);
  });

  it('refuses to draw more than the pool', () => {
    expect(() => resamplers['without-replacement']([1, 1], 3, new Random(1))).toThrow(/got 3, expected .* 1 to the 2/);
  });
});

describe('resampler', () => {
  it('names the nearest where there is none of that name', () => {
    expect(() => resampler('systemic' as ResamplerName)).toThrow("did you mean 'systematic'?");
    expect(() => resampler('withoutReplacement' as ResamplerName)).toThrow("did you mean 'without-replacement'?");
    expect(() => resampler('toString' as ResamplerName)).toThrow(/unknown resampler.*one of 'multinomial'/);
  });
});
