import { expect, test } from 'vitest';
import { ByteImages } from '../../src/data/index.ts';
import { flip, labelErrors } from '../../src/experiments/label-errors.ts';

test('one label in five is flipped, each to another class, and only those', async () => {
  const n = 5000;
  const images = new ByteImages({
    ...{ name: 'x', pixels: new Uint8Array(n), height: 1, width: 1, channels: 1, classNames: ['a', 'b', 'c'] },
    labels: Uint8Array.from({ length: n }, (_, i) => i % 3),
  });
  const { samples, flipped } = flip(images, images, 0.2, 1);
  const { ys } = await samples.batch(Int32Array.from({ length: n }, (_, i) => i));
  const { data } = ys as { data: Float32Array };
  for (let i = 0; i < n; i++) expect(data[3 * i + (i % 3)]).toBe(flipped.has(i) ? 0 : 1);
  expect(data.reduce((a, b) => a + b)).toBe(n);
  // Five standard deviations.
  expect(Math.abs(flipped.size - n / 5)).toBeLessThan(5 * Math.sqrt(n * 0.2 * 0.8));
  expect(flip(images, images, 0, 1).flipped.size).toBe(0);
  expect(labelErrors.parts({ scale: 'small', budget: 1, seeds: [1] })).toHaveLength(6);
});
