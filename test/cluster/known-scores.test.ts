import { describe, expect, it } from 'vitest';
import { decodeChunk, encodeChunk } from '../../src/cluster/chunk.ts';
import { KnownScores } from '../../src/cluster/known-scores.ts';
import { Ranges } from '../../src/cluster/ranges.ts';
import { Random } from '../../src/sampling/random.ts';
import { chiSquareTest } from '../support/statistics.ts';

describe('known scores', () => {
  const ranges = new Ranges(11, 4);
  const scores = Float32Array.of(3, 0, 1, 2);

  it('draw with the probability they say: (score + c mean) / total, the mean for what is unknown', () => {
    const known = new KnownScores(ranges, 5);
    known.store(0, 2, scores);
    known.store(2, 2, Float32Array.of(6, 0, 0));
    // Mean of the seven known ones 12/7; the four of range 1 count as that.
    const mean = 12 / 7;
    const wanted = [3, 0, 1, 2, mean, mean, mean, mean, 6, 0, 0].map((s) => s + 0.5 * mean);
    const total = wanted.reduce((a, b) => a + b);
    const { indices, p } = known.draw(40_000, 0.5, new Random(4));
    const counts = new Array<number>(11).fill(0);
    for (const [k, i] of indices.entries()) {
      counts[i]++;
      expect(p[k]).toBeCloseTo(wanted[i] / total, 12);
    }
    expect(
      chiSquareTest(
        counts,
        wanted.map((one) => (40_000 * one) / total),
      ),
    ).toBeGreaterThan(1e-3);
    const [sum, squares] = [total, wanted.reduce((a, b) => a + b * b, 0)];
    expect(known.tau(0.5)).toBeCloseTo((11 * squares) / sum ** 2, 10);
  });

  it('say the variance that drawing by them saves after any change, as from their probabilities', () => {
    const random = new Random(8);
    const some = new Ranges(50, 8);
    const known = new KnownScores(some, 5);
    for (let step = 0; step < 60; step++) {
      const range = random.integer(some.count);
      known.store(
        range,
        step,
        Float32Array.from({ length: some.sizeOf(range) }, () => random.uniform() ** 3),
      );
      known.refresh([random.integer(50), random.integer(50)], [random.uniform(), 2]);
      known.expire(step);
      // N Σ p² of all samples, each with the p that a draw of it says.
      const p = new Map<number, number>();
      while (p.size < 50) {
        const drawn = known.draw(500, 0.3, random);
        for (const [k, i] of drawn.indices.entries()) p.set(i, drawn.p[k]);
      }
      const squares = [...p.values()].reduce((sum, one) => sum + one ** 2, 0);
      expect(known.tau(0.3)).toBeCloseTo(50 * squares, 9);
      expect(new KnownScores(some, 5, known.state()).tau(0.3)).toBe(known.tau(0.3));
    }
  });

  it('forget what is older than the limit, and never go back to older scores', () => {
    const known = new KnownScores(ranges, 5);
    known.store(0, 2, scores);
    known.store(1, 4, scores);
    expect(known.store(1, 3, Float32Array.of(9, 9, 9, 9))).toBe(false);
    expect(known.fresh).toBeCloseTo(8 / 11, 12);
    expect([known.expire(7), known.fresh]).toEqual([0, 8 / 11]);
    expect(known.expire(8)).toBe(1);
    expect(known.fresh).toBeCloseTo(4 / 11, 12);
    expect(known.staleness([0, 4, 5], 8)).toBe(4);
    const copy = new KnownScores(ranges, 5, known.state());
    expect(copy.draw(50, 0.1, new Random(1))).toEqual(known.draw(50, 0.1, new Random(1)));
  });

  it('are uniform while none is known, and where all are zero', () => {
    const known = new KnownScores(ranges, 5);
    expect(known.draw(3, 0.5, new Random(1)).p).toEqual(new Float64Array(3).fill(1 / 11));
    for (let k = 0; k < 3; k++) known.store(k, 0, new Float32Array(ranges.sizeOf(k)));
    expect(known.draw(3, 0.5, new Random(1)).p).toEqual(new Float64Array(3).fill(1 / 11));
    expect(known.tau(0.5)).toBe(1);
  });
});

describe('packed scores', () => {
  const nonce = 'fedcba9876543210';
  const chunk = { nonce, range: 3, version: 70, scores: Float32Array.of(1, 0, 2.5) };
  const expected = { nonce, range: 3, count: 3, latest: 70 };

  it('come back as they were', () => {
    expect(decodeChunk(encodeChunk(chunk), expected)).toEqual(chunk);
  });

  it.each([
    ['another run', chunk, { nonce: '0000000000000001' }, /scores of the run fedcba9876543210/],
    ['another range', chunk, { range: 2 }, /scores of range 3/],
    ['another size', chunk, { count: 4 }, /44 bytes, expected 48 bytes/],
    ['parameters that do not exist yet', chunk, { latest: 69 }, /parameters 70, expected at most 69/],
    ['NaN', { ...chunk, scores: Float32Array.of(1, Number.NaN, 1) }, {}, /the score NaN/],
    ['infinity', { ...chunk, scores: Float32Array.of(1, Infinity, 1) }, {}, /the score Infinity/],
    ['a negative score', { ...chunk, scores: Float32Array.of(1, -1, 1) }, {}, /the score -1/],
  ])('of %s are refused', (_, what, other, message) => {
    expect(() => decodeChunk(encodeChunk(what), { ...expected, ...other })).toThrow(message);
  });

  it('with any byte changed, cut or added are refused', () => {
    const bytes = encodeChunk(chunk);
    for (let k = 0; k < bytes.length; k++) {
      const other = bytes.slice();
      other[k] ^= 1 << (k % 8);
      expect(() => decodeChunk(other, expected)).toThrow(/bad scores of range 3/);
      expect(() => decodeChunk(bytes.subarray(0, k), expected)).toThrow(/bytes/);
    }
    expect(() => decodeChunk(new Uint8Array([...bytes, 0]), expected)).toThrow(/bytes/);
  });
});
