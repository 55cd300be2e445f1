import { describe, expect, it } from 'vitest';
import { powerAt, Response, resists } from '../../src/decision/response.ts';
import { Random } from '../../src/sampling/random.ts';

/** A response to `steps` steps in which samples with this share of the scores stay, and the others give way. */
function responded(share: number, steps = 100, response = new Response()): Response {
  const others = (1 - share) / share;
  const after = [1, ...(share < 1 ? new Array(10).fill(others / 10) : [])];
  const before = after.map((score, k) => (k === 0 ? score : 2 * score));
  for (let k = 0; k < steps; k++) response.observe(before, after, 1);
  return response;
}

describe('a sample', () => {
  it.each([
    [1, 0.95, true],
    [1, 0.9, false],
    [1, 1.3, true],
    // Near enough to being learned.
    [0.5, 0.5, false],
    [0.1, 0.2, false],
  ])('that had a score of %f and has one of %f, of 1 at most, resists: %s', (before, after, expected) => {
    expect(resists(before, after, 1)).toBe(expected);
    expect(resists(7 * before, 7 * after, 7)).toBe(expected);
  });
});

describe('resistance', () => {
  it('is the share of the scores that belongs to samples that resist, the older the less it counts', () => {
    const response = new Response();
    const random = new Random(5);
    const steps = Array.from({ length: 60 }, () => Array.from({ length: 16 }, () => random.uniform()));
    for (const numbers of steps) response.observe(numbers.slice(0, 8), numbers.slice(8), 1);
    let [resisting, all] = [0, 0];
    for (const [k, numbers] of steps.entries()) {
      for (let i = 0; i < 8; i++) {
        const [before, after] = [numbers[i], numbers[8 + i]];
        all += 0.98 ** (59 - k) * after;
        if (after > 0.5 && after / before > 0.9) resisting += 0.98 ** (59 - k) * after;
      }
    }
    expect(response.resistance).toBeCloseTo(resisting / all, 12);
  });

  it('is not known in the first twenty steps, nor where all scores are zero', () => {
    expect(responded(0.5, 19).resistance).toBeUndefined();
    expect(responded(0.5, 20).resistance).toBeCloseTo(0.5, 12);
    const zero = new Response();
    for (let k = 0; k < 30; k++) zero.observe([0, 0], [0, 0], 1);
    expect(zero.resistance).toBeUndefined();
  });
});

it.each([
  [0, 0],
  [0.3, 0],
  [0.5, 0.5],
  [0.7, 1],
  [1, 1],
])('the power of the weights is, where %f of the scores resist, %f', (share, power) => {
  expect(powerAt(share)).toBeCloseTo(power, 12);
});

it('is the same after a pause', () => {
  const [whole, part] = [responded(0.7), responded(0.7, 40)];
  const resumed = new Response();
  resumed.restore(part.state());
  expect(responded(0.7, 60, resumed).resistance).toBeCloseTo(whole.resistance!, 12);
  expect(resumed.state()).not.toEqual(part.state());
});
