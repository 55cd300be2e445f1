import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distribution } from '../../src/sampling/distribution.ts';
import { Random } from '../../src/sampling/random.ts';
import { ess, TauAverage, tau, varianceReduction } from '../../src/sampling/tau.ts';
import { hostileScores } from './hostile.ts';

const random = new Random(1);
const norms = Array.from({ length: 50 }, () => random.exponential());
const p = distribution(norms);
const B = norms.length;
const u = 1 / B;

describe('tau', () => {
  it('is the equation of the slides, (1 − Σ(g − u)² / Σg²)⁻¹, and its square root', () => {
    const squares = p.reduce((a, g) => a + g * g, 0);
    const distance = p.reduce((a, g) => a + (g - u) ** 2, 0);
    expect(tau(p, 'slides')).toBeCloseTo((1 - distance / squares) ** -1, 12);
    expect(tau(p, 'paper')).toBeCloseTo(1 / Math.sqrt(1 - distance / squares), 12);
    expect(tau(p)).toBe(tau(p, 'paper'));
  });

  it('is B Σp², 1 + CV² and B / ESS', () => {
    const slides = tau(p, 'slides');
    const variance = p.reduce((a, g) => a + (g - u) ** 2, 0) / B;
    expect(slides).toBeCloseTo(B * p.reduce((a, g) => a + g * g, 0), 12);
    expect(slides).toBeCloseTo(1 + variance / u ** 2, 12);
    expect(slides).toBeCloseTo(B / ess(p), 12);
  });

  it('is 1 for uniform, B for one-hot, and does not depend on the scale', () => {
    for (const form of ['slides', 'paper'] as const) {
      for (const c of [0, 1e-300, 0.1, 1, 1e300]) expect(tau([c, c, c, c, c, c, c], form)).toBe(1);
      for (const c of [2 ** -900, 1e-5, 3, 2 ** 900]) {
        expect(
          tau(
            norms.map((s) => c * s),
            form,
          ),
        ).toBeCloseTo(tau(norms, form), 12);
      }
    }
    expect(tau([0, 5, 0, 0], 'slides')).toBe(4);
    expect(tau([0, 5, 0, 0], 'paper')).toBe(2);
  });

  it('is between 1 and B, and ESS between B and 1, whatever the scores', () => {
    fc.assert(
      fc.property(hostileScores(), (scores) => {
        expect(tau(scores, 'slides')).toBeGreaterThanOrEqual(1);
        expect(tau(scores, 'slides')).toBeLessThanOrEqual(scores.length * (1 + 1e-12));
        expect(ess(scores)).toBeGreaterThanOrEqual(1 - 1e-12);
      }),
    );
  });
});

describe('varianceReduction', () => {
  /** The variance of one draw of w G by enumeration; the G are vectors in the plane with the given norms. */
  const spread = (q: ArrayLike<number>, angles: number[]) => {
    const mean = [0, 1].map((d) => norms.reduce((a, n, i) => a + n * Math.cos(angles[i] - (d * Math.PI) / 2), 0) / B);
    let second = 0;
    for (let i = 0; i < B; i++) second += q[i] * (norms[i] / (B * q[i])) ** 2;
    return second - mean[0] ** 2 - mean[1] ** 2;
  };

  it('is the difference of the traces of the covariances, for any p', () => {
    const angles = norms.map(() => random.uniform() * 2 * Math.PI);
    const uniform = new Float64Array(B).fill(u);
    for (const q of [p, distribution(norms, { mixture: 0.3 }), uniform]) {
      expect(varianceReduction(norms, q)).toBeCloseTo(spread(uniform, angles) - spread(q, angles), 10);
    }
    expect(varianceReduction(norms, uniform)).toBeCloseTo(0, 12);
  });

  it('is (1/B) (Σ‖G‖)² Σ(p − u)² for the exact norms', () => {
    const total = norms.reduce((a, b) => a + b, 0);
    const distance = p.reduce((a, g) => a + (g - u) ** 2, 0);
    expect(varianceReduction(norms, p)).toBeCloseTo((total ** 2 * distance) / B, 10);
  });

  it('counts what is never drawn as lost only where there is something to lose', () => {
    expect(varianceReduction([0, 2], [0, 1])).toBe(1);
    expect(varianceReduction([1, 2], [0, 1])).toBe(-Infinity);
  });
});

describe('TauAverage', () => {
  it('is the moving average of Algorithm 1, from 0', () => {
    const average = new TauAverage();
    expect(average.value).toBe(0);
    expect(average.update(p)).toBeCloseTo(0.1 * tau(p), 15);
    expect(average.update(norms)).toBeCloseTo(0.19 * tau(p), 12);
  });

  it('is known once it can be a τ', () => {
    const average = new TauAverage();
    const known = Array.from({ length: 80 }, () => {
      average.update([1, 1]);
      return average.known;
    });
    expect(known.slice(0, 60)).toEqual(Array(60).fill(undefined));
    expect(known.at(-1)).toBe(1);
  });

  it('goes on from its state', () => {
    const average = new TauAverage({ form: 'slides', decay: 0.5 });
    average.update(p);
    const copy = new TauAverage(JSON.parse(JSON.stringify(average.state())));
    expect(copy.update([1, 2, 3])).toBe(average.update([1, 2, 3]));
    expect(copy.form).toBe('slides');
  });

  it('refuses unknown forms and decays', () => {
    expect(() => new TauAverage({ form: 'root' as 'paper' })).toThrow(/form of TauAverage/);
    for (const decay of [-0.1, 1, Number.NaN]) expect(() => new TauAverage({ decay })).toThrow(/decay/);
  });
});
