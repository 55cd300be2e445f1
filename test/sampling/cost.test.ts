import { describe, expect, it } from 'vitest';
import { paysOff, threshold } from '../../src/sampling/cost.ts';

describe('cost', () => {
  it('is (B + 3b) / 3b for a backward pass of twice the forward pass', () => {
    expect(threshold({ presample: 384, batch: 128 })).toBe(2);
    expect(threshold({ presample: 640, batch: 128 })).toBeCloseTo(8 / 3, 15);
    expect(threshold({ presample: 640, batch: 128, forward: 0.01, backward: 0.02 })).toBeCloseTo(8 / 3, 12);
  });

  it('asks for more where the backward pass is cheap', () => {
    expect(threshold({ presample: 384, batch: 128, forward: 1, backward: 1 })).toBe(2.5);
  });

  it('pays off from the threshold on', () => {
    const step = { presample: 300, batch: 70, forward: 0.3, backward: 0.5 };
    const least = threshold(step);
    expect(paysOff({ ...step, tau: least * (1 + 1e-12) })).toBe(true);
    expect(paysOff({ ...step, tau: least * (1 - 1e-12) })).toBe(false);
    expect(paysOff({ presample: 384, batch: 128, forward: 1, backward: 2, tau: 2 })).toBe(true);
  });
});
