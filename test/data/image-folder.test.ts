import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { ImageFolder, imageFolder } from '../../src/data/image-folder.ts';
import { noise, temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const set = join(root, 'set');

/** Lossless pictures of 8 × 6, so that decoding is exact. */
const picture = (seed: number) => noise(8 * 6 * 3, seed);

async function write(path: string, seed: number): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true });
  await sharp(picture(seed), { raw: { width: 8, height: 6, channels: 3 } })
    .png()
    .toFile(path);
}

beforeAll(async () => {
  await write(join(set, 'train', 'cat', '1.png'), 1);
  await write(join(set, 'train', 'cat', '2.png'), 2);
  await write(join(set, 'train', 'dog', '1.png'), 3);
  await write(join(set, 'val', 'cat', '9.png'), 4);
  await write(join(set, 'val', 'dog', '9.png'), 5);
  writeFileSync(join(set, 'train', 'cat', 'notes.txt'), 'not a picture');
});

test('classes are folders, samples their pictures in the order of their names', async () => {
  const { train, test } = await imageFolder(set, { size: [6, 8], className: (name) => name.toUpperCase() });
  expect(train.classNames).toEqual(['CAT', 'DOG']);
  expect([...train.labels]).toEqual([0, 0, 1]);
  expect(test.length).toBe(2);
  const { xs, ys } = await train.batch([2, 0]);
  expect(xs.shape).toEqual([2, 6, 8, 3]);
  expect(xs.data.slice(0, 144)).toEqual(Float32Array.from(picture(3), (x) => x / 255));
  expect(xs.data.slice(144)).toEqual(Float32Array.from(picture(1), (x) => x / 255));
  expect([...ys.data]).toEqual([0, 1, 1, 0]);
});

test('crop keeps the middle, stretch takes all', async () => {
  const crop = await ImageFolder.open(join(set, 'train'), { size: [6, 6] });
  const middle = await sharp(picture(1), { raw: { width: 8, height: 6, channels: 3 } })
    .extract({ left: 1, top: 0, width: 6, height: 6 })
    .raw()
    .toBuffer();
  expect((await crop.image(0)).data).toEqual(middle);
  const stretch = await ImageFolder.open(join(set, 'train'), { size: [6, 6], fit: 'stretch' });
  expect((await stretch.image(0)).data).not.toEqual(middle);
  expect((await stretch.image(0)).data.length).toBe(108);
});

test('gray pictures get three equal channels, colour ones one when asked', async () => {
  const gray = join(root, 'gray', 'x', '1.jpg');
  mkdirSync(join(gray, '..'), { recursive: true });
  await sharp(noise(64), { raw: { width: 8, height: 8, channels: 1 } })
    .toColourspace('b-w')
    .jpeg()
    .toFile(gray);
  expect((await sharp(gray).metadata()).channels).toBe(1);
  const colour = await ImageFolder.open(join(root, 'gray'), { size: [8, 8] });
  const { data, channels } = await colour.image(0);
  expect(channels).toBe(3);
  for (let p = 0; p < 64; p++) expect(data[3 * p]).toBe(data[3 * p + 1]);
  const single = await ImageFolder.open(join(set, 'train'), { size: [6, 8], channels: 1 });
  expect((await single.batch([0])).xs.shape).toEqual([1, 6, 8, 1]);
});

test('what is kept in memory stays within its bound, and the pixels are the same with and without', async () => {
  const none = await ImageFolder.open(join(set, 'train'), { size: [6, 8], cacheBytes: 0 });
  const one = await ImageFolder.open(join(set, 'train'), { size: [6, 8], cacheBytes: 144 });
  const all = await ImageFolder.open(join(set, 'train'), { size: [6, 8] });
  const order = [0, 1, 0, 2, 2, 1, 0];
  const expected = (await none.batch(order)).xs.data;
  for (const images of [one, all]) {
    for (let pass = 0; pass < 2; pass++) expect((await images.batch(order)).xs.data).toEqual(expected);
  }
  // The last picture is still there when its file is gone, the others are not.
  const path = join(root, 'gone', 'x');
  await write(join(path, '1.png'), 1);
  await write(join(path, '2.png'), 2);
  const images = await ImageFolder.open(join(root, 'gone'), { size: [6, 8], cacheBytes: 144 });
  await images.image(0);
  await images.image(1);
  writeFileSync(images.file(0), '');
  writeFileSync(images.file(1), '');
  expect((await images.image(1)).data).toEqual(Buffer.from(picture(2)));
  await expect((async () => images.image(0))()).rejects.toThrow(/1\.png cannot be decoded/);
});

test('standard scaling uses the statistics of the training part for both', async () => {
  const { train, test } = await imageFolder(set, { size: [6, 8], scaling: 'standard' });
  const xs = (await train.batch([0, 1, 2])).xs.data;
  for (let c = 0; c < 3; c++) {
    const channel = xs.filter((_, i) => i % 3 === c);
    const mean = channel.reduce((sum, x) => sum + x, 0) / channel.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(channel.reduce((sum, x) => sum + x * x, 0) / channel.length).toBeCloseTo(1, 5);
  }
  const { mean, std } = await train.statistics();
  expect((await test.batch([0])).xs.data[0]).toBeCloseTo((picture(4)[0] - mean[0]) / std[0], 5);
});

test('what is wrong with a folder is said', async () => {
  await expect(imageFolder(join(set, 'train'), { size: [6, 8] })).rejects.toThrow(/got cat, dog, expected train\//);
  await expect(imageFolder(join(root, 'nowhere'), { size: [6, 8] })).rejects.toThrow(/nowhere cannot be read/);
  await expect(ImageFolder.open(join(set, 'train', 'cat'), { size: [6, 8] })).rejects.toThrow(/not a folder of images/);
  mkdirSync(join(root, 'empty', 'x'), { recursive: true });
  await expect(ImageFolder.open(join(root, 'empty'), { size: [6, 8] })).rejects.toThrow(/x holds no images/);
  await write(join(root, 'other', 'train', 'cat', '1.png'), 1);
  await write(join(root, 'other', 'test', 'dog', '1.png'), 1);
  await expect(imageFolder(join(root, 'other'), { size: [6, 8] })).rejects.toThrow(/classes of .* differ.*cat differs/);
});

test('a truncated picture is named', async () => {
  const file = join(root, 'cut', 'x', '1.jpg');
  mkdirSync(join(file, '..'), { recursive: true });
  await sharp(noise(64 * 64 * 3), { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toFile(file);
  writeFileSync(file, readFileSync(file).subarray(0, 1500));
  const images = await ImageFolder.open(join(root, 'cut'), { size: [64, 64] });
  await expect(images.batch([0])).rejects.toThrow(/cut.x.1\.jpg cannot be decoded/);
});
