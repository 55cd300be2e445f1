import { expect, it } from 'vitest';
import { oneHot, perClass } from '../../src/data/index.ts';
import { UnequalError } from '../../src/errors.ts';
import { biased, distribution, ess, Random, tau, varianceReduction } from '../../src/sampling/index.ts';

const no = undefined as never;
it.each<[string, () => unknown, RegExp]>([
  ['distribution of nothing', () => distribution(no), /^bad scores: got nothing, expected a list of numbers/],
  ['of a number', () => distribution(3 as never), /^bad scores: got 3/],
  ['of BigInts', () => distribution([1n, 2n] as never), /^scores that are no importance: got 1 for sample 0, 2 for/],
  ['of a list with a hole', () => distribution(Array(2) as never), /undefined for sample 0.*bad inputs or labels/],
  ['tau of a number', () => tau(3 as never), /^bad p: got 3/],
  ['ess of nothing', () => ess(no), /^bad scores: got nothing/],
  ['varianceReduction of norms alone', () => varianceReduction([1, 2], no), /^bad p: got nothing, expected 2 numbers/],
  ['of another length', () => varianceReduction([1, 2], [1]), /^bad p: got 1 of them, expected 2 numbers/],
  ['biased of nothing', () => biased(no, 0.5), /^bad weights: got nothing/],
  ['with scores too short', () => biased([1, 2], 0.5, [1]), /^bad scores: got 1 of them, expected 2 numbers/],
  ['Random of nothing', () => new Random(no), /^bad random state: got nothing, expected an integer/],
  ['Random of text', () => new Random('1234' as never), /^bad random state/],
  ['oneHot without indices', () => (oneHot as (...all: unknown[]) => unknown)([0, 2], 3), /^bad arguments of oneHot/],
  ['oneHot of no classes', () => oneHot([0], [0], 0), /^bad arguments of oneHot/],
  ['perClass of one number', () => perClass([0, 1], 1 as never, 1), /^bad counts: got 1, expected a list/],
])('%s is refused in words', (_, call, message) => {
  expect(call).toThrow(UnequalError);
  expect(call).toThrow(message);
});
