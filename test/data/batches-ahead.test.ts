import { expect, it } from 'vitest';
import { BatchesAhead } from '../../src/data/batches-ahead.ts';
import type { Batch } from '../../src/data/samples.ts';

/** Batches that are made when the test says so. */
function bench(most: number) {
  const made: { indices: number[]; done: (failure?: Error) => void }[] = [];
  const make = (indices: ArrayLike<number>) =>
    new Promise<Batch>((resolve, reject) => {
      const data = Float32Array.from(indices);
      const array = { data, shape: [data.length], dtype: 'float32' as const };
      const done = (failure?: Error) => (failure ? reject(failure) : resolve({ xs: array, ys: array }));
      made.push({ indices: Array.from(indices), done });
    });
  return { made, batches: new BatchesAhead(make, most) };
}

const numbers = async (batch: Promise<Batch>) => [...((await batch).xs as { data: Float32Array }).data];

it('gives what was begun, and makes what was not', async () => {
  const { made, batches } = bench(2);
  batches.begin([1, 2]);
  const other = batches.take([2, 1]);
  const begun = batches.take([1, 2]);
  for (const { done } of made) done();
  expect(await numbers(begun)).toEqual([1, 2]);
  expect(await numbers(other)).toEqual([2, 1]);
  expect(made.map(({ indices }) => indices)).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

it('makes a batch anew that was taken, whose arrays are the first caller’s', async () => {
  const { made, batches } = bench(2);
  batches.begin([1]);
  const [first, second] = [batches.take([1]), batches.take([1])];
  for (const { done } of made) done();
  expect((await first).xs).not.toBe((await second).xs);
});

it('begins nothing twice, and no more than it may', () => {
  const { made, batches } = bench(2);
  for (const k of [1, 1, 2, 2, 3, 4]) batches.begin([k]);
  expect(made.map(({ indices }) => indices)).toEqual([[1], [2]]);
});

it('what nobody came for makes room, the oldest first', async () => {
  const { made, batches } = bench(2);
  batches.begin([1]);
  batches.begin([2]);
  for (const { done } of made) done();
  await new Promise((resolve) => setImmediate(resolve));
  batches.begin([3]);
  const [kept, dropped] = [batches.take([2]), batches.take([1])];
  for (const { done } of made) done();
  expect([await numbers(kept), await numbers(dropped)]).toEqual([[2], [1]]);
  expect(made.map(({ indices }) => indices)).toEqual([[1], [2], [3], [1]]);
});

it('keeps its own copy of the indices', async () => {
  const { made, batches } = bench(2);
  const indices = Int32Array.of(1, 2);
  batches.begin(indices);
  indices[0] = 7;
  const batch = batches.take([1, 2]);
  made[0].done();
  expect(await numbers(batch)).toEqual([1, 2]);
  expect(made).toHaveLength(1);
});

it('tells an error to whoever takes the batch, and to nobody else', async () => {
  const { made, batches } = bench(3);
  batches.begin([1]);
  batches.begin([2]);
  for (const { done } of made) done(new Error('broken'));
  await new Promise((resolve) => setImmediate(resolve));
  await expect(batches.take([1])).rejects.toThrow('broken');
});
