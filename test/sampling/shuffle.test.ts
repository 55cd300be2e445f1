import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/sampling/random.ts';
import { Shuffle } from '../../src/sampling/shuffle.ts';
import { chiSquareTest } from '../support/statistics.ts';

const sorted = (indices: Iterable<number>) => [...indices].sort((a, b) => a - b);

describe('Shuffle', () => {
  it('gives every index once an epoch, in any cut into batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30 }), fc.integer(), (n, count, seed) => {
        const shuffle = new Shuffle(n, new Random(seed));
        const stream: number[] = [];
        while (stream.length < 3 * n) stream.push(...shuffle.next(count));
        for (let epoch = 0; epoch < 3; epoch++) {
          expect(sorted(stream.slice(epoch * n, (epoch + 1) * n))).toEqual([...Array(n).keys()]);
        }
        expect(shuffle.epoch * n + shuffle.cursor).toBe(stream.length);
      }),
    );
  });

  it('gives each order equally often, in every epoch and independently of the last', () => {
    const shuffle = new Shuffle(3, new Random(1));
    const pairs = new Map<string, number>();
    for (let i = 0; i < 36_000; i++) {
      const key = `${shuffle.next(3)}|${shuffle.next(3)}`;
      pairs.set(key, (pairs.get(key) ?? 0) + 1);
    }
    expect(pairs.size).toBe(36);
    expect(chiSquareTest([...pairs.values()], new Float64Array(36).fill(1000))).toBeGreaterThan(1e-3);
  });

  it.each([new Random(5), null])('looks ahead without any change that could be seen', (random) => {
    const run = fc.array(fc.tuple(fc.integer({ min: 0, max: 25 }), fc.integer({ min: 0, max: 60 })), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), run, (n, moves) => {
        const start = random && Random.from(random.state());
        const plain = new Shuffle(n, start && Random.from(start.state()));
        const ahead = new Shuffle(n, start);
        for (const [count, look] of moves) {
          const seen = ahead.peek(look);
          const state = ahead.state();
          expect(state).toEqual(plain.state());
          expect([...Shuffle.from(state).next(look)]).toEqual([...seen]);
          expect([ahead.epoch, ahead.cursor]).toEqual([plain.epoch, plain.cursor]);
          const given = ahead.next(count);
          expect([...given]).toEqual([...plain.next(count)]);
          const both = Math.min(count, look);
          expect([...given.subarray(0, both)]).toEqual([...seen.subarray(0, both)]);
        }
      }),
    );
  });

  it('does not depend on how the stream is cut', () => {
    const whole = new Shuffle(17, new Random(3)).next(100);
    const cut = new Shuffle(17, new Random(3));
    expect([...cut.next(1), ...cut.next(33), ...cut.next(0), ...cut.next(66)]).toEqual([...whole]);
  });

  it('goes on from its state after JSON, anywhere in an epoch and at its end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(70), fc.boolean(), (n, before, sequential) => {
        const shuffle = new Shuffle(n, sequential ? null : new Random(before));
        shuffle.next(before);
        const copy = Shuffle.from(JSON.parse(JSON.stringify(shuffle.state())));
        expect(copy.next(50)).toEqual(shuffle.next(50));
        expect(copy.state()).toEqual(shuffle.state());
      }),
    );
  });

  it('in sequence gives the indices in order', () => {
    expect([...Shuffle.sequential(3).next(7)]).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  it('writes into the given array', () => {
    const out = new Int32Array(5).fill(-1);
    expect(new Shuffle(4, new Random(1)).next(4, out)).toBe(out);
    expect(sorted(out)).toEqual([-1, 0, 1, 2, 3]);
  });

  it('holds ten million samples in four bytes each and a state of a few numbers', () => {
    const n = 10_000_000;
    const shuffle = new Shuffle(n, new Random(1));
    const seen = new Uint8Array(n);
    const drawn = shuffle.next(1_000_000);
    let distinct = 0;
    for (let k = 0; k < drawn.length; k++) if (seen[drawn[k]]++ === 0) distinct++;
    expect(distinct).toBe(drawn.length);
    shuffle.next(1000);
    expect(JSON.stringify(shuffle.state()).length).toBeLessThan(200);
    expect(Shuffle.from(shuffle.state()).next(100)).toEqual(shuffle.next(100));
  });

  it('refuses what cannot be shuffled and states that are none', () => {
    for (const n of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(() => new Shuffle(n, new Random(1))).toThrow(/nothing to shuffle.*number of samples/);
    }
    const state = new Shuffle(4, new Random(1)).state();
    expect(() => Shuffle.from({ ...state, cursor: 4 })).toThrow(/bad shuffle state/);
    expect(() => Shuffle.from({ ...state, epoch: -1 })).toThrow(/bad shuffle state/);
    expect(() => Shuffle.from({ ...state, random: [1] })).toThrow(/bad random state/);
  });
});
