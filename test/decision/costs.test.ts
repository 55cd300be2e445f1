import { describe, expect, it } from 'vitest';
import { Costs } from '../../src/decision/costs.ts';

const b = 10;
const [tf, tb] = [2e-4, 3e-4];

/** What finds the caches of the other kind of step takes longer by this, and then no more. */
const coldAndWarm = [1.3, 1];

/** Two steps and two iterations by turns, which take what they should times `noise` of their number. */
function inOnePass(count: number, noise: (k: number) => number = () => 1): Costs {
  const costs = new Costs();
  for (let k = 0; k < count; k++) {
    for (const cold of coldAndWarm) costs.recordStep(b, b * (tf + tb) * noise(k) * cold);
    for (const cold of coldAndWarm) costs.recordIteration(3 * b, b, (3 * b * tf + b * tb) * noise(k) * cold);
  }
  return costs;
}

function inTwoPasses(count: number, noise: (k: number) => number = () => 1): Costs {
  const costs = new Costs();
  for (let k = 0; k < count; k++) {
    costs.recordForward(3 * b, 3 * b * tf * noise(k));
    costs.recordStep(b, b * (tf + tb) * noise(k));
  }
  return costs;
}

describe('a machine that does nothing else', () => {
  it('one pass: t_f and t_b come out of B t_f + b t_b, and so does what another presample would cost', () => {
    const costs = inOnePass(4);
    expect(costs.forward).toBeCloseTo(tf, 12);
    expect(costs.step).toBeCloseTo(tf + tb, 12);
    for (const ratio of [2, 3, 8]) {
      expect(costs.relative(ratio)).toBeCloseTo((ratio * tf + tb) / (tf + tb), 10);
    }
    expect(costs.relative(1)).toBeCloseTo(1, 12);
    expect(costs.hidesStep).toBe(true);
  });

  it('two passes: B t_f + b (t_f + t_b) against b (t_f + t_b)', () => {
    const costs = inTwoPasses(4);
    expect(costs.forward).toBeCloseTo(tf, 12);
    for (const ratio of [2, 3, 8]) {
      expect(costs.relative(ratio)).toBeCloseTo((ratio * tf + tf + tb) / (tf + tb), 10);
    }
    expect(costs.hidesStep).toBe(false);
  });

  it('two passes over samples that are dear to fetch: the update need not fetch its own, a uniform step must', () => {
    const [fetch, t_f, update] = [1, 0.5, 1];
    const costs = new Costs();
    for (let k = 0; k < 4; k++) {
      costs.recordForward(3 * b, 3 * b * (fetch + t_f), fetch);
      costs.recordStep(b, b * update);
    }
    for (const ratio of [2, 3, 8]) {
      expect(costs.relative(ratio)).toBeCloseTo((ratio * (fetch + t_f) + update) / (fetch + update), 10);
    }
    expect(costs.relative(3)).toBeCloseTo(2.75, 10);
    expect(costs.step).toBeCloseTo(fetch + update, 12);
    expect(costs.forward).toBeCloseTo(fetch + t_f, 12);
    // A uniform step says the same of itself.
    costs.recordStep(b, b * (fetch + update));
    expect(costs.step).toBeCloseTo(fetch + update, 12);
  });

  it('assumed, they are those of the paper: (B + 3b)/(3b) in two passes, (B + 2b)/(3b) in one, whatever the clock says', () => {
    for (const B of [2, 3, 5]) {
      expect(new Costs().relative(B, 1 / 3)).toBeCloseTo((B + 3) / 3, 12);
      expect(new Costs(true).relative(B, 1 / 3)).toBeCloseTo((B + 2) / 3, 12);
      expect(inOnePass(3).relative(B, 1 / 3)).toBeCloseTo((B + 2) / 3, 12);
    }
  });
});

describe('nothing is known', () => {
  it('before anything is measured, and after the first of each kind', () => {
    const costs = new Costs();
    const known = () => [costs.forward, costs.step, costs.relative(3)];
    expect(known()).toEqual([undefined, undefined, undefined]);
    costs.recordStep(b, 1);
    costs.recordIteration(3 * b, b, 5);
    expect(known()).toEqual([undefined, undefined, undefined]);
    // The first step is kept apart: what it took is what compilation takes.
    expect(costs.first).toBe(0.1);
  });

  it('the first of another size counts no more than the very first', () => {
    const costs = inTwoPasses(3);
    const before = costs.relative(3);
    costs.recordForward(8 * b, 1000);
    costs.recordStep(b, b * (tf + tb));
    expect(costs.state().shares).toHaveLength(2);
    expect(costs.relative(3)).toBe(before);
  });

  it('of a presample that is no larger than the batch', () => {
    const costs = new Costs();
    for (let k = 0; k < 5; k++) {
      for (let twice = 0; twice < 2; twice++) costs.recordStep(b, 1);
      for (let twice = 0; twice < 2; twice++) costs.recordIteration(b, b, 2);
    }
    expect(costs.relative(3)).toBeUndefined();
  });
});

describe('a machine that does other things too', () => {
  it.each([inOnePass, inTwoPasses])('medians: one measurement in five is off by a hundredfold', (measured) => {
    const clean = measured(12);
    // Each step is off with its pass, as when the machine stalls, or the pass alone.
    expect(measured(12, (k) => (k % 5 === 3 ? 100 : 1)).relative(3)).toBeCloseTo(clean.relative(3)!, 10);
    const costs = measured(12);
    costs.recordForward(3 * b, 100);
    costs.recordStep(b, b * (tf + tb));
    expect(costs.relative(3)! / clean.relative(3)!).toBeLessThan(1.7);
    expect(costs.step).toBeCloseTo(tf + tb, 12);
  });

  it('compares what follows each other only: a machine that has become ten times slower costs the same', () => {
    const drifting = (k: number) => 1.5 ** k;
    expect(inTwoPasses(12, drifting).relative(4)).toBeCloseTo(inTwoPasses(12).relative(4)!, 10);
    // Between a step and the iteration after it the machine is the same; from that to the next step it is not.
    const costs = inOnePass(12, (k) => (k < 6 ? 1 : 10));
    expect(costs.relative(4)).toBeCloseTo(inOnePass(12).relative(4)!, 10);
  });

  it('forgets: what was dear ten measurements ago is cheap', () => {
    const costs = new Costs();
    for (let k = 0; k < 31; k++) {
      costs.recordForward(2 * b, k < 20 ? 50 : 2);
      costs.recordStep(b, 2);
    }
    expect(costs.relative(2)).toBe(2);
  });
});

describe('a bad clock', () => {
  it('that stands still measures nothing', () => {
    for (const measured of [inOnePass, inTwoPasses]) {
      const costs = measured(20, () => 0);
      expect([costs.relative(3), costs.forward, costs.step]).toEqual([undefined, undefined, undefined]);
    }
  });

  it.each([inOnePass, inTwoPasses])('that is set back now and then measures what it measures otherwise', (measured) => {
    for (const hour of [-3600, 3600]) {
      const costs = measured(30, (k) => (k % 4 === 1 ? hour : 1));
      expect(costs.relative(3)).toBeCloseTo(measured(30).relative(3)!, 10);
      // Set forward, a step looks endless and scoring beside it free; set back, nothing is measured.
      if (hour < 0) expect(costs.state().shares.every((share) => share > 1e-9)).toBe(true);
    }
  });

  it('set back within the step alone, too', () => {
    const costs = inOnePass(3);
    const before = costs.state().shares;
    for (const seconds of [b * (tf + tb), -3600]) costs.recordStep(b, seconds);
    for (let twice = 0; twice < 2; twice++) costs.recordIteration(3 * b, b, 3 * b * tf + b * tb);
    expect(costs.state().shares).toEqual(before);
  });

  it('set back or forward while samples are fetched', () => {
    const costs = new Costs();
    for (const fetch of [0, 0, -3600, 3600, 1, 1]) {
      costs.recordForward(2 * b, 2 * b * (fetch === 1 ? 3 : 1), fetch);
      costs.recordStep(b, b);
    }
    expect(costs.state().shares.map((share) => Number(share.toFixed(9)))).toEqual([1, 1.5, 1.5]);
  });

  it('too coarse to tell an iteration from a step makes scoring cheap, not worth less than nothing', () => {
    const costs = new Costs();
    for (let k = 0; k < 5; k++) {
      for (let twice = 0; twice < 2; twice++) costs.recordStep(b, 2);
      for (let twice = 0; twice < 2; twice++) costs.recordIteration(3 * b, b, 1.9);
    }
    expect(costs.relative(8)).toBeGreaterThanOrEqual(1);
    expect(costs.relative(8)).toBeLessThan(1.001);
  });
});

it.each([0, 1, 2, 3])('goes on from its state, between a pass and what it is compared with too (%i)', (done) => {
  const one = inOnePass(3);
  const rest = [1.1, 1.2].flatMap((slower) => [
    ...[1.5, slower].map((cold) => (costs: Costs) => costs.recordStep(b, b * (tf + tb) * cold)),
    ...[1.5, slower].map((cold) => (costs: Costs) => costs.recordIteration(3 * b, b, 0.01 * cold)),
  ]);
  for (const record of rest.slice(0, done)) record(one);
  const two = new Costs();
  two.restore(structuredClone(one.state()));
  for (const costs of [one, two]) for (const record of rest.slice(done)) record(costs);
  expect(two.state()).toEqual(one.state());
  expect(two.first).toBe(one.first);
});
