import fc from 'fast-check';

/** Pools of scores of every kind that must work: zeros, equal, one-hot, subnormal, huge, and all of these at once. */
export function hostileScores(max = 24): fc.Arbitrary<number[]> {
  const one = fc.constantFrom(0, 5e-324, 1e-308, 1e-160, 1e-20, 0.1, 1, 1, 3, 1e20, 1e160, 1e308);
  const any = fc.double({ min: 0, max: 1e308, noNaN: true });
  return fc.oneof(
    fc.array(fc.oneof(one, any), { minLength: 1, maxLength: max }),
    fc.tuple(one, fc.integer({ min: 1, max })).map(([score, B]) => new Array<number>(B).fill(score)),
    fc
      .tuple(fc.nat(max - 1), fc.integer({ min: 1, max }))
      .map(([hot, B]) => Array.from({ length: B }, (_, i) => (i === hot % B ? 1 : 0))),
  );
}
