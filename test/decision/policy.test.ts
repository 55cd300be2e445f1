import { describe, expect, it } from 'vitest';
import { constants, type Decision, decide, type Evidence, type Rule, stepWorth } from '../../src/decision/policy.ts';
import { words } from '../../src/decision/words.ts';

const rule: Rule = { ...constants, weightPower: 'measured', rateFollows: false };
const unbiased: Rule = { ...rule, weightPower: 1 };

/** Evidence of stored scores from a presample of two batches, with changes. */
function evidence(changes: Partial<Evidence> = {}): Evidence {
  return { ratios: [{ ratio: 2, gain: 1.2, cost: 1.05 }], ...changes };
}

const was = (on: boolean, ratio = 2): Decision => ({ ...decide(evidence(), rule, undefined), on, ratio });

describe('an unbiased step', () => {
  it('is worth (1 − φ/γ)/(1 − φ) uniform ones: that of a quadratic model at half its best rate, worked out by hand', () => {
    // f(x) = x²/2, a step η g with E g = x, E g² = q x²: E f falls by η x² − η² q x²/2, most at η = 1/q.
    for (const gain of [1, 1.3, 2, 3]) {
      const falls = (q: number) => 0.5 - (0.25 * q) / 2;
      expect(stepWorth(gain)).toBeCloseTo(falls(1 / gain) / falls(1), 12);
    }
  });

  it('is on where that exceeds what it costs, by h', () => {
    for (const [gain, cost, on] of [
      [2, 1.1, true],
      [2, 1.15, false],
      [1, 1.05, false],
    ] as const) {
      const found = decide(evidence({ ratios: [{ ratio: 3, gain, cost }] }), unbiased, undefined);
      expect(found).toMatchObject({ on, worth: stepWorth(gain), cost, weightPower: 1, ratio: 3 });
    }
  });

  it('is worth all of the gain where the learning rate follows it, up to five', () => {
    const follows = { ...unbiased, rateFollows: true };
    const worth = (gain: number) =>
      decide(evidence({ ratios: [{ ratio: 3, gain, cost: 1 }] }), follows, undefined).worth;
    expect([worth(2), worth(9)]).toEqual([2, 5]);
  });

  it('comes from the ratio with the largest worth over cost; the one in use stays unless another is ahead by h', () => {
    const ratios = [
      { ratio: 2, gain: 1.5, cost: 1.3 },
      { ratio: 5, gain: 3, cost: 1.6 },
    ];
    expect(decide(evidence({ ratios }), unbiased, undefined).ratio).toBe(best(ratios));
    const near = [
      { ratio: 2, gain: 2, cost: 1 },
      { ratio: 5, gain: 2, cost: 0.98 },
    ];
    expect(decide(evidence({ ratios: near }), unbiased, undefined).ratio).toBe(5);
    expect(decide(evidence({ ratios: near }), unbiased, was(true)).ratio).toBe(2);
    // Off, none is in use.
    expect(decide(evidence({ ratios: near }), unbiased, was(false)).ratio).toBe(5);
  });
});

function best(ratios: Evidence['ratios']): number {
  const merits = ratios.map(({ gain, cost }) => stepWorth(gain) / cost);
  return ratios[merits.indexOf(Math.max(...merits))].ratio;
}

describe('a step that leans towards hard samples', () => {
  it('has no weights where they learn, unbiased ones where they resist, and in between w^k', () => {
    for (const [resistance, k] of [
      [0, 0],
      [0.3, 0],
      [0.4, 0.5],
      [0.5, 1],
      [1, 1],
    ]) {
      expect(decide(evidence({ lead: 1.5, resistance }), rule, undefined).weightPower).toBeCloseTo(k, 12);
    }
    // Nothing is known yet.
    expect(decide(evidence({ lead: 1.5 }), rule, undefined).weightPower).toBe(1);
  });

  it('is 1 where scores have no bound, whatever gets better', () => {
    for (const resistance of [0, 0.4]) {
      const found = decide(evidence({ lead: 2, resistance, bounded: false }), rule, undefined);
      expect(found).toMatchObject({ weightPower: 1, worth: stepWorth(1.2) });
    }
    expect(decide(evidence({ lead: 2, resistance: 0, bounded: true }), rule, undefined).weightPower).toBe(0);
  });

  it('is worth their lead by its discount at k = 0, an unbiased step at k = 1, and (ℓ/δ)^(1 − k) v^k in between', () => {
    const v = stepWorth(1.2);
    const worth = (resistance: number) => decide(evidence({ lead: 1.92, resistance }), rule, undefined).worth;
    expect(worth(0)).toBeCloseTo(1.6, 12);
    expect(worth(0.4)).toBeCloseTo(Math.sqrt(1.6 * v), 12);
    expect(worth(1)).toBeCloseTo(v, 12);
  });

  it('is trained with the k that it is weighed with, also where k is given', () => {
    const given = decide(evidence({ lead: 1.92, resistance: 1 }), { ...rule, weightPower: 0.25 }, undefined);
    expect(given).toMatchObject({ weightPower: 0.25, worth: 1.6 ** 0.75 * stepWorth(1.2) ** 0.25 });
  });

  it('of stale scores, whose unbiased step would lose, is still worth its lead', () => {
    const stale = evidence({ ratios: [{ ratio: 2, gain: 0.3, cost: 1.05 }], lead: 1.92, resistance: 0 });
    expect(decide(stale, rule, undefined)).toMatchObject({ on: true, worth: 1.92 / 1.2 });
  });
});

describe('samples that resist, as wrong labels do', () => {
  it('end it where half of what would be drawn is theirs, however much it promises, weighted or not', () => {
    for (const [resistance, on] of [
      [0.4, true],
      [0.55, false],
      [1, false],
    ] as const) {
      const promising = evidence({ ratios: [{ ratio: 2, gain: 2, cost: 1.05 }], lead: 2, resistance });
      for (const one of [rule, unbiased]) {
        expect([resistance, decide(promising, one, undefined).on]).toEqual([resistance, on]);
      }
    }
  });

  it('do not turn it over for the noise of what is measured', () => {
    for (const on of [true, false]) {
      for (const resistance of [0.48, 0.52]) {
        expect(
          decide(evidence({ lead: 2, resistance, ratios: [{ ratio: 2, gain: 2, cost: 1.05 }] }), rule, was(on)).on,
        ).toBe(on);
      }
    }
  });
});

/** An unbiased step is worth what it costs, too. */
const quiet = { ratios: [{ ratio: 2, gain: 2, cost: 1.05 }] };

it('ρ₀ at or above ρ₁ leaves samples that learn without weights, and is off beyond ρ₁', () => {
  for (const given of [
    { learns: 0.6, resists: 0.5 },
    { learns: 0.5, resists: 0.5 },
  ]) {
    const at = (resistance: number) =>
      decide(evidence({ ...quiet, lead: 2, resistance }), { ...rule, ...given }, undefined);
    for (const resistance of [0, 0.3, 0.45]) expect(at(resistance)).toMatchObject({ on: true, weightPower: 0 });
    expect(at(0.7)).toMatchObject({ on: false, against: 'resists' });
  }
});

it('names the condition that is not met, and says it in words', () => {
  const of = (changes: Partial<Evidence>, before?: Decision) => {
    const decision = decide(evidence({ ...quiet, lead: 2, resistance: 0, fitted: 1, ...changes }), rule, before);
    return [decision.against, words({ by: 'policy', on: decision.on, decision, rule })] as const;
  };
  expect(of({})).toEqual([
    undefined,
    expect.stringMatching(/^batches average 2\.00 × .*, worth 1\.67 uniform steps; 1\.05 × the time$/),
  ]);
  expect(of({ lead: 1.2 })).toEqual(['worth', expect.stringContaining('worth 1.00 uniform steps, too little for')]);
  expect(of({ resistance: 0.6 })).toEqual(['resists', expect.stringMatching(/^60 % of what would be drawn/)]);
  // That it was taken for wrong labels at first is no measurement.
  expect(of({ resistance: 0.7, resisted: 0 })).toEqual(['unknown', expect.stringMatching(/^too little has been seen/)]);
  // But what has been seen is named where it is against it: as much as a beginning does not bear, or that all is memorised.
  expect(of({ resistance: 0.5, resisted: 0.48 })[0]).toBe('resists');
  expect(of({ resistance: 0.7, resisted: 0.3, fitted: 0.1 })[0]).toBe('memorised');
  expect(of({ lead: 1, resistance: 0.7, resisted: 0 })[1]).not.toMatch(/wrong labels/);
  expect(of({ fitted: 0.4 })).toEqual([
    'memorised',
    expect.stringMatching(/^samples that came again lately lost 0\.40/),
  ]);
  expect(of({ fitted: undefined, signed: true })).toEqual(['signed', expect.stringMatching(/^losses go below 0/)]);
  // Unbiased, as what resists makes it, a step does not pay either: it would if it could lean, or would not.
  const dear = { ratios: [{ ratio: 2, gain: 1.02, cost: 1.05 }], resistance: 0.6 };
  expect(of(dear)[0]).toBe('resists');
  expect(of({ ...dear, lead: 1.25 })[0]).toBe('worth');
  // What resists is below where it ends a run that is on, though above where one begins.
  expect(of({ fitted: 0.4, resistance: 0.49 }, was(true))[0]).toBe('memorised');
  // Worth more than it costs, but not by h.
  expect(of({ lead: 1.3 })).toEqual(['worth', expect.stringContaining('not enough above')]);
});

describe('memorising', () => {
  const leads = { lead: 2, resistance: 0 };

  it('ends it, however much harder the samples drawn are', () => {
    for (const [fitted, on] of [
      [1.1, true],
      [0.65, true],
      [0.45, false],
      [0, false],
    ] as const) {
      expect([fitted, decide(evidence({ ...leads, fitted }), rule, undefined).on]).toEqual([fitted, on]);
    }
    expect(decide(evidence(leads), rule, undefined).on).toBe(true);
  });

  it('does not turn over for the noise of what is measured: h below, 4h above', () => {
    for (const on of [true, false]) {
      for (const fitted of [0.485, 0.515, 0.59])
        expect(decide(evidence({ ...leads, fitted }), rule, was(on)).on).toBe(on);
    }
  });
});

it('what is on stays on while its worth is less than h below its cost, and what is off stays off', () => {
  for (const on of [true, false]) {
    for (const cost of [1.96, 2.04]) {
      const ratios = [{ ratio: 2, gain: 1.2, cost }];
      expect(decide(evidence({ ratios, lead: 2.4, resistance: 0 }), rule, was(on)).on).toBe(on);
    }
  }
});
