import { describe, expect, it } from 'vitest';
import { UnequalError } from '../../../src/errors.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { NoiseGuard } from '../../../src/methods/importance/noise-guard.ts';

/** 1, …, 100 in another order. */
const hundred = Float64Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1);

describe('the guard', () => {
  it('caps what is above the percentile of the scores it has seen, and says which', () => {
    const guard = new NoiseGuard(0.9);
    guard.learn(hundred);
    // A tenth of the hundred is at 91 or above it.
    expect(guard.limit).toBe(91);
    const scores = Float32Array.of(5, 91, 91.5, 1000, 0);
    expect(guard.cap(scores)).toEqual([2, 3]);
    expect(Array.from(scores)).toEqual([5, 91, 91, 91, 0]);
    const few = hundred.slice();
    expect(guard.cap(few)).toHaveLength(9);
  });

  it('leaves the scores it learns from alone, and follows them', () => {
    const guard = new NoiseGuard(0.5);
    const seen = hundred.slice();
    guard.learn(seen);
    expect(seen).toEqual(hundred);
    guard.learn(hundred.map((s) => s / 100));
    expect(guard.limit).toBeCloseTo(0.51, 12);
  });

  it('caps nothing before it has seen anything, nor with a percentile of 1', () => {
    for (const guard of [new NoiseGuard(0.9), new NoiseGuard(1)]) {
      guard.learn(new Float64Array(0));
      const scores = Float32Array.of(1, 1e30);
      expect([guard.cap(scores), guard.limit, Array.from(scores)]).toEqual([[], undefined, [1, Math.fround(1e30)]]);
    }
    const none = new NoiseGuard(1);
    none.learn(hundred);
    expect([none.limit, none.cap(Float64Array.of(101))]).toEqual([undefined, []]);
  });

  it('of scores that are all the same, and of none but zeros, caps only what is above them', () => {
    for (const value of [0.3, 0]) {
      const guard = new NoiseGuard(0.9);
      guard.learn(new Float64Array(50).fill(value));
      expect(guard.cap(new Float64Array(50).fill(value))).toEqual([]);
      const scores = Float64Array.of(value, 2);
      expect(guard.cap(scores)).toEqual([1]);
      expect(scores[1]).toBe(value);
    }
  });

  it('goes on from its state', () => {
    const [one, two] = [new NoiseGuard(0.9), new NoiseGuard(0.9)];
    one.learn(hundred);
    two.restore(one.state());
    expect(two.limit).toBe(one.limit);
    two.restore(new NoiseGuard(0.9).state());
    expect(two.limit).toBeUndefined();
  });
});

it.each([0, -0.1, 1.01, Number.NaN])('a percentile of %d is refused', (guard) => {
  expect(() => importance({ guard })).toThrow(UnequalError);
  expect(() => importance({ guard })).toThrow(/^bad guard of importance: got .*expected a share above 0/);
});
