import { describe, expect, it } from 'vitest';
import { Balance } from '../../src/fit/balance.ts';
import { explain } from '../../src/fit/explain.ts';
import type { Standing } from '../../src/methods/method.ts';

const balanceOf = (uniform: number, importance: number, worth?: number) => {
  const balance = new Balance();
  for (let k = 0; k < uniform; k++) balance.add('uniform', 0.01);
  for (let k = 0; k < importance; k++) balance.add('importance', 0.02, worth, 0.01);
  return balance;
};
const turn = (k: number, on: boolean, why = `reason ${k}`) => ({ step: 1000 * k, seconds: 1.5 * k, on, why });

const standing = (on: boolean, ...details: string[]): Standing => ({ reason: { by: 'asked', on }, details });

describe('Balance', () => {
  it('is what the importance steps were worth less what they took', () => {
    // Each worth 3 uniform steps of 10 ms, at 20 ms.
    const { uniform, importance, gained } = balanceOf(100, 50, 3).state();
    expect([uniform.steps, importance.steps]).toEqual([100, 50]);
    expect([uniform.seconds, importance.seconds, gained]).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
      expect.closeTo(50 * (0.03 - 0.02), 12),
    ]);
    expect(balanceOf(0, 50, 1).gained).toBeCloseTo(-0.5, 12);
  });

  it('survives a diverging step, a clock set back, and steps of unknown worth', () => {
    const balance = balanceOf(1, 10, 3);
    const before = balance.gained;
    balance.add('importance', 0.02, Number.NaN, 0.01);
    balance.add('importance', 0.02, Infinity, 0.01);
    balance.add('importance', 0.02);
    expect(balance.gained).toBe(before);
    balance.add('uniform', -3600);
    expect(balance.uniform.seconds).toBeCloseTo(0.01, 12);
    expect(balance.state()).toMatchObject({ weighed: 10, importance: { steps: 13 } });
  });

  it('goes on from its state', () => {
    const one = balanceOf(3, 4, 2);
    const two = new Balance();
    two.restore(structuredClone(one.state()));
    for (const balance of [one, two]) balance.add('importance', 0.02, 5, 0.01, true);
    expect(one.biased).toBe(1);
    expect(two.state()).toEqual(one.state());
  });
});

describe('explain', () => {
  it('says of each switch what was measured and done, and at the end what came of it', () => {
    const switches = [turn(0, true, 'worth 2.00, more than the 1.50 it costs'), turn(2, false, 'τ 1.2 is below 1.5')];
    expect(
      explain({
        switches,
        balance: balanceOf(1234, 500, 5).state(),
        standing: standing(false, 'τ 1.20', 'noise 20 %'),
      }),
    ).toEqual([
      'Off since step 2,000, 29 % of the steps by importance before: τ 1.2 is below 1.5.',
      '1,734 steps in 22.3 s: 1,234 uniform, 500 by importance.',
      'Step 0, 0.00 s: on. Worth 2.00, more than the 1.50 it costs.',
      'Step 2,000, 3.00 s: off. τ 1.2 is below 1.5.',
      'At the end: τ 1.20; noise 20 %.',
      'By these estimates importance sampling gained 15.0 s of uniform training.',
    ]);
  });

  it('admits a loss, and what is not known', () => {
    const last = (uniform: number, importance: number, worth?: number, on?: 'on' | 'off') =>
      explain({
        switches: [],
        balance: balanceOf(uniform, importance, worth).state(),
        standing: on && standing(on === 'on'),
      }).at(-1);
    expect(last(9, 100, 0.5, 'on')).toBe('By these estimates importance sampling lost 1.50 s of uniform training.');
    expect(last(9, 100, 2, 'on')).toBe('By these estimates importance sampling neither gained nor lost time.');
    expect(last(9, 3, undefined, 'off')).toBe('What importance sampling gained or lost was not measured.');
    expect(last(9, 0, undefined, 'off')).toBe(
      'Importance sampling was not used: nothing gained, and nothing lost but the time of keeping scores.',
    );
    // A method without a switch has nothing to weigh: one line is all.
    expect(last(1, 0)).toBe('1 step in 0.01 s: 1 uniform.');
    expect(last(0, 2)).toBe('2 steps in 0.04 s: 2 by importance.');
    expect(explain({ switches: [], balance: new Balance().state() })).toEqual(['Nothing was trained.']);
  });

  it('says that the estimates are rough where weights were biased', () => {
    const last = (unbiased: number, leaning: number, worth = 3) => {
      const balance = balanceOf(9, unbiased, worth);
      for (let k = 0; k < leaning; k++) balance.add('importance', 0.02, worth, 0.01, true);
      return explain({ switches: [], balance: balance.state(), standing: standing(true) }).at(-1);
    };
    const gained = 'By these estimates importance sampling gained 1.00 s of uniform training';
    expect(last(100, 0)).toBe(`${gained}.`);
    expect(last(75, 25)).toBe(`${gained}; they are rough, for 25 % of its steps had biased weights.`);
    expect(last(0, 100)).toBe(`${gained}; they are rough, for its steps had biased weights.`);
    expect(last(99, 1, 2)).toMatch(/neither gained nor lost time; .* for 1 % of its steps/);
    // A uniform step has no weights, and one that is not weighed is not in the estimate.
    const balance = balanceOf(9, 9, 2);
    balance.add('importance', 0.02, undefined, 0.01, true);
    expect(balance.biased).toBe(0);
  });

  it('shows the first and last of many switches, and counts the others', () => {
    const many = Array.from({ length: 40 }, (_, k) => turn(k, k % 2 === 0));
    const lines = explain({ switches: many, balance: balanceOf(9, 9, 2).state() });
    expect(lines).toHaveLength(1 + 5 + 1 + 3 + 1);
    expect(lines[5]).toBe('Step 4,000, 6.00 s: on. Reason 4.');
    expect(lines[6]).toBe('… 32 more switches …');
    expect(lines[9]).toBe('Step 39,000, 58.5 s: off. Reason 39.');
    expect(explain({ switches: many.slice(0, 9), balance: balanceOf(9, 9, 2).state() })[6]).toBe('… 1 more switch …');
    expect(explain({ switches: many.slice(0, 8), balance: balanceOf(9, 9, 2).state() }).join()).not.toContain('…');
  });

  it('lists the samples that the guard capped, the most often capped by name', () => {
    const told = (n: number) => {
      const capped = Array.from({ length: n }, (_, k) => ({ index: 7 * k, times: 1234 - k }));
      return explain({ switches: [], balance: balanceOf(9, 9, 2).state(), standing: standing(true), capped });
    };
    expect(told(0).join()).not.toContain('guard');
    expect(told(2).at(-2)).toBe(
      'The guard capped the scores of 2 samples, most often of 0 (1,234 times), 7 (1,233 times): wrong labels are likely there.',
    );
    expect(told(30).at(-2)).toMatch(/of 30 samples, most often of 0 \(.*, 63 \(1,225 times\), …: wrong labels/);
    expect(told(100).at(-2)).toContain('of 100 samples or more,');
  });

  it('takes a method that gives no reason', () => {
    expect(explain({ switches: [turn(1, true, '')], balance: balanceOf(1, 1).state() })[1]).toBe(
      'Step 1,000, 1.50 s: on.',
    );
  });

  it('begins with what was done and why, and with what became of validation', () => {
    const first = (switches: ReturnType<typeof turn>[], uniform: number, by: number, on: boolean) =>
      explain({ switches, balance: balanceOf(uniform, by, 1).state(), standing: standing(on) })[0];
    expect(first([], 0, 9, true)).toBe('On throughout: asked for from the start.');
    expect(first([turn(0, true)], 0, 9, true)).toBe('On throughout: asked for from the start.');
    expect(first([], 9, 0, false)).toMatch(/^Off throughout: /);
    expect(first([], 90, 4, false)).toMatch(/^Off throughout, but for 4 steps made to measure it: /);
    expect(first([turn(1, true)], 300, 700, true)).toMatch(/^On since step 1,000, 70 % of the steps by importance: /);
  });

  it.each([
    [[0.5], '0.500.'],
    [[0.5, 0.404, 0.4], '0.400, as low as it has been.'],
    [[0.5, 0.4, 0.4], '0.400, as low as it has been.'],
    [[0.5, 0.4, 0.404], '0.404, within 2 % of its lowest, 0.400 in epoch 2.'],
    [[0.5, 0.4, 0.41], '0.410, after 0.400 in epoch 2: what was trained since then made it worse.'],
    // A loss of one's own may be less than 0.
    [[-0.5, -1, -1], '-1.00, as low as it has been.'],
    [[-0.5, -1, -0.9], '-0.900, after -1.00 in epoch 2: what was trained since then made it worse.'],
    [[Number.NaN, 0.5, 0.4], '0.400, as low as it has been.'],
    [[0.5, 0.4, Number.NaN], 'NaN, after 0.400 in epoch 2: what was trained since then made it worse.'],
    [[Number.NaN, Number.NaN], 'NaN.'],
  ])('validation losses of %j', (validation, told) => {
    const lines = explain({ switches: [], balance: balanceOf(9, 9, 3).state(), standing: standing(true), validation });
    expect(lines[1]).toBe(`Validation loss ${told}`);
  });

  it('counts epochs as the run did, and says which weights were put back', () => {
    const told = (restored?: number) =>
      explain({
        ...{ switches: [], balance: balanceOf(9, 9, 3).state(), standing: standing(true) },
        ...{ validation: [0.5, 0.4, 0.6], epochs: [5, 6, 7], restored },
      })[1];
    const course = 'Validation loss 0.600, after 0.400 in epoch 7: what was trained since then made it worse.';
    expect(told()).toBe(course);
    expect(told(6)).toBe(`${course} The weights of epoch 7, with a validation loss of 0.400, were put back.`);
    // The last are those it has.
    expect(told(7)).toBe(course);
  });

  it('calls nothing a gain where validation has become worse', () => {
    const validation = [0.5, 0.4, 0.41];
    const lines = explain({ switches: [], balance: balanceOf(9, 9, 3).state(), standing: standing(true), validation });
    expect(lines[1]).toBe('Validation loss 0.410, after 0.400 in epoch 2: what was trained since then made it worse.');
    expect(lines.at(-1)).toBe('Validation has become worse, so no time counts as gained.');
    expect(lines.join()).not.toMatch(/gained \d/);
  });
});
