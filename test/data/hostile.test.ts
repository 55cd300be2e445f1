import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { create } from 'tar';
import { describe, expect, test } from 'vitest';
import { identify } from '../../src/data/archive.ts';
import { arraySamples } from '../../src/data/arrays.ts';
import { checkSums, SUMS, sha256 } from '../../src/data/checksums.ts';
import { CIFAR_10, readCifar, recordsFromPng } from '../../src/data/cifar.ts';
import { convertDownsampledImageNet, npzToRecords } from '../../src/data/downsampled-imagenet.ts';
import { checkData, getData } from '../../src/data/get.ts';
import { HashedText } from '../../src/data/hashed-text.ts';
import { parseIdx, readIdx } from '../../src/data/idx.ts';
import { convertMit67 } from '../../src/data/mit67.ts';
import { MNIST, readIdxSet } from '../../src/data/mnist.ts';
import { parseNpyHeader } from '../../src/data/npy.ts';
import { openNpz } from '../../src/data/npz.ts';
import { checkModel } from '../../src/data/pretrained.ts';
import { RecordFile } from '../../src/data/record-file.ts';
import { readSpamAssassin } from '../../src/data/spam-assassin.ts';
import { readTinyImageNet } from '../../src/data/tiny-imagenet.ts';
import { untar } from '../../src/data/untar.ts';
import { UnequalError } from '../../src/errors.ts';
import { loadModel } from '../../src/models/load-model.ts';
import { npy, zip } from './containers.ts';
import { noise, temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const save = (name: string, bytes: Uint8Array | string) => {
  const file = join(root, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
};

/** Paths that hold no file, and what the error says of them. */
const pipe = join(root, 'pipe');
execFileSync('mkfifo', [pipe]);
mkdirSync(join(root, 'folder'));
symlinkSync('circle', join(root, 'circle'));
symlinkSync(pipe, join(root, 'link'));
const large = join(root, 'large');
const handle = openSync(large, 'w');
ftruncateSync(handle, 3 * 2 ** 30);
closeSync(handle);
const PATHS: [path: string, said: RegExp][] = [
  [join(root, 'missing'), /missing cannot be read: got nothing of that name/],
  [join(root, 'folder'), /folder .*got a folder/],
  [pipe, /pipe .*got a named pipe/],
  [join(root, 'link'), /link .*got a named pipe/],
  [join(root, 'circle'), /circle .*ELOOP/],
  ['/dev/zero', /zero .*got a device/],
  [join(pipe, 'inner'), /inner .*a file on the way/],
  [join(root, 'n'.repeat(300)), /ENAMETOOLONG/],
  ['', /got an empty string/],
  ['a\0b', /no path of a file/],
];

const readers: [name: string, read: (file: string) => unknown][] = [
  ['idx', (file) => readIdx(file)],
  ['npz', (file) => openNpz(file)],
  ['cifar png', (file) => recordsFromPng(file, Uint8Array.of(1))],
  ['records', async (file) => new RecordFile({ name: 'x', file, side: 2, classNames: ['a'] })],
  ['tar', (file) => untar(file, root)],
  ['archive', (file) => identify(file, [{ file: 'x', bytes: 1, sha256: '' }])],
  ['checksum', (file) => sha256(file)],
];

describe.each(readers)('%s', (_name, read) => {
  test.each(PATHS)('%s', async (path, said) => {
    const reading = (async () => read(path))();
    await expect(reading).rejects.toThrow(UnequalError);
    await expect(reading).rejects.toThrow(said);
  });
});

test('files within a set are held to the same', async () => {
  const put = (folder: string, name: string) => {
    mkdirSync(dirname(join(root, folder, name)), { recursive: true });
    symlinkSync(pipe, join(root, folder, name));
    return join(root, folder);
  };
  await expect(readCifar(put('cifar', 'batches.meta.txt'), CIFAR_10)).rejects.toThrow(/got a named pipe/);
  await expect(checkSums(put('sums', SUMS))).rejects.toThrow(/got a named pipe/);
  await expect(checkModel(put('model', 'model.json'))).rejects.toThrow(/got a named pipe/);
  await expect(loadModel(join(root, 'model', 'model.json'))).rejects.toThrow(/got a named pipe/);
  await expect(readTinyImageNet(put('tiny', 'words.txt'))).rejects.toThrow(/got a named pipe/);
  await expect(readTinyImageNet(root)).rejects.toThrow(/words\.txt cannot be read/);
  await expect(readIdxSet(put('idx', 'train-images-idx3-ubyte'), MNIST)).rejects.toThrow(UnequalError);
  await expect(getData('cifar-10', { from: put('from', 'test_batch.bin'), cache: join(root, 'c') })).rejects.toThrow(
    /test_batch\.bin cannot be copied: got a named pipe/,
  );
  await expect(checkData('mnist', { from: pipe, cache: join(root, 'c') })).rejects.toThrow(/got a named pipe/);
  await expect(readSpamAssassin(root)).rejects.toThrow(/easy-ham-1 cannot be read/);
  const list = put('mit', 'TrainImages.txt');
  mkdirSync(join(list, 'Images'));
  await expect(convertMit67(list, join(list, 'to'))).rejects.toThrow(/got a named pipe/);
});

test('more than 2 GiB is refused before memory is taken, or read in parts', async () => {
  await expect(readIdx(large)).rejects.toThrow(/large is too large: got 3221225472 bytes/);
  await expect(recordsFromPng(large, Uint8Array.of(1))).rejects.toThrow(/large is too large/);
  await expect(openNpz(large)).rejects.toThrow(UnequalError);
  await expect(untar(large, join(root, 'folder'))).rejects.toThrow(UnequalError);
  expect(() => new RecordFile({ name: 'x', file: large, side: 1, classNames: ['a'] })).toThrow(UnequalError);
});

test('an idx file holds what it declares, also in gzip', async () => {
  const head = (...shape: number[]) => Buffer.concat([Uint8Array.of(0, 0, 8, shape.length), ...shape.map(be32)]);
  expect(() => parseIdx(head(2 ** 32 - 1, 2 ** 32 - 1), 'x')).toThrow(/x .*got an array of 4294967295 × 4294967295/);
  expect(() => parseIdx(head(...Array(40).fill(2 ** 32 - 1), 0), 'x')).toThrow(UnequalError);
  expect(() => parseIdx(gzipSync(head(2 ** 30)), 'x')).toThrow(/at most 268435456 values/);
  // 100 MB of zeros in 100 kB, of which the header declares 10.
  const bomb = gzipSync(Buffer.concat([head(10), Buffer.alloc(10 ** 8)]));
  expect(() => parseIdx(bomb, 'x')).toThrow(/x .*got more than 18 bytes in it/);
  const members = gzipSync(new Uint8Array(0));
  const many = Buffer.concat([gzipSync(head(3)), ...Array(50_000).fill(members), gzipSync(Uint8Array.of(7, 8, 9))]);
  expect([...parseIdx(many, 'x').data]).toEqual([7, 8, 9]);
});
const be32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

test('the parts of a set have images of one size', async () => {
  const idx = (...shape: number[]) =>
    Buffer.concat([
      Uint8Array.of(0, 0, 8, shape.length),
      ...shape.map(be32),
      Buffer.alloc(shape.reduce((a, b) => a * b)),
    ]);
  save('parts/train-images-idx3-ubyte', idx(2, 4, 4));
  save('parts/train-labels-idx1-ubyte', idx(2));
  save('parts/t10k-images-idx3-ubyte', idx(1, 4, 5));
  save('parts/t10k-labels-idx1-ubyte', idx(1));
  const set = { name: 'x', train: 2, test: 1, classNames: ['a'] };
  await expect(readIdxSet(join(root, 'parts'), set)).rejects.toThrow(
    /got test images of 4 × 5 × 1, expected 4 × 4 × 1/,
  );
  save('parts/train-images-idx3-ubyte', idx(2, 0, 4));
  await expect(readIdxSet(join(root, 'parts'), set)).rejects.toThrow(/are empty: got 0 × 4/);
});

const data = (n: number) => npy('|u1', [n, 3072], noise(3072 * n));
const int64 = (...values: bigint[]) => npy('<i8', [values.length], Buffer.from(new BigInt64Array(values).buffer));

test.each([
  [
    'labels of three columns',
    { 'data.npy': data(2), 'labels.npy': npy('|u1', [2, 3], Buffer.alloc(6, 1)) },
    /got \[2, 3\]/,
  ],
  ['labels with high halves', { 'data.npy': data(1), 'labels.npy': int64(1n + 2n ** 48n) }, /label 281474976710657/],
  ['labels below zero', { 'data.npy': data(1), 'labels.npy': npy('|i1', [1], Uint8Array.of(255)) }, /label -1/],
  ['one label, no list', { 'data.npy': data(1), 'labels.npy': npy('|u1', [], Uint8Array.of(1)) }, /labels is a single/],
  ['labels of big endian', { 'data.npy': data(1), 'labels.npy': npy('>i2', [1], Uint8Array.of(0, 1)) }, /got >i2/],
  ['labels of objects', { 'data.npy': data(1), 'labels.npy': npy('|O', [1], Uint8Array.of(0)) }, /got \|O/],
  ['labels of text', { 'data.npy': data(1), 'labels.npy': npy('<U1', [1], Buffer.alloc(4)) }, /got <U1/],
  ['signed pixels', { 'data.npy': npy('|i1', [1, 3072], noise(3072)), 'labels.npy': int64(1n) }, /of \|i1/],
  ['empty rows', { 'data.npy': npy('|u1', [1, 0], Buffer.alloc(0)), 'labels.npy': int64(1n) }, /rows of 0 bytes/],
  [
    'long rows',
    { 'data.npy': npy('|u1', [1, 2 ** 30], Buffer.alloc(9)), 'labels.npy': int64(1n) },
    /rows of 1073741824/,
  ],
])('an npz with %s', async (_name, arrays, message) => {
  const converting = npzToRecords([save('x.npz', zip(arrays as Record<string, Buffer>))], join(root, 'x.bin'));
  await expect(converting).rejects.toThrow(UnequalError);
  await expect(converting).rejects.toThrow(message);
});

test.each(['(-1, 3)', '(1e9,)', '(99999999, 99999999, 99999999)', '(1.5,)', '(0x10,)', '(1, (2, 3))', '(a,)'])(
  'the shape %s is none',
  (shape) => {
    const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
    const bytes = Buffer.concat([npy('|u1', [1], Buffer.alloc(0)).subarray(0, 10), Buffer.from(`${text}\n`)]);
    expect(() => parseNpyHeader(bytes, 'x')).toThrow(UnequalError);
  },
);

test('a row larger than a chunk is put together once', async () => {
  // Joined anew for each chunk, this would copy 4 GB.
  const rows = npy('|u1', [2, 2 ** 23], Buffer.alloc(2 ** 24));
  const npz = await openNpz(save('rows.npz', zip({ 'data.npy': rows })));
  const got: number[] = [];
  for await (const row of (await npz.array('data')).rows()) got.push(row.length);
  npz.close();
  expect(got).toEqual([2 ** 23, 2 ** 23]);
});

test('an npz that declares more than deflate can hold, or arrays twice, is refused', async () => {
  const bytes = zip({ 'labels.npy': int64(1n) });
  const at = bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  bytes.writeUInt32LE(2 ** 31, at + 24);
  const npz = await openNpz(save('lie.npz', bytes));
  await expect(npz.array('labels')).rejects.toThrow(/lie\.npz is damaged in 'labels': got 2147483648 bytes declared/);
  npz.close();
  await expect(openNpz(save('two.npz', zip({ a: Buffer.alloc(1), 'a.npy': Buffer.alloc(1) })))).rejects.toThrow(
    /two arrays/,
  );
});

test('what cannot be written is told', async () => {
  const npz = save('good.npz', zip({ 'data.npy': data(1), 'labels.npy': int64(1n) }));
  await expect(npzToRecords([npz], join(root, 'nowhere', 'x.bin'))).rejects.toThrow(/x\.bin cannot be written/);
  await expect(convertDownsampledImageNet(npz, root)).rejects.toThrow(UnequalError);
});

test('an archive is bounded, stays in its folder, and holds every name once', async () => {
  const into = (name: string) => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  save('zeros/set/zeros.bin', Buffer.alloc(2 ** 27));
  const bomb = join(root, 'bomb.tar.gz');
  await create({ cwd: join(root, 'zeros'), file: bomb, gzip: true }, ['set']);
  await expect(untar(bomb, into('bombed'))).rejects.toThrow(/bomb\.tar\.gz .*got more than \d+ bytes in \d+/);
  save('one/set/a', 'first');
  const twice = join(root, 'twice.tar');
  await create({ cwd: join(root, 'one'), file: twice }, ['set/a', 'set/./a']);
  await expect(untar(twice, into('twice'))).rejects.toThrow(/twice\.tar .*two files that are .*set.a/);
  const up = join(root, 'up.tar');
  await create({ cwd: join(root, 'zeros'), file: up, preservePaths: true }, ['../one/set/a']);
  await expect(untar(up, into('deep'))).rejects.toThrow(/up\.tar is damaged.*leads out of its folder/);
});

test('checksums stay in their folder', async () => {
  const sums = save(`escape/${SUMS}`, `${'0'.repeat(64)}  ../../etc/passwd\n`);
  await expect(checkSums(dirname(sums))).rejects.toThrow(/Line 1 of .* is damaged/);
});

test('a list of blanks is read in linear time', async () => {
  save('blanks/Images/a/b', '');
  save('blanks/TrainImages.txt', `a/b${' '.repeat(500_000)}\t${' '.repeat(500_000)}x`);
  await expect(convertMit67(join(root, 'blanks'), join(root, 'to'))).rejects.toThrow(UnequalError);
});

test('a text may have any number of distinct words', () => {
  const text = Array.from({ length: 300_000 }, (_, i) => `w${i}`).join(' ');
  const init = { name: 'x', texts: [text], labels: Uint8Array.of(0), classNames: ['a'], columns: 2 ** 20 };
  const { data } = new HashedText(init).batch([0]).xs;
  expect(Math.sqrt(data.reduce((sum, x) => sum + x * x, 0))).toBeCloseTo(1, 4);
});

test.each([
  ['no groups', [null], /got null/],
  ['a path out of the folder', [{ paths: ['../x'], weights: [] }], /got \.\.\/x/],
  ['an absolute path', [{ paths: ['/etc/passwd'], weights: [] }], /got \/etc\/passwd/],
  [
    'a type of values that is none',
    [{ paths: [], weights: [{ name: 'w', shape: [1], dtype: 'toString' }] }],
    /toString/,
  ],
  ['a size below zero', [{ paths: [], weights: [{ name: 'w', shape: [-1], dtype: 'int32' }] }], /a shape of w/],
  ['a size beyond all', [{ paths: [], weights: [{ name: 'w', shape: [2e15, 9e15], dtype: 'int32' }] }], /can be/],
  ['a folder for a file', [{ paths: ['d'], weights: [] }], /got a folder/],
])('a model with %s', async (_name, weightsManifest, message) => {
  mkdirSync(join(root, 'network', 'd'), { recursive: true });
  const file = save('network/model.json', JSON.stringify({ modelTopology: {}, weightsManifest }));
  await expect(checkModel(dirname(file))).rejects.toThrow(message);
  await expect(loadModel(file)).rejects.toThrow(UnequalError);
});

test('indices and shapes are whole numbers', () => {
  const xs = { data: new Float32Array(6), shape: [-2, -3], dtype: 'float32' } as const;
  expect(() => arraySamples(xs, xs)).toThrow(/got 6 numbers for \[-2, -3\]/);
  const records = new RecordFile({ name: 'x', file: save('r.bin', Buffer.alloc(28)), side: 2, classNames: ['a'] });
  expect(() => records.batch([0.5])).toThrow(/index 0\.5/);
  records.close();
  records.close();
  expect(() => records.batch([0])).toThrow(/r\.bin is closed/);
});

test('the pixels of a PNG of records have eight bits', async () => {
  const png = await sharp(noise(3072), { raw: { width: 1024, height: 1, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  await expect(recordsFromPng(save('deep.png', png), Uint8Array.of(1))).rejects.toThrow(/in ushort/);
  const jpeg = await sharp(noise(3072), { raw: { width: 1024, height: 1, channels: 3 } })
    .jpeg()
    .toBuffer();
  await expect(recordsFromPng(save('not.png', jpeg), Uint8Array.of(1))).rejects.toThrow(/another format/);
  expect(readFileSync(join(root, 'not.png')).length).toBe(jpeg.length);
});
