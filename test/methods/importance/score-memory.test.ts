import { describe, expect, it } from 'vitest';
import { ScoreMemory } from '../../../src/methods/importance/score-memory.ts';

/** A memory of four samples, each trained on once, with scores 1, 1, 0.2, 0.2. */
function memory(): ScoreMemory {
  const made = new ScoreMemory(4);
  made.store([0, 1, 2, 3], [1, 1, 0.2, 0.2], 0);
  return made;
}

const all = [0, 1, 2, 3];

describe('scores', () => {
  it('are the latest of each sample, and say which are missing', () => {
    const scores = new ScoreMemory(3);
    expect(scores.unseen).toBe(3);
    scores.store([2, 0, 2], [0.5, 0.25, 0.75], 7);
    expect(scores.unseen).toBe(1);
    // The third has none: it counts as the first scores of the others on average.
    expect(Array.from(scores.scores([0, 2, 1]))).toEqual([0.25, 0.75, 0.375]);
    expect(Array.from(scores.before([0, 2, 1]))).toEqual([0.25, 0.75, Infinity]);
    expect(scores.staleness([0, 2], 17)).toBe(10);
  });
});

describe('a sample that has no score yet', () => {
  it('counts as first scores do of late, and as 1 before there are any', () => {
    const scores = new ScoreMemory(100);
    expect(scores.expected).toBe(1);
    const first = (from: number, score: number, step: number) => scores.store([from, from + 1], [score, score], step);
    first(0, 1, 0);
    expect(scores.expected).toBe(1);
    first(2, 0.5, 1);
    expect(scores.expected).toBeCloseTo((0.9 * 2 * 1 + 2 * 0.5) / (0.9 * 2 + 2), 12);
    // Second scores are no first ones.
    scores.store([0, 1], [0.1, 0.1], 2);
    expect(scores.expected).toBeCloseTo((0.9 * 2 * 1 + 2 * 0.5) / (0.9 * 2 + 2), 12);
    for (let k = 2; k < 50; k++) first(2 * k, 0.2, k + 1);
    expect(scores.expected).toBeCloseTo(0.2, 2);
  });

  it('counts as they did however long no sample came for the first time', () => {
    const scores = new ScoreMemory(4);
    scores.store([0, 1], [0.4, 0.2], 0);
    for (let step = 1; step <= 20_000; step++) scores.store([0, 1], [0.01, 0.01], step);
    expect(scores.expected).toBeCloseTo(0.3, 6);
    scores.store([2], [0.9], 20_001);
    expect(scores.expected).toBeCloseTo((0.9 * 0.6 + 0.9) / (0.9 * 2 + 1), 6);
  });

  it('stands in a uniform step for those that have one, as many as a presample of all would hold', () => {
    const scores = new ScoreMemory(100);
    const some = Array.from({ length: 30 }, (_, i) => i);
    scores.store(some, new Array(30).fill(0.5), 0, { drawn: false });
    const rest = Array.from({ length: 70 }, (_, k) => 30 + k);
    const drawnBy = scores.asPresample(rest, new Array(70).fill(0.25));
    expect(drawnBy.filter((score) => score === 0.25).length).toBe(21);
    expect(drawnBy.filter((score) => score === 0.5).length).toBe(49);
    expect(Array.from(scores.asPresample([0, 1], [0.25, 0.25]))).toEqual([0.5, 0.5]);
  });
});

describe('a sample that resists', () => {
  it('is drawn the less the more often it does, and as a fresh one once it has given way as often', () => {
    const scores = memory();
    // Sample 0 stays at 1 while sample 1 halves.
    scores.store([0, 1], [1, 0.5], 1);
    expect(Array.from(scores.priorities(all))).toEqual([0.5, 0.5, 0.2, 0.2].map(Math.fround));
    scores.store([0, 1], [0.95, 0.25], 2);
    expect(Array.from(scores.priorities(all))).toEqual([0.95 / 3, 0.25, 0.2, 0.2].map((s) => expect.closeTo(s, 6)));
    expect(Array.from(scores.scores(all))).toEqual([0.95, 0.25, 0.2, 0.2].map(Math.fround));
    scores.store([0, 1], [0.5, 0.1], 3);
    scores.store([0, 1], [0.25, 0.05], 4);
    expect(Array.from(scores.priorities(all))).toEqual(Array.from(scores.scores(all)));
  });

  it('is far from being learned: what is nearer than half the largest score of late may wander', () => {
    const scores = memory();
    scores.store([2, 3], [0.49, 0.51], 1);
    expect(Array.from(scores.priorities([2, 3]))).toEqual([Math.fround(0.49), Math.fround(0.51 / 2)]);
    // The 1 of the first step is forgotten in time.
    for (let step = 2; step < 1600; step++) scores.store([2], [0.25], step);
    expect(scores.largest).toBeCloseTo(0.9995 ** 1599, 6);
    scores.store([2], [0.25], 1600);
    expect(scores.priorities([2])[0]).toBeLessThan(0.25);
  });

  it('is as far from being learned whatever weight the user gives it', () => {
    const plain = memory();
    const weighted = new ScoreMemory(4);
    const given = [10, 1, 0.1, 0];
    const times = (scores: readonly number[], weights: readonly number[]) => scores.map((s, k) => s * weights[k]);
    weighted.store(all, times([1, 1, 0.2, 0.2], given), 0, { given });
    for (const [step, [indices, now]] of [
      [
        [0, 1],
        [1, 0.95],
      ],
      [
        [1, 2],
        [0.95, 0.19],
      ],
      [
        [0, 1, 2],
        [0.3, 0.94, 0.7],
      ],
      [[2], [0.7]],
    ].entries()) {
      plain.store(indices, now, step + 1);
      const own = indices.map((i) => given[i]);
      weighted.store(indices, times(now, own), step + 1, { given: own });
    }
    expect(Array.from(plain.priorities(all.slice(0, 3)))).not.toEqual(Array.from(plain.scores(all.slice(0, 3))));
    for (const i of [0, 1, 2]) {
      const times = (scores: ScoreMemory) => scores.scores([i])[0] / scores.priorities([i])[0];
      expect([i, times(weighted)]).toEqual([i, expect.closeTo(times(plain), 5)]);
    }
  });

  it('was drawn for its score: what comes uniformly is not counted, but forgiven', () => {
    const scores = memory();
    scores.store([0, 1], [1, 1], 1, { drawn: false });
    expect(Array.from(scores.priorities([0, 1]))).toEqual([1, 1]);
    scores.store([0, 2], [1, 0.2], 2);
    scores.store([0], [1], 3, { drawn: false });
    expect(scores.priorities([0])[0]).toBe(0.5);
    scores.store([0], [0.5], 4, { drawn: false });
    expect(scores.priorities([0])[0]).toBe(0.5);
  });

  it('stands out: where all have the same score, none resists', () => {
    const scores = memory();
    for (let step = 1; step < 9; step++) scores.store([0, 1], [1, 1], step);
    expect(Array.from(scores.priorities([0, 1]))).toEqual([1, 1]);
  });

  it('does not resist at its first visit', () => {
    const scores = new ScoreMemory(2);
    scores.store([0, 1], [1, 0], 0);
    expect(Array.from(scores.priorities([0, 1]))).toEqual([1, 0]);
  });

  it('does not resist by being drawn twice in a step', () => {
    const scores = new ScoreMemory(2);
    scores.store([0, 0, 1], [1, 1, 0], 0);
    scores.store([0, 0, 0, 1], [0.5, 0.5, 0.5, 0], 1);
    expect(scores.priorities([0])[0]).toBe(0.5);
    scores.store([0, 0, 0, 1], [0.5, 0.5, 0.5, 0], 2);
    expect(scores.priorities([0])[0]).toBe(0.25);
  });

  it('is named, the most stubborn first', () => {
    const scores = memory();
    for (let step = 1; step < 4; step++) scores.store([0, 2], [1, 0.1], step);
    scores.store([1, 2], [1, 0.1], 4);
    expect(scores.stubborn(1, 10)).toEqual([0, 1]);
    expect(scores.stubborn(2, 10)).toEqual([0]);
    expect(scores.stubborn(1, 1)).toEqual([0]);
  });

  it('counts no further than a byte holds', () => {
    const scores = memory();
    for (let step = 1; step < 300; step++) scores.store([0, 2], [1, 0.1], step);
    expect(scores.priorities([0])[0]).toBeCloseTo(1 / 256, 8);
  });
});

it('goes on as it was from its state, which later steps do not change', () => {
  const scores = memory();
  scores.store([0, 1], [1, 0.5], 1);
  const saved = scores.state();
  scores.store([0, 1], [1, 0.5], 2);
  const resumed = new ScoreMemory(4);
  resumed.restore(saved);
  expect(resumed.priorities(all)).not.toEqual(scores.priorities(all));
  resumed.store([0, 1], [1, 0.5], 2);
  expect(resumed.state()).toEqual(scores.state());
});
