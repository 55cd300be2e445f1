import { expect, it } from 'vitest';
import { lead } from '../../src/report/lead.ts';
import { awakeClock } from '../../web/src/awake-clock.ts';
import { headline } from '../../web/src/headline.ts';

const points = (...pairs: [seconds: number, error: number][]) => pairs.map(([seconds, error]) => ({ seconds, error }));

const size = 1000;

it('compares at the lowest error that both have reached', () => {
  const one = points([0, 0.9], [0.5, 0.2], [1, 0.05], [3, 0.04]);
  const other = points([0, 0.9], [1, 0.5], [2, 0.2], [3, 0.06]);
  expect(lead(one, other)).toEqual({ lowest: 0.06, error: 0.06, one: 1, other: 3, together: false });
  // √(0.06 × 0.94 / 1000 + 1 / 1000²) is 0.76 %.
  expect(headline('importance', one, other, size)).toBe(
    'importance is 2.0 s ahead: 6.8 % or less after 1.0 s, uniform after 3.0 s',
  );
  expect(headline('importance', other, one, size)).toBe(
    'uniform is 2.0 s ahead: 6.8 % or less after 1.0 s, importance after 3.0 s',
  );
});

it('takes no digit more or less, once the curves are flat, for a lead', () => {
  const one = points([0, 0.9], [1, 0.2], [2, 0.106], [7, 0.105], [12, 0.106]);
  const other = points([0, 0.9], [1, 0.2], [2, 0.107], [7, 0.107], [12, 0.105]);
  expect(headline('importance', one, other, size)).toBe('Side by side: both came to 11.5 % or less after 2.0 s');
});

it('says so where there is no difference, or nothing yet', () => {
  const same = points([0, 0.9], [1, 0]);
  expect(headline('importance', same, same, size)).toBe('Side by side: both came to 0.1 % or less after 1.0 s');
  // At most one validation apart.
  const late = points([0, 0.9], [2, 0]);
  expect(headline('importance', same, late, size)).toBe('Side by side: both came to 0.1 % or less after 2.0 s');
  expect(headline('importance', points([0, 0.9]), same, size)).toBe('The race begins …');
});

it('says where they stand, where the one that was ahead has turned back', () => {
  const back = points([0, 0.66], [1, 0.3], [2, 0.4], [4, 0.52]);
  const late = points([0, 0.66], [1, 0.6], [2, 0.4], [4, 0.31]);
  expect(headline('svrg', late, back, size)).toBe(
    'uniform was 3.0 s ahead: 32.5 % or less after 1.0 s, svrg after 4.0 s; now svrg 31.0 %, uniform 52.0 %',
  );
  expect(headline('svrg', late, back, size, false, true)).toMatch(/; at the end svrg 31.0 %, uniform 52.0 %$/);
  // Within chance: as before.
  const little = points([0, 0.66], [1, 0.3], [2, 0.32], [4, 0.315]);
  expect(headline('svrg', late, little, size)).toBe(
    'uniform is 3.0 s ahead: 32.5 % or less after 1.0 s, svrg after 4.0 s',
  );
  // 3 % apart on 1000 samples is 1.4 standard errors, and the report does not call that a difference either.
  const somewhat = points([0, 0.66], [1, 0.3], [2, 0.32], [4, 0.34]);
  expect(headline('svrg', late, somewhat, size)).toBe(
    'uniform is 3.0 s ahead: 32.5 % or less after 1.0 s, svrg after 4.0 s',
  );
  const both = points([0, 0.66], [1, 0.31], [2, 0.3], [4, 0.3]);
  expect(headline('svrg', both, back, size)).toBe(
    'Side by side: both came to 31.5 % or less after 1.0 s; now svrg 30.0 %, uniform 52.0 %',
  );
});

it('tells nothing of an error that is all chance, but what it is', () => {
  const none = points([0, 0], [1, 0]);
  const third = points([0, 1 / 3], [1, 1 / 3]);
  expect(headline('importance', none, third, 3)).toBe(
    'Too few pictures to tell who is ahead: importance 0.0 %, uniform 33.3 %',
  );
});

it('gives no lead to a method that has not begun', () => {
  const one = points([0, 0.9], [0.5, 0.2], [1, 0.05], [3, 0.04]);
  const other = points([0, 0.9], [1, 0.5], [2, 0.2], [3, 0.06]);
  expect(headline('importance', one, other, size, true)).toBe(
    'importance has not begun: both train uniformly. Now importance 4.0 %, uniform 6.0 %',
  );
  expect(headline('importance', one, other, size, true, true)).toBe(
    'importance never began: both trained uniformly, and differ by chance. At the end importance 4.0 %, uniform 6.0 %',
  );
  expect(headline('importance', points([0, 0.9]), other, size, true)).toBe('The race begins …');
});

it('tells uniform from uniform', () => {
  const one = points([0, 0.9], [0.5, 0.2], [1, 0.05], [3, 0.04]);
  const other = points([0, 0.9], [1, 0.5], [2, 0.2], [3, 0.06]);
  expect(headline('uniform', other, one, size)).toBe(
    'uniform again is 2.0 s ahead: 6.8 % or less after 1.0 s, uniform after 3.0 s',
  );
});

it('the clock of a race stands still while the machine sleeps', () => {
  let time = 100;
  const clock = awakeClock(() => time);
  time += 0.25;
  expect(clock()).toBe(0.25);
  time += 3600;
  expect(clock()).toBe(1.25);
  time += 0.5;
  expect(clock()).toBe(1.75);
});
