import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { ByteImages, ImageSplits } from '../../src/data/images.ts';
import { mnist } from '../../src/data/load.ts';
import { readIdxSet } from '../../src/data/mnist.ts';
import { channelStatistics } from '../../src/data/normalize.ts';
import { pixelSequences } from '../../src/data/pixel-sequence.ts';
import { noise, temporaryFolder } from './temporary.ts';

let digits: ImageSplits<ByteImages>;
beforeAll(async () => {
  digits = await mnist();
});

const histogram = ({ labels }: ByteImages) =>
  Array.from({ length: 10 }, (_, c) => labels.filter((l) => l === c).length);

test('the real MNIST is complete', () => {
  expect(digits.train.length).toBe(60_000);
  expect(digits.test.length).toBe(10_000);
  expect(digits.train.inputShape).toEqual([28, 28, 1]);
  // The counts that are published for the set.
  expect(histogram(digits.train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  expect(histogram(digits.test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const sum = createHash('sha256').update(digits.test.pixels).update(digits.test.labels).digest('hex');
  expect(sum).toBe('c3f9adf9c66efb572b1f9326c3a511b45910c7173b97be66ceceeeeaef6b802b');
});

test('its computed statistics are those that are commonly typed in', () => {
  const { mean, std } = channelStatistics(digits.train);
  expect(mean[0] / 255).toBeCloseTo(0.1307, 4);
  expect(std[0] / 255).toBeCloseTo(0.3081, 4);
});

test('a batch is scaled pixels and one-hot labels', () => {
  const indices = [5, 59_999, 5];
  const { xs, ys } = digits.train.batch(indices);
  expect(xs.shape).toEqual([3, 28, 28, 1]);
  expect(ys.shape).toEqual([3, 10]);
  indices.forEach((index, k) => {
    const raw = digits.train.image(index).data;
    expect(xs.data.slice(784 * k, 784 * (k + 1))).toEqual(Float32Array.from(raw, (x) => x / 255));
    const label = digits.train.labels[index];
    expect([...ys.data.slice(10 * k, 10 * (k + 1))]).toEqual([...'0123456789'].map((d) => Number(Number(d) === label)));
  });
});

test('standard scaling subtracts the mean and divides by the standard deviation of the training part', async () => {
  const { mean, std } = channelStatistics(digits.train);
  const scaled = await mnist({ scaling: 'standard' });
  for (const part of ['train', 'test'] as const) {
    const raw = digits[part].image(77).data;
    const expected = Float32Array.from(raw, (x) => (x - mean[0]) / std[0]);
    expect(scaled[part].batch([77]).xs.data).toEqual(expected);
  }
});

test('pixel sequences keep every pixel, in one fixed order', async () => {
  const rows = (await pixelSequences(digits.train).batch([3, 4])).xs;
  expect(rows.shape).toEqual([2, 784, 1]);
  expect(rows.data).toEqual(digits.train.batch([3, 4]).xs.data);
  const permuted = pixelSequences(digits.train, { permute: 7 });
  const again = (await pixelSequences(digits.train, { permute: 7 }).batch([3])).xs.data;
  const both = (await permuted.batch([3, 4])).xs.data;
  expect(both.slice(0, 784)).toEqual(again);
  expect(both.slice(0, 784)).not.toEqual(rows.data.slice(0, 784));
  // One permutation for all: sorted pairs of pixels of the two images are the same pairs.
  const pairs = (data: Float32Array) => Array.from({ length: 784 }, (_, p) => `${data[p]},${data[784 + p]}`).sort();
  expect(pairs(both)).toEqual(pairs(rows.data));
});

test('blocks are averaged', async () => {
  const { xs } = await pixelSequences(digits.train, { block: 7 }).batch([11]);
  expect(xs.shape).toEqual([1, 16, 1]);
  const raw = digits.train.image(11).data;
  for (let step = 0; step < 16; step++) {
    let sum = 0;
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 7; x++) sum += raw[(7 * Math.floor(step / 4) + y) * 28 + 7 * (step % 4) + x];
    }
    expect(xs.data[step]).toBeCloseTo(sum / 49 / 255, 6);
  }
  expect(() => pixelSequences(digits.train, { block: 5 })).toThrow(/blocks of 5 × 5.*multiples of the block/);
});

test('an index out of range is refused', () => {
  expect(() => digits.test.batch([0, 10_000])).toThrow(/index 10000, expected an index from 0 to 9999/);
  expect(() => digits.test.batch([Number.NaN])).toThrow(/index NaN/);
});

const folder = temporaryFolder();
const set = { name: 'tiny', train: 4, test: 2, classNames: ['a', 'b', 'c'] };

function writeTiny(labels = [0, 1, 2, 0]): void {
  const idx = (shape: number[], data: Uint8Array) =>
    Buffer.concat([Uint8Array.of(0, 0, 8, shape.length), ...shape.map((d) => Buffer.from([0, 0, 0, d])), data]);
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), idx([4, 2, 3], noise(24)));
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idx([labels.length], Uint8Array.from(labels)));
  writeFileSync(join(folder, 't10k-images-idx3-ubyte'), idx([2, 2, 3], noise(12)));
  writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), idx([2], Uint8Array.of(2, 1)));
}

test('any set in this layout is read', async () => {
  writeTiny();
  const { train, test } = await readIdxSet(folder, set);
  expect(train.inputShape).toEqual([2, 3, 1]);
  expect(test.image(1).data).toEqual(noise(12).subarray(6));
  expect(test.classNames[test.labels[0]]).toBe('c');
});

test('mislabelled, incomplete and missing files are named', async () => {
  writeTiny([0, 1, 3, 0]);
  await expect(readIdxSet(folder, set)).rejects.toThrow(/Record 2 of .*train-labels.* \(byte 10\).*label 3.*0 to 2/);
  writeTiny([0, 1, 2]);
  await expect(readIdxSet(folder, set)).rejects.toThrow(/train-labels.* is not the train part.*3 records, expected 4/);
  await expect(readIdxSet(join(folder, 'nowhere'), set)).rejects.toThrow(/no train-images-idx3-ubyte \(nor/);
});
