import { expect, it } from 'vitest';
import { lead } from '../../src/report/lead.ts';
import { headline } from '../../web/src/headline.ts';
import { fromAddress, toAddress } from '../../web/src/settings.ts';

const points = (...pairs: [seconds: number, error: number][]) => pairs.map(([seconds, error]) => ({ seconds, error }));

it('compares at the lowest error that both have reached', () => {
  const one = points([0, 0.9], [1, 0.2], [2, 0.05], [3, 0.04]);
  const other = points([0, 0.9], [1, 0.5], [2, 0.2], [3, 0.06]);
  expect(lead(one, other)).toEqual({ error: 0.06, one: 2, other: 3 });
  expect(headline('importance', one, other)).toBe('importance is 1.0 s ahead: 6.0 % after 2.0 s, uniform after 3.0 s');
  expect(headline('importance', other, one)).toBe('uniform is 1.0 s ahead: 6.0 % after 2.0 s, importance after 3.0 s');
});

it('says so where there is no difference, or nothing yet', () => {
  const same = points([0, 0.9], [1, 0.2]);
  expect(headline('importance', same, same)).toBe('Side by side: both reached 20.0 % after 1.0 s');
  expect(headline('importance', points([0, 0.9]), same)).toBe('The race begins …');
});

it('the address holds the settings, and nothing that cannot be', () => {
  const settings = fromAddress('#task=spirals&method=infoBatch&noise=0.3&imbalance=10&seed=7&trained=yes&seconds=20');
  expect(settings).toEqual({
    ...{ task: 'spirals', method: 'infoBatch', noise: 0.3, imbalance: 10, seed: 7, trained: true, seconds: 20 },
  });
  expect(fromAddress(toAddress(settings))).toEqual(settings);
  expect(toAddress(fromAddress('#task=cats&noise=7&seconds=-1&seed=x&method='))).toBe('#');
});
