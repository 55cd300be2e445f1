import { expect, it } from 'vitest';
import { Capped } from '../../src/fit/capped.ts';
import { Random } from '../../src/sampling/random.ts';

it('counts how often each sample was capped, the most often first', () => {
  const capped = new Capped();
  for (const indices of [[3, 5, 3], [5, 8], undefined, [3]]) capped.add(indices);
  expect(capped.list()).toEqual([
    { index: 3, times: 3 },
    { index: 5, times: 2 },
    { index: 8, times: 1 },
  ]);
  const again = new Capped();
  again.restore(structuredClone(capped.state()));
  for (const one of [capped, again]) one.add([8, 8, 8]);
  expect(again.list()).toEqual(capped.list());
  expect(again.list()[0]).toEqual({ index: 8, times: 4 });
});

it('lists a hundred at most, and keeps no more counts than it may: those capped again and again stay', () => {
  const random = new Random(1);
  const capped = new Capped(200);
  const wrong = [11, 222, 3333];
  for (let step = 0; step < 1000; step++) {
    // On a stream every sample has a number of its own.
    capped.add([...wrong, ...Array.from({ length: 5 }, () => 10_000 + random.integer(1e6))]);
    expect(capped.state().length).toBeLessThanOrEqual(200);
  }
  expect(capped.list()).toHaveLength(100);
  expect(capped.list().slice(0, 3)).toEqual(wrong.map((index) => ({ index, times: 1000 })));
});
