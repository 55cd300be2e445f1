import { describe, expect, it } from 'vitest';
import { Response } from '../../src/decision/response.ts';
import { Random } from '../../src/sampling/random.ts';

/** A response to `steps` steps of eight samples whose scores are multiplied by `left` when they are trained. */
function responded(left: number, steps = 100, response = new Response()): Response {
  const random = new Random(3);
  for (let k = 0; k < steps; k++) {
    const before = Float64Array.from({ length: 8 }, () => random.uniform());
    response.observe(
      before,
      before.map((score) => score * left),
    );
  }
  return response;
}

describe('what is left of the scores', () => {
  it('is Σ after ÷ Σ before, the older the less it counts', () => {
    const response = new Response();
    const random = new Random(5);
    const steps = Array.from({ length: 60 }, () => [random.uniform(), random.uniform()]);
    for (const [before, after] of steps) response.observe([before, 1], [after, 0.5]);
    let [old, now] = [0, 0];
    for (const [k, [before, after]] of steps.entries()) {
      old += 0.98 ** (59 - k) * (before + 1);
      now += 0.98 ** (59 - k) * (after + 0.5);
    }
    expect(response.left).toBeCloseTo(now / old, 12);
  });

  it('is not known in the first twenty steps, nor where all scores are zero', () => {
    expect(responded(0.5, 19).left).toBeUndefined();
    expect(responded(0.5, 20).left).toBeCloseTo(0.5, 12);
    expect(responded(0.5, 19).power(0)).toBe(1);
    const zero = new Response();
    for (let k = 0; k < 30; k++) zero.observe([0, 0], [0, 0]);
    expect(zero.power(0)).toBe(1);
  });
});

describe('the power of the weights', () => {
  it.each([
    [0.3, 0],
    [0.8, 0],
    [0.9, 0.5],
    [1, 1],
    [1.3, 1],
  ])('is, where %f of the scores is left, %f', (left, power) => {
    expect(responded(left).power(0)).toBeCloseTo(power, 12);
  });

  it('never falls below the least one', () => {
    expect(responded(0.1).power(0.4)).toBe(0.4);
    expect(responded(0.9).power(0.4)).toBeCloseTo(0.7, 12);
  });
});

it('is the same after a pause', () => {
  const [whole, part] = [responded(0.7), responded(0.7, 40)];
  const resumed = new Response();
  resumed.restore(part.state());
  expect(responded(0.7, 100, resumed).left).toBeCloseTo(whole.left!, 12);
  expect(resumed.state()).not.toEqual(part.state());
});
