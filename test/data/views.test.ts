import { expect, test } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import { concat } from '../../src/data/concat.ts';
import { ByteImages } from '../../src/data/images.ts';
import { perClass, permutation } from '../../src/data/indices.ts';
import { repeat, split, subset } from '../../src/data/subset.ts';
import { UnequalError } from '../../src/errors.ts';
import { noise } from './temporary.ts';

const labels = Uint8Array.from({ length: 20 }, (_, i) => (i % 4 === 0 ? 1 : 0));
const images = new ByteImages({
  name: 'noise',
  pixels: noise(20 * 12),
  labels,
  height: 2,
  width: 2,
  channels: 3,
  classNames: ['often', 'rarely'],
});

test('a permutation is one, the same for a seed, and uniform', () => {
  expect([...permutation(50, 3)].sort((a, b) => a - b)).toEqual([...Array(50).keys()]);
  expect(permutation(50, 3)).toEqual(permutation(50, 3));
  expect(permutation(50, 3)).not.toEqual(permutation(50, 4));
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const key = permutation(3, seed).join('');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  // Chi-square with 5 degrees of freedom; 20.5 is its 0.999 quantile.
  const statistic = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  expect(counts.size).toBe(6);
  expect(statistic).toBeLessThan(20.5);
});

test('a subset gives its samples and their labels, repeated ones too', async () => {
  const part = subset(images, [4, 7, 4]);
  expect(part.length).toBe(3);
  expect([...part.labels]).toEqual([1, 0, 1]);
  expect(await part.batch([2, 1])).toEqual(images.batch([4, 7]));
  expect(await part.image(1)).toEqual(images.image(7));
  expect(() => part.batch([3])).toThrow(/index 3, expected an index from 0 to 2/);
  expect(() => subset(images, [20])).toThrow(/index 20/);
  expect(() => subset(images, [])).toThrow(/empty/);
});

test('a subset of other samples is one too', () => {
  const array = { data: Float32Array.of(1, 2, 3), shape: [3, 1], dtype: 'float32' as const };
  const samples = arraySamples(array, array);
  expect(subset(samples, [2, 0]).batch([0, 1])).toEqual(samples.batch([2, 0]));
});

test('a split is a partition', () => {
  const [first, second] = split(images, 0.3, 1);
  expect([first.length, second.length]).toEqual([6, 14]);
  const seen = [first, second].flatMap((part) =>
    Array.from({ length: part.length }, (_, i) => [...(part.image(i) as { data: Uint8Array }).data].join()),
  );
  expect(new Set(seen).size).toBe(20);
  expect(() => split(images, 0.001, 1)).toThrow(/share of 0.001 of 20/);
});

test('repeat goes through the samples again and again', async () => {
  const twice = repeat(images, 2);
  expect(twice.length).toBe(40);
  expect(await twice.batch([3, 23])).toEqual(images.batch([3, 3]));
  expect(() => repeat(images, 1.5)).toThrow(/1.5 times/);
});

test('a number of each class is drawn', () => {
  const chosen = perClass(labels, [Infinity, 2], 5);
  expect(chosen.filter((i) => labels[i] === 0).length).toBe(15);
  expect(chosen.filter((i) => labels[i] === 1).length).toBe(2);
  expect([...chosen]).toEqual([...new Set(chosen)].sort((a, b) => a - b));
  expect(() => perClass(labels, [0, 6], 5)).toThrow(/too few samples of class 1: got 5, expected 6/);
});

test('concatenated sets answer for each of their samples', async () => {
  const a = subset(images, [0, 1]);
  const b = subset(images, [5, 6, 7]);
  const both = concat(a, b, a);
  expect(both.length).toBe(7);
  expect([...both.labels]).toEqual([1, 0, 0, 0, 0, 1, 0]);
  expect(await both.batch([6, 0, 3, 4, 5])).toEqual(images.batch([1, 0, 6, 7, 0]));
  expect(await both.batch([4, 2])).toEqual(images.batch([7, 5]));
  expect(await both.image(3)).toEqual(images.image(6));
  const other = new ByteImages({
    ...images,
    pixels: noise(12),
    labels: labels.subarray(0, 1),
    height: 4,
    width: 1,
    channels: 3,
  });
  expect(() => concat(a, other)).toThrow(/got \[4, 1, 3\] of .*, expected \[2, 2, 3\] of/);
  for (const wrong of [
    () => concat([a, b] as never),
    () => concat('a' as never),
    () => subset(a, undefined as never),
    () => subset(undefined as never, [0]),
  ]) {
    expect(wrong).toThrow(UnequalError);
  }
});
