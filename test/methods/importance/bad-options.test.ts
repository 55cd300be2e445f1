import { describe, expect, it } from 'vitest';
import { UnequalError } from '../../../src/errors.ts';
import { biased } from '../../../src/methods/importance/biased.ts';
import { type ImportanceOptions, importance } from '../../../src/methods/importance/importance.ts';

describe('two options that contradict each other are refused at once, with what to do', () => {
  it.each<[string, () => unknown, RegExp, RegExp]>([
    [
      'stored scores cannot be reused: they cost nothing',
      () => importance({ scores: 'stored', reuse: 2 }),
      /^reuse of stored scores: got reuse 2/,
      /use scores: 'fresh'/,
    ],
    [
      'stored scores need a share of the uniform distribution',
      () => importance({ scores: 'stored', mixture: 0 }),
      /^stored scores without a share of the uniform distribution: got mixture 0/,
      /give a share above 0/,
    ],
    [
      'fresh scores cannot draw a step early',
      () => importance({ scores: 'fresh', ahead: true }),
      /^nothing is drawn ahead by fresh scores: got ahead: true/,
      /use scores: 'stored'/,
    ],
    [
      'a threshold of τ needs a presample that is known',
      () => importance({ scores: 'fresh', presample: 'measured', start: 2 }),
      /^a given start with a presample that is yet to be measured: got start 2/,
      /give presample a number, such as 3/,
    ],
    [
      'a start at once needs a presample that is known',
      () => importance({ scores: 'fresh', presample: 'measured', start: 'always' }),
      /^a given start with a presample that is yet to be measured: got start always/,
      /give presample a number, such as 3/,
    ],
    [
      'exact norms cannot be stored',
      () => importance({ score: 'gradient-norm' }),
      /^no exact norms can be stored/,
      /use scores: 'fresh'/,
    ],
    [
      'the gain is that of unbiased weights, not of w^k',
      () => importance({ learningRate: 'gain', weightPower: 0.5 }),
      /^the gain is that of unbiased weights: got learningRate: 'gain' with weightPower 0\.5/,
      /leave both out/,
    ],
    [
      'nor of weights that are cut',
      () => importance({ learningRate: 'gain', weightBound: 2 }),
      /^the gain is that of unbiased weights.*weightBound 2/,
      /leave both out/,
    ],
    [
      'nor of weights that biased() raises to k',
      () => biased(0.5, importance({ learningRate: 'gain' })),
      /^the gain is that of unbiased weights: got learningRate: 'gain' with weights w\^0\.5/,
      /use learningRate: 'keep'/,
    ],
  ])('%s', (_, make, wrong, mend) => {
    expect(make).toThrow(UnequalError);
    expect(make).toThrow(wrong);
    expect(make).toThrow(mend);
  });

  it('and those that go together are taken', () => {
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

it.each<[ImportanceOptions, RegExp]>([
  [{ scores: 'old' as never }, /^bad scores of importance: got 'old', expected 'stored' or 'fresh'/],
  [{ reuse: 0 }, /^bad reuse of importance: got 0/],
  [{ reuse: 1.5 }, /^bad reuse of importance: got 1\.5/],
  [{ weightBound: 0.5 }, /^bad weightBound of importance: got 0\.5, expected a number ≥ 1/],
  [{ weightBound: Number.NaN }, /^bad weightBound of importance: got NaN/],
  [{ weightPower: 1.5 }, /^bad weightPower of importance: got 1\.5/],
  [{ guard: 99 }, /^bad guard of importance: got 99/],
  [{ learningRate: 'up' as never }, /^bad learningRate of importance: got 'up'/],
  [{ end: -0.1 }, /^bad end of importance: got -0\.1/],
  [{ presample: Infinity }, /^bad presample of importance: got Infinity/],
  [{ ahead: 1 as never }, /^bad ahead of importance: got 1/],
  [{ costs: 'clock' as never }, /^bad costs of importance: got 'clock'/],
  [{ tau: 'book' as never }, /^bad tau of importance: got 'book'/],
  [{ tauDecay: 1 }, /^bad tauDecay of importance: got 1/],
  [{ rule: { memorised: -1 } }, /memorised.*got -1/],
  [{ rule: { memorized: 0.5 } as never }, /memorized.*did you mean.*memorised/],
])('%o is refused at once, by name and with what was expected', (options, message) => {
  expect(() => importance(options)).toThrow(UnequalError);
  expect(() => importance(options)).toThrow(message);
});
