import { describe, expect, it } from 'vitest';
import { Costs } from '../../src/decision/costs.ts';
import { GainMeter } from '../../src/decision/gain-meter.ts';
import { Limit } from '../../src/decision/limit.ts';
import { powerAt } from '../../src/decision/response.ts';
import { checkStart, presampleRatios, type Start, Switch, type SwitchOptions } from '../../src/decision/switch.ts';
import { UnequalError } from '../../src/errors.ts';
import { Random } from '../../src/sampling/random.ts';

const b = 50;

/** Costs of a machine on which scoring takes `share` of a step for each sample, in a pass of its own. */
function costsOf(share: number, costs = new Costs()): Costs {
  for (let k = 0; k < 12; k++) {
    costs.recordForward(3 * b, 3 * b * share);
    costs.recordStep(b, b);
  }
  return costs;
}

/** A meter that has seen scores of which a few are large: `spread` 0 is none. */
function meterOf(spread: number, meter = new GainMeter(8 * b)): GainMeter {
  const random = new Random(4);
  meter.scored(Float64Array.from({ length: 8 * b }, () => Math.exp(spread * random.normal())));
  return meter;
}

/** A loss that no longer falls, or one that clearly does. */
function limitOf(falls: boolean, limit = new Limit()): Limit {
  const random = new Random(5);
  for (let k = 0; k < 2000; k++) limit.observe((falls ? -0.02 * k : 0) + random.normal());
  return limit;
}

const plain: SwitchOptions = {
  ...{ start: 'measured', ratios: presampleRatios, mixture: 0.1, resample: 'without-replacement' },
  ...{ rateFollows: false, free: false },
};

function made(options: Partial<SwitchOptions> = {}, { share = 0.3, spread = 1.5, falls = false } = {}) {
  const [costs, meter, limit] = [costsOf(share), meterOf(spread), limitOf(falls)];
  return { switch: new Switch({ ...plain, ...options }, costs, meter, limit), costs, meter, limit };
}

/** Decides often enough that everything has been weighed anew. */
function settle(one: Switch, tau = 2, ending = false) {
  return Array.from({ length: 25 }, () => one.decide(tau, b, ending)).filter((turn) => turn !== undefined);
}

describe('a number', () => {
  it('is the rule of the paper: on while τ exceeds it, and nothing else counts', () => {
    const one = new Switch({ ...plain, start: 1.5 }, new Costs(), new GainMeter(8), new Limit());
    const said: (string | undefined)[] = [];
    for (const tau of [0, 1.5, 1.51, 3, 1.5, 1]) said.push(one.decide(tau, b)?.why);
    expect(said).toEqual([
      ...[undefined, undefined, 'τ 1.51 exceeds 1.50, the threshold given', undefined],
      ...['τ 1.50 is below 1.50, the threshold given', undefined],
    ]);
    expect([one.threshold, one.timing()]).toEqual([1.5, false]);
  });

  it('ends', () => {
    const one = new Switch({ ...plain, start: 1.5 }, new Costs(), new GainMeter(8), new Limit());
    expect(one.decide(9, b)).toMatchObject({ on: true });
    expect(one.decide(9, b, true)).toEqual({
      on: false,
      why: 'the last part of the run is trained uniformly',
    });
    expect(one.decide(9, b, true)).toBeUndefined();
  });
});

it("'always' is on from the first step, whatever is measured", () => {
  const one = new Switch({ ...plain, start: 'always' }, new Costs(), new GainMeter(8), new Limit());
  expect(one.decide(0, b)).toEqual({ on: true, why: 'asked for from the start' });
  expect(one.decide(0, b)).toBeUndefined();
  expect([one.threshold, one.timing()]).toEqual([0, false]);
  expect(one.decide(0, b, true)).toMatchObject({ on: false });
});

describe('measured', () => {
  it('is on where a step is worth more than it costs, and off where not', () => {
    for (const [world, on] of [
      [{ share: 0.1 }, true],
      // The same gain on a machine where the backward pass is cheap.
      [{ share: 20 }, false],
      // The same machine and nothing to gain.
      [{ share: 0.1, spread: 0 }, false],
      // Both, while the loss falls as fast as the rate allows and a step is worth two at most.
      [{ share: 0.6, falls: false }, true],
      [{ share: 0.6, falls: true }, false],
    ] as const) {
      const { switch: one } = made({}, world);
      settle(one);
      expect([world, one.on]).toEqual([world, on]);
      const { worth, cost, gain, ratio } = one.weighed!;
      expect(worth > cost).toBe(on);
      expect(one.threshold).toBe(cost);
      expect(gain).toBeGreaterThan(0.99);
      expect(presampleRatios).toContain(ratio);
    }
  });

  it('weighs what the meter predicts, the limit lets through and the machine takes', () => {
    const { switch: one, meter, limit, costs } = made({ ratios: [3] });
    settle(one);
    const gain = meter.predicted({ ...plain, presample: 3 * b, batch: b });
    expect(one.weighed).toEqual({ ratio: 3, gain, worth: limit.worth(gain), cost: costs.relative(3) });
  });

  it('a learning rate that follows the gain is worth all of it, up to what the rate follows', () => {
    const { switch: one, meter } = made({ ratios: [3], rateFollows: true }, { falls: true });
    settle(one);
    const gain = meter.predicted({ ...plain, presample: 3 * b, batch: b });
    expect(one.weighed!.worth).toBe(gain);
    const steep = made({ ratios: [8], rateFollows: true, mixture: 0 }, { spread: 4 }).switch;
    settle(steep);
    expect(steep.weighed!.gain).toBeGreaterThan(5);
    expect(steep.weighed!.worth).toBe(5);
  });

  it('a presample that k steps draw from costs each of them 1/k of the scoring', () => {
    const [one, four] = [1, 4].map((reuse) => made({ ratios: [3], reuse }).switch);
    for (const each of [one, four]) settle(each);
    expect(four.weighed!.cost - 1).toBeCloseTo((one.weighed!.cost - 1) / 4, 12);
    expect(four.threshold).toBe(four.weighed!.cost);
  });

  it('takes the ratio that pays best: a large presample where scoring is cheap, a small one where it is dear', () => {
    const chosen = [0.001, 0.3, 5].map((share) => {
      const { switch: one, meter, limit, costs } = made({}, { share });
      settle(one);
      const merit = (ratio: number) =>
        limit.worth(meter.predicted({ ...plain, presample: ratio * b, batch: b })) / costs.relative(ratio)!;
      const best = Math.max(...presampleRatios.map(merit));
      expect(merit(one.ratio)).toBe(best);
      return one.ratio;
    });
    expect(chosen[0]).toBe(8);
    expect(chosen[2]).toBe(2);
    expect(chosen[1]).toBeGreaterThanOrEqual(chosen[2]);
  });

  it('stays with the ratio in use unless another is clearly better', () => {
    const { switch: one, costs, meter, limit } = made({ ratios: [2, 8] }, { share: 5 });
    settle(one);
    expect(one.ratio).toBe(2);
    const worth = (ratio: number) => limit.worth(meter.predicted({ ...plain, presample: ratio * b, batch: b }));
    // The share at which the other is better by `by`: worth₈ / (1 + 8 s) = by · worth₂ / (1 + 2 s).
    const shareWhere = (by: number) => (worth(8) - by * worth(2)) / (8 * by * worth(2) - 2 * worth(8));
    costsOf(shareWhere(1.04), costs);
    settle(one);
    expect(one.ratio).toBe(2);
    costsOf(shareWhere(1.07), costs);
    settle(one);
    expect(one.ratio).toBe(8);
    costsOf(shareWhere(1 / 1.04), costs);
    settle(one);
    expect(one.ratio).toBe(8);
    costsOf(shareWhere(1 / 1.07), costs);
    settle(one);
    expect(one.ratio).toBe(2);
  });

  it('does not turn over for a difference of 5 %, and says so', () => {
    const { switch: one, costs, limit, meter } = made({ ratios: [2] }, { share: 5 });
    const worth = limit.worth(meter.predicted({ ...plain, presample: 2 * b, batch: b }));
    /** Makes a step worth `times` what it costs. */
    const at = (times: number) => {
      costsOf((worth / times - 1) / 2, costs);
      return settle(one);
    };
    expect(at(0.9)).toEqual([]);
    expect(one.standing).toMatch(/: no more than the [\d.]+ it costs/);
    expect(at(1.04)).toEqual([]);
    expect(one.standing).toMatch(/: not 5 % more than the [\d.]+ it costs/);
    expect(at(1.06)).toMatchObject([{ on: true }]);
    expect(at(0.96)).toEqual([]);
    expect(one.standing).toMatch(/: less than 5 % below the [\d.]+ it costs/);
    expect(at(0.94)).toMatchObject([{ on: false }]);
    expect(at(1.04)).toEqual([]);
  });

  it('decides nothing before the scores and the times are known', () => {
    const unmeasured = new Switch(plain, new Costs(), meterOf(1.5), limitOf(false));
    expect(settle(unmeasured)).toEqual([]);
    expect([unmeasured.on, unmeasured.threshold, unmeasured.standing]).toEqual([
      ...[false, undefined, 'nothing is measured yet'],
    ]);
    const unseen = new Switch(plain, costsOf(0.1), new GainMeter(8 * b), limitOf(false));
    expect(settle(unseen)).toEqual([]);
    expect(unseen.on).toBe(false);
  });

  it('is off while the run ends, and on again after', () => {
    const { switch: one } = made({}, { share: 0.1 });
    expect(settle(one)).toMatchObject([{ on: true }]);
    expect(settle(one, 2, true)).toEqual([{ on: false, why: 'the last part of the run is trained uniformly' }]);
    expect(settle(one)).toMatchObject([{ on: true }]);
  });

  it('with scores that are there costs the draw, and takes the largest presample until it has weighed', () => {
    const costs = new Costs();
    const one = new Switch({ ...plain, free: true }, costs, meterOf(1.5), new Limit());
    expect([one.ratio, one.threshold, one.timing()]).toEqual([8, undefined, true]);
    for (let k = 0; k < 25; k++) {
      costs.recordDraw(b, 0.1);
      costs.recordStep(b, 1.1);
    }
    expect(settle(one)).toMatchObject([{ on: true, why: expect.stringContaining('the scores are there already') }]);
    expect(one.weighed).toMatchObject({ ratio: 8, cost: expect.closeTo(1.1, 12) });
  });
});

describe('where weights lean towards hard samples', () => {
  /** Stored scores whose unbiased steps would lose: what was drawn for is, where `stale`, no longer so. */
  function leaning(
    weightPower: number | 'measured',
    hard: (random: Random) => readonly [before: number, after: number],
  ) {
    const [costs, meter, random] = [new Costs(), new GainMeter(8 * b), new Random(9)];
    for (let k = 0; k < 30; k++) {
      costs.recordDraw(b, 0.1 * b);
      costs.recordStep(b, 1.1 * b);
    }
    const pairs = Array.from({ length: 8 * b }, (_, k) => (k % 5 === 0 ? hard(random) : ([0.02, 0.02] as const)));
    meter.scored(
      pairs.map(([, after]) => after),
      { drawnBy: pairs.map(([before]) => before) },
    );
    const one = new Switch({ ...plain, ratios: [5], free: true, weightPower }, costs, meter, limitOf(true));
    return {
      one,
      meter,
      turns: Array.from({ length: 500 }, () => one.decide(2, b)).filter((turn) => turn !== undefined),
    };
  }

  /** Some give way and others return: what is large now was small when it was stored, or the other way round. */
  const stale = (random: Random) => (random.uniform() < 0.15 ? ([0.02, 1] as const) : ([1, 0.3] as const));

  it('a step is worth as many uniform ones as its samples are harder, though an unbiased one would lose', () => {
    const { one: unbiased } = leaning(1, stale);
    expect(unbiased.weighed!.gain).toBeLessThan(1);
    expect(unbiased.on).toBe(false);
    const { one, turns } = leaning('measured', stale);
    expect(turns).toEqual([
      {
        on: true,
        why: expect.stringMatching(
          /^the samples drawn at B = 5b are \d\.\d+ times as hard as all and \d+ % of their scores learn: with weights w\^\d\.\d worth \d\.\d+ uniform steps, more than the 1\.10 it costs/,
        ),
      },
    ]);
    expect(one.weighed!.worth).toBeLessThanOrEqual(one.weighed!.lead!);
    expect(one.weighed!.lead).toBeGreaterThan(1.3);
  });

  it('but not where those samples resist, as wrong labels do', () => {
    const wrong = (random: Random) => (random.uniform() < 0.5 ? ([0.02, 1] as const) : ([1, 1] as const));
    const { one, turns } = leaning('measured', wrong);
    expect(one.weighed!.lead).toBeUndefined();
    // What is left is what an unbiased step is worth.
    const unbiased = leaning(1, wrong);
    expect([one.weighed, turns]).toEqual([unbiased.one.weighed, unbiased.turns]);
  });

  it.each([0, 0.2, 0.5, 0.65])(
    'a step of weights w^k is worth lead^(1 − k) · worth^k, where %f resist',
    (resistance) => {
      const { one, meter } = leaning('measured', stale);
      const unbiased = Math.max(0.2, leaning(1, stale).one.weighed!.worth);
      meter.lean = () => ({ lead: 3, resistance });
      for (let k = 0; k < 1000; k++) one.decide(2, b);
      const power = powerAt(resistance);
      expect(one.resistance).toBeCloseTo(resistance, 5);
      expect(one.weighed!.worth).toBeCloseTo(3 ** (1 - power) * unbiased ** power, 4);
      expect(one.on).toBe(one.weighed!.worth > one.weighed!.cost);
    },
  );

  it('k is the one given where it is not measured', () => {
    const { one, meter } = leaning(0.25, stale);
    const unbiased = Math.max(0.2, leaning(1, stale).one.weighed!.worth);
    meter.lean = () => ({ lead: 3, resistance: 1 });
    for (let k = 0; k < 1000; k++) one.decide(2, b);
    expect(one.weighed).toMatchObject({ power: 0.25, worth: expect.closeTo(3 ** 0.75 * unbiased ** 0.25, 4) });
  });

  it('does not turn over for a difference of 5 % in their lead', () => {
    const { one, meter } = leaning('measured', stale);
    const at = (times: number) => {
      meter.lean = () => ({ lead: 1.3 * times, resistance: 0.2 });
      return Array.from({ length: 800 }, () => one.decide(2, b)).filter((turn) => turn !== undefined);
    };
    at(0.9);
    expect(one.on).toBe(false);
    expect(at(0.99)).toEqual([]);
    expect(at(1.01)).toMatchObject([{ on: true }]);
    expect(at(0.96)).toEqual([]);
    expect(at(0.94)).toMatchObject([{ on: false }]);
    expect(at(0.96)).toEqual([]);
  });

  it('nor where they are hardly harder than the others', () => {
    const alike = (random: Random) => [0.02 + 0.01 * random.uniform(), 0.02] as const;
    const { one } = leaning('measured', alike);
    expect(one.weighed!.lead).toBeUndefined();
    expect(one.on).toBe(false);
  });
});

describe('its words', () => {
  it('say what was measured and what was needed', () => {
    const { switch: one } = made({ ratios: [3] });
    const [{ why }] = settle(one);
    const { gain, worth, cost } = one.weighed!;
    expect(why).toBe(
      `E‖g‖² ${gain.toFixed(2)} times smaller at B = 3b, worth ${worth.toFixed(2)} uniform steps while the loss no ` +
        `longer falls beyond its scatter: more than the ${cost.toFixed(2)} it costs (scoring takes 300000 µs a sample, ` +
        'a step 1000000 µs)',
    );
  });

  it('and what the loss does', () => {
    const { switch: falling } = made({}, { falls: true });
    settle(falling);
    expect(falling.standing).toMatch(/while the loss falls by \d+\.\d standard errors: /);
    const unknown = new Switch(plain, costsOf(0.3), meterOf(1.5), new Limit());
    settle(unknown);
    expect(unknown.standing).toContain('while the loss is not known to fall');
    const { switch: following } = made({ rateFollows: true });
    settle(following);
    expect(following.standing).toContain('with the learning rate following it');
  });
});

describe('timing steps', () => {
  /**
   * Which of `count` steps are timed, on a machine of these times, where one that follows the other kind is slower by a
   * third; costs are recorded as a trainer does.
   */
  function timed(count: number, { share, onePass, on }: { share: number; onePass: boolean; on: boolean }) {
    const costs = new Costs();
    // A step is worth far more or far less than it costs.
    const one = new Switch(plain, costs, meterOf(on ? 3 : 0), limitOf(false));
    const steps: { importance: boolean; timing: boolean; seconds: number }[] = [];
    for (let k = 0; k < count; k++) {
      one.decide(2, b);
      const timing = one.timing();
      const importance = one.on !== timing;
      const B = one.ratio * b;
      const cold = importance === (steps.at(-1)?.importance ?? importance) ? 1 : 1.3;
      if (importance && onePass) costs.recordIteration(B, b, cold * b * (1 + (one.ratio - 1) * share));
      else {
        if (importance) costs.recordForward(B, cold * B * share);
        costs.recordStep(b, cold * b);
      }
      const cost = onePass ? 1 + (one.ratio - 1) * share : 1 + one.ratio * share;
      steps.push({ importance, timing, seconds: importance ? cost : 1 });
    }
    return { steps, one };
  }
  const sum = (steps: { seconds: number }[]) => steps.reduce((total, { seconds }) => total + seconds, 0);

  it.each([true, false])(
    'off: at most half a hundredth of the time, but for the first few (one pass: %s)',
    (onePass) => {
      const { steps, one } = timed(20_000, { share: 0.4, onePass, on: false });
      expect(one.on).toBe(false);
      const extra = steps.filter(({ importance }) => importance);
      expect(extra.every(({ timing }) => timing)).toBe(true);
      expect(extra.length).toBeGreaterThan(30);
      expect(steps.slice(0, 10).filter(({ importance }) => importance).length).toBeLessThanOrEqual(4);
      expect(sum(extra)).toBeLessThanOrEqual(0.005 * sum(steps) + 4 * extra[0].seconds);
      // What they cost beyond the uniform steps they stand for is what off costs.
      expect(sum(steps) / steps.length).toBeLessThan(1.005);
    },
  );

  it('on, in one pass: a uniform step now and then', () => {
    const { steps, one } = timed(20_000, { share: 0.2, onePass: true, on: true });
    expect(one.on).toBe(true);
    const uniform = steps.slice(100).filter(({ importance }) => !importance);
    expect(uniform.length).toBeGreaterThan(50);
    expect(sum(uniform)).toBeLessThan(0.005 * sum(steps));
    // Two by two, of which the first finds the caches of the iteration before it.
    expect(one.weighed!.cost).toBeCloseTo(1 + (one.ratio - 1) * 0.2, 9);
  });

  it('on, in two passes: none, each step tells its own time', () => {
    const { steps, one } = timed(5000, { share: 0.2, onePass: false, on: true });
    expect(one.on).toBe(true);
    expect(steps.slice(100).every(({ importance }) => importance)).toBe(true);
  });

  it.each([false, true])('by scores that are there already: draws that nobody trains on, while off (on: %s)', (on) => {
    const costs = new Costs();
    const one = new Switch({ ...plain, free: true }, costs, meterOf(on ? 3 : 0), limitOf(false));
    const timed: number[] = [];
    for (let k = 0; k < 10_000; k++) {
      one.decide(2, b);
      const timing = one.timing();
      if (timing) timed.push(k);
      if (one.on || timing) costs.recordDraw(b, 0.1 * b);
      costs.recordStep(b, (one.on || timing ? 1.1 : 1) * b);
    }
    expect(one.on).toBe(on);
    expect(one.weighed!.cost).toBeCloseTo(1.1, 12);
    // Twenty to warm up, one that counts; then, off, half a hundredth of the time: one in twenty steps.
    const later = timed.filter((k) => k >= 50);
    expect(timed.length - later.length).toBeGreaterThan(20);
    if (on) expect(later).toEqual([]);
    else expect(later.length).toBeCloseTo((0.005 / 0.1) * 9950, -2);
  });

  it('are given up where the clock stands still', () => {
    const one = new Switch(plain, new Costs(), meterOf(1.5), new Limit());
    let count = 0;
    for (let k = 0; k < 5000; k++) if (one.timing()) count++;
    expect(count).toBeLessThanOrEqual(4);
  });
});

it.each([0, -1, Number.NaN, 'never', undefined])('a start of %s is refused', (start) => {
  expect(() => checkStart(start as Start)).toThrow(UnequalError);
});

it('goes on from its state as if it had not stopped', () => {
  const [one, two] = [made().switch, made().switch];
  for (let k = 0; k < 37; k++) {
    one.decide(2, b);
    one.timing();
  }
  two.restore(structuredClone(one.state()));
  for (let k = 0; k < 1000; k++) {
    expect([two.decide(2, b), two.timing()]).toEqual([one.decide(2, b), one.timing()]);
  }
  expect(two.state()).toEqual(one.state());
});
