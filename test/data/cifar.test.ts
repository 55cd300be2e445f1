import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, test } from 'vitest';
import { type CifarSet, parseCifar, readCifar, recordsFromPng } from '../../src/data/cifar.ts';
import { noise, temporaryFolder } from './temporary.ts';

const set: CifarSet = {
  name: 'tiny',
  train: { files: ['a.bin', 'b.bin'], records: 4 },
  test: { files: ['t.bin'], records: 2 },
  labels: [
    { kind: 'coarse', classes: 2, names: 'coarse.txt' },
    { kind: 'fine', classes: 3, names: 'fine.txt' },
  ],
};
const RECORD = 3074;
const folder = join(temporaryFolder(), 'tiny');

const records = (seed: number, ...labels: [number, number][]) =>
  Buffer.concat(labels.flatMap(([coarse, fine], i) => [Uint8Array.of(coarse, fine), noise(3072, seed + i)]));

beforeEach(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'a.bin'), records(1, [0, 0], [1, 2]));
  writeFileSync(join(folder, 'b.bin'), records(3, [1, 1], [0, 0]));
  writeFileSync(join(folder, 't.bin'), records(5, [0, 2], [1, 1]));
  writeFileSync(join(folder, 'coarse.txt'), 'animal\nvehicle\n');
  writeFileSync(join(folder, 'fine.txt'), 'cat\ndog\ntruck\n\n');
});

test('records become pixels with interleaved channels', async () => {
  const { train, test } = await readCifar(folder, set);
  expect([...train.labels]).toEqual([0, 2, 1, 0]);
  expect(train.classNames).toEqual(['cat', 'dog', 'truck']);
  const planes = noise(3072, 3);
  const { data, width, height, channels } = train.image(2);
  expect([height, width, channels]).toEqual([32, 32, 3]);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      for (let c = 0; c < 3; c++) expect(data[(y * 32 + x) * 3 + c]).toBe(planes[c * 1024 + y * 32 + x]);
    }
  }
  const { xs } = test.batch([1]);
  expect(xs.data).toEqual(Float32Array.from(test.image(1).data, (x) => x / 255));
});

test('coarse labels are used when asked for', async () => {
  const { train } = await readCifar(folder, set, { labels: 'coarse', scaling: 'symmetric' });
  expect([...train.labels]).toEqual([0, 1, 1, 0]);
  const { xs, ys } = train.batch([1]);
  expect([...ys.data]).toEqual([0, 1]);
  expect(xs.data[0]).toBeCloseTo(train.image(1).data[0] / 127.5 - 1, 6);
});

test.each([
  [
    'truncated',
    records(1, [0, 0], [1, 2]).subarray(0, 4000),
    /a\.bin ends in record 1 \(byte 3074\): got 4000 bytes, expected 6148/,
  ],
  ['too long', records(1, [0, 0], [1, 2], [0, 0]), /a\.bin goes on after record 2 \(byte 6148\)/],
  [
    'mislabelled',
    records(1, [0, 0], [1, 3]),
    /Record 1 of .*a\.bin \(byte 3075\).*fine label 3, expected a label from 0 to 2/,
  ],
  ['coarsely mislabelled', records(1, [0, 0], [2, 1]), /Record 1 of .*a\.bin \(byte 3074\).*coarse label 2/],
])('%s records are named', async (_name, bytes, message) => {
  writeFileSync(join(folder, 'a.bin'), bytes);
  await expect(readCifar(folder, set)).rejects.toThrow(message);
});

test('a list of names of another length is refused', async () => {
  writeFileSync(join(folder, 'fine.txt'), 'cat\ndog\n');
  await expect(readCifar(folder, set)).rejects.toThrow(/fine\.txt is damaged: got 2 class names, expected 3/);
});

test('a PNG with an image in every row gives the same records', async () => {
  const single: CifarSet = { ...set, labels: [set.labels[1]] };
  const pixels = noise(2 * 3072);
  const png = join(folder, 'rows.png');
  await sharp(pixels, { raw: { width: 1024, height: 2, channels: 3 } })
    .png()
    .toFile(png);
  const parsed = parseCifar(await recordsFromPng(png, Uint8Array.of(2, 1)), 'rows', single, 2);
  expect(parsed.pixels).toEqual(pixels);
  expect([...parsed.labels[0]]).toEqual([2, 1]);
  await expect(recordsFromPng(png, new Uint8Array(3))).rejects.toThrow(
    /1024 × 2 pixels of 3 channels, expected 1024 × 3/,
  );
  const { readFileSync } = await import('node:fs');
  writeFileSync(png, readFileSync(png).subarray(0, 3000));
  await expect(recordsFromPng(png, new Uint8Array(2))).rejects.toThrow(/rows\.png cannot be decoded/);
});

test('a record is as long as the official one', () => {
  expect(parseCifar(records(1, [0, 0]), 'x', set, 1).pixels.length).toBe(RECORD - 2);
});
