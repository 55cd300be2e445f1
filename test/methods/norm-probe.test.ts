import { describe, expect, it } from 'vitest';
import { Costs, GainMeter } from '../../src/decision/index.ts';
import { NormProbe } from '../../src/methods/importance/norm-probe.ts';
import type { Context } from '../../src/methods/method.ts';

const b = 4;
/** Seconds of a step and of a look. */
const [step, look] = [0.01, 0.02];

/** The times of the looks of a run of `steps` steps, on a clock that leaps by `leap` seconds at step `at`. */
async function looksOf(steps: number, leap = 0, at = Infinity): Promise<number[]> {
  const costs = new Costs();
  costs.recordStep(b, step);
  let now = 0;
  const looks: number[] = [];
  const learner = {
    scores: async () => {
      looks.push(now);
      now += look;
      return Float32Array.of(1, 2, 3, 4);
    },
    gradient: async () => ({ gradient: [Float32Array.of(1, 1)], losses: Float32Array.of(1, 2, 3, 4) }),
  };
  const context = { learner, costs, batchSize: b, seconds: () => now } as unknown as Context;
  const probe = new NormProbe(context, new GainMeter(4 * b));
  for (let k = 0; k < steps; k++) {
    if (k === at) now += leap;
    await probe.look(() => ({ size: b, xs: [], ys: [] }));
    now += step;
  }
  return looks;
}

describe('looks at exact norms', () => {
  it('take half a hundredth of the time, the first after that of twenty first steps', async () => {
    const looks = await looksOf(20_000);
    expect(looks[0]).toBeCloseTo((20 * step) / 0.005, 1);
    expect(looks.length * look).toBeLessThanOrEqual(0.005 * 20_000 * 1.01 * step);
    // The first is cheaper than expected, the second dearer than half of it, which it was expected to be.
    for (let k = 3; k < looks.length; k++) expect(looks[k] - looks[k - 1]).toBeCloseTo(look / 0.005, 1);
    expect(looks.length).toBeGreaterThan(30);
  });

  it.each([3600, 86_400])('a clock that is set forward by %i s grants one of them, not a burst', async (leap) => {
    const steady = await looksOf(20_000);
    const looks = await looksOf(20_000, leap, 10_000);
    expect(looks.length - steady.length).toBeLessThanOrEqual(1);
    for (let k = 2; k < looks.length; k++) {
      expect(looks[k] - looks[k - 1]).toBeGreaterThan((0.99 * look) / 0.005);
    }
  });
});
