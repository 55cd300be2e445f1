/** The resamplers in a compiled function draw what those of the host draw, to the last bit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { native } from '../../src/compiler/index.ts';
import { drawRows } from '../../src/learner/resample.ts';
import { distribution } from '../../src/sampling/distribution.ts';
import type { Draw } from '../../src/sampling/draw.ts';
import { Random } from '../../src/sampling/random.ts';
import { type ResamplerName, resampler, resamplers } from '../../src/sampling/resamplers.ts';
import { made } from '../compiler/made.ts';

interface Case {
  readonly resample: ResamplerName;
  readonly B: number;
  readonly b: number;
  readonly mixture: number;
}

/** The draw in a compiled function, which is compiled once. */
function drawing({ resample, B, b, mixture }: Case, dtype: 'float32' | 'float64' = 'float64') {
  const count = resampler(resample).numbers(B, b, new Random(0)).length;
  const compiled = made(
    ({ scores, numbers }) =>
      native({ scores, numbers }, (ops, values) => {
        return { ...drawRows(ops, values.scores, values.numbers, { size: b, resample, mixture, weightPower: 1 }) };
      }),
    { scores: { shape: [B], dtype }, numbers: { shape: [count], dtype: 'float64' } },
  );
  return async (scores: Float64Array | Float32Array, numbers: Float64Array): Promise<Draw> => {
    const { rows, weights } = await compiled.run({ scores, numbers });
    return { rows: rows.data as Int32Array, weights: weights.data as Float64Array };
  };
}

/** Bits and not numbers: −0 is not 0. */
function expectEqual(got: Draw, want: Draw, what: string): void {
  expect(got.rows, `${what}: rows`).toEqual(want.rows);
  expect(got.weights, `${what}: weights`).toBeInstanceOf(Float64Array);
  const bits = ({ weights }: Draw) => Array.from(new BigUint64Array(weights.slice().buffer), String);
  expect(bits(got), `${what}: weights`).toEqual(bits(want));
}

const onHost = (scores: ArrayLike<number>, numbers: Float64Array, { resample, b, mixture }: Case): Draw =>
  resampler(resample).from(distribution(scores, { mixture }), b, numbers);

const hostile: Record<string, (B: number, random: Random) => number[]> = {
  'all zero': (B) => Array(B).fill(0),
  'all equal': (B) => Array(B).fill(0.3),
  'one-hot, first': (B) => Array.from({ length: B }, (_, i) => Number(i === 0)),
  'one-hot, last': (B) => Array.from({ length: B }, (_, i) => Number(i === B - 1)),
  'two of them': (B) => Array.from({ length: B }, (_, i) => (i < 2 ? 1 + i : 0)),
  huge: (B, random) => Array.from({ length: B }, () => 1e308 * random.uniform()),
  tiny: (B, random) => Array.from({ length: B }, () => 1e-300 * random.uniform()),
  subnormal: (B) => Array.from({ length: B }, (_, i) => 5e-324 * (i % 3)),
  ties: (B, random) => Array.from({ length: B }, () => random.integer(3)),
  'of every size': (B, random) => Array.from({ length: B }, () => 10 ** (600 * random.uniform() - 300)),
  usual: (B, random) => Array.from({ length: B }, () => -Math.log(1 - random.uniform())),
  'from large to small': (B) => Array.from({ length: B }, (_, i) => 1 / (1 + i) ** 2),
};

const names = Object.keys(resamplers) as ResamplerName[];
const sizes = [
  { B: 2, b: 1 },
  { B: 9, b: 8 },
  { B: 96, b: 32 },
];

describe.each(names)('%s', (resample) => {
  describe.each([0, 0.1, 1])('λ = %f', (mixture) => {
    test.each(sizes)('hostile scores, $b of $B', async ({ B, b }) => {
      const spec = { resample, B, b, mixture };
      const draw = drawing(spec);
      for (const [name, make] of Object.entries(hostile)) {
        for (let seed = 1; seed <= 5; seed++) {
          const random = new Random(seed);
          const scores = Float64Array.from(make(B, random));
          const numbers = resampler(resample).numbers(B, b, random);
          expectEqual(await draw(scores, numbers), onHost(scores, numbers, spec), `${name}, seed ${seed}`);
        }
      }
    });
  });

  test('anything', async () => {
    const spec = { resample, B: 12, b: 5, mixture: 0.1 };
    const pure = { ...spec, mixture: 0 };
    const draws = [
      { spec, draw: drawing(spec) },
      { spec: pure, draw: drawing(pure) },
    ];
    const count = resampler(resample).numbers(spec.B, spec.b, new Random(0)).length;
    const score = fc.oneof(
      fc.constantFrom(0, 5e-324, 1e-308, 1e-20, 1, 1, 3, 1e20, 1e308),
      fc.double({ min: 0, max: 1e308, noNaN: true }),
    );
    // Ties and the ends of the interval among the uniform numbers too.
    const uniform = fc.oneof(
      fc.constantFrom(0, 0.5, 1 - 2 ** -53),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    );
    const many = (one: fc.Arbitrary<number>, length: number) =>
      fc.array(one, { minLength: length, maxLength: length }).map((list) => Float64Array.from(list));
    await fc.assert(
      fc.asyncProperty(many(score, spec.B), many(uniform, count), async (scores, numbers) => {
        for (const { spec, draw } of draws) {
          expectEqual(await draw(scores, numbers), onHost(scores, numbers, spec), `λ = ${spec.mixture}`);
        }
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  test('scores of float32, and the sizes of a real pool', async () => {
    const spec = { resample, B: 384, b: 128, mixture: 0.1 };
    const draw = drawing(spec, 'float32');
    for (let seed = 1; seed <= 10; seed++) {
      const random = new Random(seed);
      const scores = Float32Array.from({ length: spec.B }, () => Math.exp(2 * random.normal()));
      const numbers = resampler(resample).numbers(spec.B, spec.b, random);
      expectEqual(await draw(scores, numbers), onHost(scores, numbers, spec), `seed ${seed}`);
    }
  });

  test('scores that the host refuses do no harm', async () => {
    const spec = { resample, B: 6, b: 3, mixture: 0 };
    const draw = drawing(spec);
    const numbers = resampler(resample).numbers(6, 3, new Random(1));
    const scores = Float64Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY, 2, -1, 3);
    const { rows } = await draw(scores, numbers);
    expectEqual(await draw(scores, numbers), onHost([0, 1, 0, 2, 0, 3], numbers, spec), 'as zeros');
    for (const row of rows) expect([1, 3, 5]).toContain(row);
  });
});
