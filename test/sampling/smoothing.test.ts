import { describe, expect, it } from 'vitest';
import { AdaptiveSmoothing, additive, power } from '../../src/sampling/smoothing.ts';
import { tau } from '../../src/sampling/tau.ts';

describe('smoothing', () => {
  it('adds, or takes a power, in place', () => {
    const scores = Float64Array.of(0, 1, 4);
    expect(additive(0.5)(scores)).toBe(scores);
    expect([...scores]).toEqual([0.5, 1.5, 4.5]);
    expect([...power(0.5)(Float64Array.of(0, 1, 4))]).toEqual([0, 1, 2]);
    expect([...power(0)(Float64Array.of(0, 1, 4))]).toEqual([1, 1, 1]);
    expect([...power(1)(Float64Array.of(0, 1, 4))]).toEqual([0, 1, 4]);
  });

  it('adds a share of the moving average of the scores', () => {
    const smoothing = new AdaptiveSmoothing({ share: 2, decay: 0.75, mean: 1 });
    // μ = 0.75·1 + 0.25·5 = 2
    expect([...smoothing.smooth(Float64Array.of(2, 8))]).toEqual([6, 12]);
    const copy = new AdaptiveSmoothing(JSON.parse(JSON.stringify(smoothing.state())));
    expect(copy.smooth(Float64Array.of(1, 3))).toEqual(smoothing.smooth(Float64Array.of(1, 3)));
  });

  it('brings scores nearer to uniform', () => {
    const scores = () => Float64Array.of(0.1, 1, 10, 0);
    const smooth = [additive(1), power(0.5), (s: Float64Array) => new AdaptiveSmoothing().smooth(s)];
    for (const smoothing of smooth) expect(tau(smoothing(scores()))).toBeLessThan(tau(scores()));
  });

  it('refuses constants out of range', () => {
    for (const c of [-1, Number.NaN, Infinity]) expect(() => additive(c)).toThrow(/smoothing constant/);
    for (const k of [-0.1, 1.1, Number.NaN]) expect(() => power(k)).toThrow(/smoothing power/);
    expect(() => new AdaptiveSmoothing({ share: -1 })).toThrow(/share/);
    expect(() => new AdaptiveSmoothing({ decay: 1 })).toThrow(/decay/);
  });
});
