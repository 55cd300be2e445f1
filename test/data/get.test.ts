import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkData, ENTRIES, find, getData, loadData, located } from '../../src/data/get.ts';
import { installedMnist } from '../../src/data/mnist.ts';
import { checkModel } from '../../src/data/pretrained.ts';
import { noise, temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const cache = join(root, 'cache');
const digits = installedMnist()!;

test('MNIST is checked where it is installed, and imported from a folder when asked', async () => {
  expect(await getData('mnist', { cache })).toBe(digits);
  const whole = { name: 'mnist', files: 4, train: 60_000, test: 10_000, classes: 10, perClass: [5421, 6742] };
  expect(await checkData('mnist', { cache })).toEqual({ ...whole, folder: digits });
  const folder = await getData('mnist', { cache, from: digits });
  expect(folder).toBe(join(cache, 'mnist'));
  expect(await checkData('mnist', { cache })).toEqual({ ...whole, folder });
  expect((await loadData('mnist', { cache, scaling: 'symmetric' })).test.length).toBe(10_000);
});

test('a folder with a changed file is refused and leaves nothing behind', async () => {
  const changed = join(root, 'changed');
  cpSync(digits, changed, { recursive: true });
  const file = join(changed, 't10k-labels-idx1-ubyte');
  const bytes = readFileSync(file);
  bytes[100] = (bytes[100] + 1) % 10;
  writeFileSync(file, bytes);
  const other = join(root, 'other-cache');
  await expect(getData('mnist', { cache: other, from: changed })).rejects.toThrow(
    /t10k-labels-idx1-ubyte has not the content/,
  );
  expect(readdirSync(other)).toEqual([]);
});

test('what cannot be had is said, with the way to get it', async () => {
  const empty = join(root, 'empty');
  mkdirSync(empty);
  await expect(getData('imagenet', { cache })).rejects.toThrow(
    /Unknown data set: got imagenet, expected mnist, fashion-/,
  );
  await expect(getData('scene-15', { cache })).rejects.toThrow(/scene-15 cannot be fetched: --from its archive/);
  await expect(checkData('scene-15', { cache })).rejects.toThrow(/unequal data get scene-15/);
  await expect(getData('cifar-10', { cache, from: join(root, 'nowhere') })).rejects.toThrow(/nowhere does not exist/);
  await expect(getData('cifar-10', { cache, from: empty })).rejects.toThrow(/empty holds nothing of cifar-10/);
  const file = join(root, 'some.tar.gz');
  writeFileSync(file, noise(100));
  await expect(getData('cifar-100', { cache, from: file })).rejects.toThrow(
    /some\.tar\.gz is truncated at byte 100 of/,
  );
  await expect(getData('downsampled-imagenet-32', { cache, from: file })).rejects.toThrow(/expected a folder/);
  await expect(loadData('resnet-50', { cache })).rejects.toThrow(/a network, not a data set/);
});

test('an incomplete set is refused even where every file in it is fine', async () => {
  const folder = join(root, 'scenes');
  for (const part of ['train', 'test']) {
    mkdirSync(join(folder, part, 'Coast'), { recursive: true });
    writeFileSync(join(folder, part, 'Coast', 'image_0001.jpg'), '');
  }
  await expect(getData('scene-15', { cache, from: folder })).rejects.toThrow(
    /not all of scene-15: got train: 1, expected 1500/,
  );
  expect(existsSync(join(cache, 'scene-15'))).toBe(false);
});

test('a check of an archive or folder keeps nothing', async () => {
  const scratch = join(root, 'scratch');
  const report = await checkData('mnist', { cache: scratch, from: digits });
  expect(report).toMatchObject({ folder: digits, files: 4, train: 60_000 });
  expect(existsSync(scratch)).toBe(false);
});

test('the catalog is complete', () => {
  const names = ENTRIES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, sources, obtain, citation, licence } of ENTRIES) {
    expect(citation.length).toBeGreaterThan(10);
    expect(licence.length).toBeGreaterThan(2);
    // Each can be fetched or says how it is to be had.
    expect(sources.some(({ npm, url }) => npm ?? url) || obtain !== undefined).toBe(true);
    for (const source of sources) {
      expect(source.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(source.bytes).toBeGreaterThan(1e6);
    }
    expect(located(find(name), join(root, 'nothing'))).toBe(
      name === 'mnist' ? digits : 'installed' in find(name) ? located(find(name), join(root, 'nothing')) : undefined,
    );
  }
});

test('the weight files of a network are compared with its manifest', async () => {
  const folder = join(root, 'net');
  mkdirSync(folder);
  const weights = [
    { name: 'k', shape: [2, 3], dtype: 'float32' },
    { name: 'q', shape: [5], dtype: 'float32', quantization: { dtype: 'uint8' } },
  ];
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ weightsManifest: [{ paths: ['w.bin'], weights }] }));
  await expect(checkModel(folder)).rejects.toThrow(/w\.bin is missing/);
  writeFileSync(join(folder, 'w.bin'), noise(28));
  await expect(checkModel(folder)).rejects.toThrow(
    /truncated or of another model: got 28 bytes in w\.bin, expected 29/,
  );
  writeFileSync(join(folder, 'w.bin'), noise(29));
  expect(await checkModel(folder)).toBe(11);
  writeFileSync(join(folder, 'model.json'), '{');
  await expect(checkModel(folder)).rejects.toThrow(/model\.json cannot be read/);
});
