import { expect, test } from 'vitest';
import { ByteImages, type LabelledImages } from '../../src/data/index.ts';
import { halved } from '../../src/experiments/halved.ts';
import { rareDigits, redundancy } from '../../src/experiments/redundancy.ts';

test('five digits are a hundred times rarer, and only they are tested', async () => {
  const { train, test, makeModel } = await rareDigits.load(1);
  const counts = new Array(10).fill(0);
  for (const label of (train as LabelledImages).labels) counts[label]++;
  expect(counts).toEqual([5400, 5400, 5400, 5400, 5400, 54, 54, 54, 54, 54]);
  expect(Math.min(...(test as LabelledImages).labels)).toBe(5);
  expect((await makeModel()).outputShape).toEqual([null, 10]);
  const keys = redundancy.parts({ scale: 'small', budget: 1, seeds: [1] }).map(({ key }) => key);
  expect(keys).toHaveLength(13);
  expect(new Set(keys).size).toBe(13);
});

test('halving averages four pixels of one channel, and normalises by its own statistics', () => {
  const pixels = Uint8Array.from({ length: 2 * 4 * 2 * 3 }, (_, i) => (i * 37) % 251);
  const classNames = ['a', 'b'];
  const labels = Uint8Array.of(0, 1);
  const images = new ByteImages({ name: 'x', pixels, labels, height: 4, width: 2, channels: 3, classNames });
  const half = halved(images);
  expect(half.inputShape).toEqual([2, 1, 3]);
  for (const [i, y, c] of [
    [0, 0, 0],
    [0, 1, 2],
    [1, 1, 1],
  ]) {
    const at = (dy: number, dx: number) => pixels[((i * 4 + 2 * y + dy) * 2 + dx) * 3 + c];
    expect(half.pixels[(i * 2 + y) * 3 + c]).toBe(Math.round((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4));
  }
  const { data } = half.batch([0, 1]).xs;
  const reds = [...data].filter((_, k) => k % 3 === 0);
  expect(reds.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
  expect(reds.reduce((sum, value) => sum + value ** 2, 0) / reds.length).toBeCloseTo(1, 4);
});
