import { describe, expect, it } from 'vitest';
import { GainMeter } from '../../src/decision/gain-meter.ts';
import { LatestScores } from '../../src/decision/latest-scores.ts';
import { distribution } from '../../src/sampling/distribution.ts';
import { Random } from '../../src/sampling/random.ts';
import { withoutReplacement } from '../../src/sampling/without-replacement.ts';

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Samples whose scores are what they are drawn by and what they were trained on with before. */
const alike = (own: number[]) => ({ own, drawnBy: own, before: own, given: own.map(() => 1) });

describe('the latest scores', () => {
  it('are the last of them, from the oldest to the newest', () => {
    const latest = new LatestScores(4);
    latest.add({ own: [1, 2, 3], drawnBy: [10, 20, 30], before: [7, 8, Infinity], given: [1, 2, 3] });
    const [own, drawnBy] = [Float64Array.of(1, 2, 3), Float64Array.of(10, 20, 30)];
    expect(latest.take(9)).toEqual({ own, drawnBy, before: Float64Array.of(7, 8, Infinity), given: own });
    latest.add({ own: [4, 5, 6], drawnBy: [40, 50, 60], before: [4, 5, 6], given: [4, 5, 6] });
    const [newer, newerDrawnBy] = [Float64Array.of(4, 5, 6), Float64Array.of(40, 50, 60)];
    expect(latest.take(3)).toEqual({ own: newer, drawnBy: newerDrawnBy, before: newer, given: newer });
    expect(latest.length).toBe(4);
  });

  it('are the last of them wherever the ring begins and however many are asked for', () => {
    const latest = new LatestScores(5);
    const all: number[] = [];
    for (let k = 0; k < 13; k++) {
      for (let count = 0; count <= 6; count++) {
        const last = all.slice(-5).slice(Math.max(0, Math.min(5, all.length) - count));
        const { own, drawnBy, before, given } = latest.take(count);
        expect([...own]).toEqual(last);
        expect([...drawnBy]).toEqual(last.map((score) => -score));
        expect([...before]).toEqual(last.map((score) => score / 2));
        expect([...given]).toEqual(last.map((score) => score / 4));
      }
      all.push(k);
      latest.add({ own: [k], drawnBy: [-k], before: [k / 2], given: [k / 4] });
    }
  });

  it('of a draw stand for the whole pool, by its unbiased weights', () => {
    const random = new Random(2);
    const scores = Float64Array.from({ length: 60 }, () => random.uniform() ** 3);
    const p = distribution(scores, { mixture: 0.1 });
    const latest = new LatestScores(40_000);
    for (let k = 0; k < 2000; k++) {
      const { rows, weights } = withoutReplacement(p, 20, random);
      const own = Array.from(rows, (row) => scores[row]);
      latest.add(alike(own), weights);
    }
    // 40,000 of them: the mean and the mean square to about a hundredth.
    const { own } = latest.take(40_000);
    expect(mean(own) / mean(scores)).toBeCloseTo(1, 1);
    expect(Math.abs(mean(own) / mean(scores) - 1)).toBeLessThan(0.02);
    expect(Math.abs(mean(own.map((s) => s * s)) / mean(scores.map((s) => s * s)) - 1)).toBeLessThan(0.02);
  });

  it('go on from their state, the share of a sample included', () => {
    const one = new LatestScores(5);
    one.add(alike([1, 2]), [0.7, 0.7]);
    const two = new LatestScores(5);
    two.restore(one.state());
    for (const latest of [one, two]) latest.add(alike([3, 4]), [0.7, 0.7]);
    expect(two.state()).toEqual(one.state());
    expect(Array.from(one.take(5).own)).toEqual([2, 3]);
  });
});

describe('a gain predicted of stale scores', () => {
  const plan = { presample: 60, batch: 20, mixture: 0.1, resample: 'without-replacement' } as const;
  const random = new Random(4);
  const before = Float64Array.from({ length: 60 }, () => random.uniform() ** 4);
  const predicted = (own: Float64Array) => {
    const meter = new GainMeter(60);
    meter.scored(own, { drawnBy: before });
    return meter.predicted(plan);
  };

  it('is that of fresh ones where nothing has changed', () => {
    const fresh = new GainMeter(60);
    fresh.scored(before);
    expect(predicted(before)).toBe(fresh.predicted(plan));
    expect(predicted(before)).toBeGreaterThan(1.3);
  });

  it('falls with what they still tell, and is a loss where that is nothing', () => {
    const half = before.map((s, i) => (i % 2 === 0 ? s : before[(i * 7) % 60]));
    const none = before.map((_, i) => before[(i * 17 + 11) % 60]);
    expect(predicted(half)).toBeLessThan(predicted(before));
    expect(predicted(none)).toBeLessThan(1);
  });
});
