import { describe, expect, it } from 'vitest';
import { EvidenceLooks } from '../../src/decision/evidence.ts';
import { GainMeter } from '../../src/decision/gain-meter.ts';
import { constants } from '../../src/decision/policy.ts';
import { checkStart, type Start, Switch } from '../../src/decision/switch.ts';
import { words } from '../../src/decision/words.ts';
import { Random } from '../../src/sampling/random.ts';

const b = 16;

/** A switch whose meter has seen scores of which one in ten is large, and that knows costs. */
function switchOf(start: Start, { cost = 1.05, seen = true, stored = false }: Partial<Given> = {}) {
  const meter = new GainMeter(512);
  const random = new Random(1);
  if (seen) {
    const scores = Float64Array.from(
      { length: 512 },
      () => (random.uniform() < 0.1 ? 10 : 1) * (0.5 + random.uniform()),
    );
    meter.scored(scores, { before: scores.map((s) => 2 * s) });
  }
  const given = { cost: cost as number | undefined };
  const looks = { ratios: [3], mixture: 0.1, resample: 'without-replacement', stored, cost: () => given.cost } as const;
  const rule = { ...constants, weightPower: stored ? ('measured' as const) : 1, rateFollows: false };
  return { given, one: new Switch(start, rule, new EvidenceLooks(looks, meter)) };
}

interface Given {
  readonly cost: number;
  readonly seen: boolean;
  readonly stored: boolean;
}

describe('a number', () => {
  it('is the rule of the paper: on while τ exceeds it, whatever else is measured', () => {
    const { one } = switchOf(1.5, { cost: 100 });
    const turns = [1.4, 1.6, 1.7, 1.5].map((tau) => one.turn(tau, b)?.why);
    expect(turns).toEqual([
      undefined,
      'τ 1.60 exceeds 1.50, the threshold given',
      undefined,
      'τ 1.50 is no more than 1.50, the threshold given',
    ]);
  });

  it('is told with as many digits as show which is larger', () => {
    const of = (tau: number) => words({ by: 'threshold', on: tau > 1.5, tau, threshold: 1.5 });
    expect(of(1.4996)).toBe('τ 1.4996 is below 1.5000, the threshold given');
    expect(of(1.503)).toBe('τ 1.503 exceeds 1.500, the threshold given');
    expect(of(1.2)).toBe('τ 1.20 is below 1.50, the threshold given');
  });

  it('ends where the run does, and says why in words and numbers', () => {
    const { one } = switchOf(1.5);
    one.turn(2, b);
    expect(one.turn(2, b, true)).toEqual({
      on: false,
      why: 'the last part of the run is trained uniformly',
      reason: { by: 'end', on: false },
    });
  });
});

it("'always' is on from the first step", () => {
  const { one } = switchOf('always', { seen: false });
  expect(one.turn(0, b)).toMatchObject({ on: true, why: 'asked for from the start' });
});

describe('measured', () => {
  it('decides nothing before scores have been seen and costs are known', () => {
    expect(switchOf('measured', { seen: false }).one.turn(3, b)).toBeUndefined();
    const { one, given } = switchOf('measured');
    given.cost = undefined;
    for (let step = 0; step < 50; step++) expect(one.turn(3, b)).toBeUndefined();
    given.cost = 1.05;
    expect(one.turn(3, b)).toMatchObject({ on: true });
  });

  it('turns on where it pays and off where it no longer does, at one of its looks, with the numbers it went by', () => {
    const { one, given } = switchOf('measured');
    const turn = one.turn(3, b)!;
    expect(turn.reason).toMatchObject({ by: 'policy', on: true, decision: one.decision });
    expect(turn.why).toMatch(
      /^steps from 3\.00 × as many samples are \d\.\d\d × less noisy, worth \d\.\d\d uniform steps; 1\.05 × the time$/,
    );
    given.cost = 4;
    const steps = Array.from({ length: 60 }, () => one.turn(3, b));
    expect(steps.filter((found) => found !== undefined)).toHaveLength(1);
    expect(one.on).toBe(false);
    expect(steps.find((found) => found !== undefined)!.why).toMatch(/too little for 4\.00 × the time$/);
  });

  it('of stored scores goes by how much harder the samples drawn are, and says so', () => {
    const { one } = switchOf('measured', { stored: true });
    // The lead is averaged over a few looks.
    for (let step = 0; step < 400; step++) one.turn(3, b);
    expect(words(one.reason(3))).toMatch(
      /^batches average [1-3]\.\d\d × the score of all samples, worth [1-3]\.\d\d uniform steps; 1\.05 × the time$/,
    );
    expect(one.decision!.lead).toBeGreaterThan(1.2);
  });
});

it('goes on from its state as if it had not stopped', () => {
  const [one, two] = [switchOf('measured', { stored: true }).one, switchOf('measured', { stored: true }).one];
  for (let step = 0; step < 33; step++) one.turn(3, b);
  two.restore(structuredClone(one.state()));
  for (let step = 0; step < 60; step++) {
    expect(two.turn(3, b)).toEqual(one.turn(3, b));
    expect(two.decision).toEqual(one.decision);
  }
});

it('what is no start is refused', () => {
  for (const start of [0, -1, Number.NaN, 'never']) expect(() => checkStart(start as Start)).toThrow('bad start');
  for (const start of ['measured', 'always', 0.1, 2] as const) checkStart(start);
});
