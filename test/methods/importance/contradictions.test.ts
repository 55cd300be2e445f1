import { describe, expect, it } from 'vitest';
import { UnequalError } from '../../../src/errors.ts';
import { biased } from '../../../src/methods/importance/biased.ts';
import { importance } from '../../../src/methods/importance/importance.ts';

describe('options of importance() that contradict each other, or are none, are refused at once, with what to do', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'reuse of stored scores',
      () => importance({ scores: 'stored', reuse: 2 }),
      /^reuse of stored scores: got reuse 2/,
    ],
    [
      'stored scores, λ = 0',
      () => importance({ scores: 'stored', mixture: 0 }),
      /^stored scores without a share of the uniform distribution: got mixture 0/,
    ],
    [
      'a threshold for a ratio that is not known',
      () => importance({ scores: 'fresh', presample: 'measured', start: 2 }),
      /^a given start with a presample that is yet to be measured: got start 2/,
    ],
    [
      'always, with a ratio that is to be measured',
      () => importance({ scores: 'fresh', presample: 'measured', start: 'always' }),
      /^a given start with a presample that is yet to be measured: got start always/,
    ],
    ['stored exact norms', () => importance({ score: 'gradient-norm' }), /^no exact norms can be stored/],
    [
      'the gain of biased weights',
      () => importance({ learningRate: 'gain', weightPower: 0.5 }),
      /^the gain is that of unbiased weights: got learningRate: 'gain' with weightPower 0\.5/,
    ],
    [
      'the gain of weights that are cut',
      () => importance({ learningRate: 'gain', weightBound: 2 }),
      /^the gain is that of unbiased weights.*weightBound 2/,
    ],
    [
      'the gain of weights that are biased from outside',
      () => biased(0.5, importance({ learningRate: 'gain' })),
      /^the gain is that of unbiased weights: got learningRate: 'gain' with weights w\^0\.5/,
    ],
    [
      'scores',
      () => importance({ scores: 'old' as never }),
      /^bad scores of importance: got 'old', expected 'stored' or 'fresh'/,
    ],
    ['reuse', () => importance({ reuse: 0 }), /^bad reuse of importance: got 0/],
    ['half a reuse', () => importance({ reuse: 1.5 }), /^bad reuse of importance: got 1\.5/],
    [
      'weightBound',
      () => importance({ weightBound: 0.5 }),
      /^bad weightBound of importance: got 0\.5, expected a number ≥ 1/,
    ],
    ['weightBound', () => importance({ weightBound: Number.NaN }), /^bad weightBound of importance: got NaN/],
    ['guard', () => importance({ guard: 99 }), /^bad guard of importance: got 99/],
    ['learningRate', () => importance({ learningRate: 'up' as never }), /^bad learningRate of importance: got 'up'/],
    ['end', () => importance({ end: -0.1 }), /^bad end of importance: got -0\.1/],
    ['presample', () => importance({ presample: Infinity }), /^bad presample of importance: got Infinity/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(UnequalError);
    expect(make).toThrow(message);
  });

  it('those that can be together are not refused', () => {
    for (const options of [
      { learningRate: 'gain' },
      { learningRate: 'gain', reuse: 2 },
      { learningRate: 'gain', weightPower: 1, guard: 0.9 },
      { scores: 'fresh', presample: 'measured' },
      { mixture: 0 },
      { score: 'gradient-norm', scores: 'fresh' },
    ] as const) {
      expect(() => importance(options)).not.toThrow();
    }
    expect(() => biased(1, importance({ learningRate: 'gain' }))).not.toThrow();
  });
});
