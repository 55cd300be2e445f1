import { describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { Random } from '../../src/sampling/random.ts';
import { resamplers } from '../../src/sampling/resamplers.ts';
import { Shuffle } from '../../src/sampling/shuffle.ts';
import { SumTree } from '../../src/sampling/sum-tree.ts';
import { inclusionProbabilities } from '../../src/sampling/without-replacement.ts';
import { chiSquareTest } from '../support/statistics.ts';

/** Four probabilities in the ratio 1 : 2 : 2 : 3, whatever their size. */
const scales = [
  ['whose sum is infinite', 5e307],
  ['that are subnormal', 5e-324],
  ['of a usual size', 0.1],
] as const;

describe.each(scales)('probabilities %s', (_, scale) => {
  const p = [scale, 2 * scale, 2 * scale, 3 * scale];

  it.each(Object.entries(resamplers))('%s draws by them, and its weights are unbiased', (name, resampler) => {
    const b = name === 'without-replacement' ? 2 : 3;
    const [draws, random] = [20_000, new Random(5)];
    const [counts, sums] = [new Array<number>(4).fill(0), new Array<number>(4).fill(0)];
    for (let k = 0; k < draws; k++) {
      const { rows, weights } = resampler(p, b, random);
      for (const [j, row] of rows.entries()) {
        counts[row]++;
        sums[row] += weights[j];
      }
    }
    for (const [i, share] of [1 / 8, 2 / 8, 2 / 8, 3 / 8].entries()) {
      expect(counts[i] / draws / b).toBeCloseTo(share, 1.7);
      // Each row's weights come to one b-th of B on average.
      expect(sums[i] / draws / b).toBeCloseTo(1 / 4, 1.7);
    }
  });

  it('have the inclusion probabilities min(1, c p)', () => {
    for (const [i, pi] of inclusionProbabilities(p, 2).entries()) expect(pi).toBeCloseTo([0.25, 0.5, 0.5, 0.75][i], 12);
  });
});

describe('SumTree', () => {
  it.each(['draw', 'stratified'] as const)('%s goes by the entries, however small their total is', (name) => {
    for (const scale of [5e-324, 2 ** -962, 1]) {
      const [tree, random, counts] = [new SumTree([scale, 3 * scale, 0]), new Random(2), [0, 0, 0]];
      for (let k = 0; k < 10_000; k++) for (const i of tree[name](1, random)) counts[i]++;
      expect(counts[2]).toBe(0);
      expect(chiSquareTest(counts.slice(0, 2), [2_500, 7_500])).toBeGreaterThan(1e-3);
    }
  });

  it.each(['draw', 'stratified'] as const)(
    '%s refuses a count that is none, and says that random is missing',
    (name) => {
      const tree = new SumTree([1, 2]);
      for (const count of [-1, 1.5, Number.NaN, Infinity, undefined as never]) {
        expect(() => tree[name](count, new Random(1))).toThrow(UnequalError);
      }
      expect(() => tree[name](2, undefined as never)).toThrow(/no random numbers.*new Random\(seed\)/);
      expect(tree[name](0, new Random(1))).toHaveLength(0);
    },
  );
});

it('whatever draws says that random is missing', () => {
  for (const resampler of Object.values(resamplers)) {
    expect(() => resampler([1, 2], 1, undefined as never)).toThrow(/no random numbers/);
  }
  expect(() => new Shuffle(3, undefined as never)).toThrow(/no random numbers/);
});

it.each([Number.NaN, undefined as never, null as never, 0, -3, 2.5, 0.5, 2 ** 53, Infinity, '5' as never])(
  'Random.integer(%s) is refused at once',
  (n) => {
    expect(() => new Random(1).integer(n)).toThrow(/bad n/);
  },
);

it.each([1, 2, 3, 7, 2 ** 31 - 1, 2 ** 31, 2 ** 40, 2 ** 53 - 1])('Random.integer(%i) is below it', (n) => {
  const random = new Random(4);
  const drawn = Array.from({ length: 2_000 }, () => random.integer(n));
  expect(drawn.every((i) => Number.isInteger(i) && i >= 0 && i < n)).toBe(true);
  if (n > 2) expect(drawn.reduce((sum, i) => sum + i / (n - 1), 0) / 2_000).toBeCloseTo(0.5, 1);
});
