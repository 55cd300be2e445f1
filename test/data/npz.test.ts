import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { convertDownsampledImageNet, npzToRecords } from '../../src/data/downsampled-imagenet.ts';
import { parseNpyHeader } from '../../src/data/npy.ts';
import { openNpz } from '../../src/data/npz.ts';
import { RecordFile } from '../../src/data/record-file.ts';
import { npy, zip } from './containers.ts';
import { noise, temporaryFolder } from './temporary.ts';

/**
 * Written by NumPy 1.24: `np.savez_compressed(f, data=…, labels=np.array([1, 1000]))` with rows
 * `(np.arange(3072) * k) % 251` for k = 1 and 7.
 */
const NUMPY = [
  'UEsDBBQAAAAIAAAAIQDl0MAHjwIAAIAYAAAIABQAZGF0YS5ucHkBABAAgBgAAAAAAACPAgAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taq',
  'iuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsYG5kaaOgq1CuQBLgZGJmYWVjZ2Dk4ubh5ePn4BQSFhEVExcQlJKWkZWTl5BUUl',
  'ZRVVNXUNTS1tHV09fQNDI2MTUzNzC0sraxtbO3sHRydnF1c3dw9PL28fXz//gMCg4JDQsPCIyKjomNi4+ITEpOSU1LT0jMys7JzcvPyCwqLikt',
  'Ky8orKquqa2rr6hsam5pbWtvaOzq7unt6+/gkTJ02eMnXa9BkzZ82eM3fe/AULFy1esnTZ8hUrV61es3bd+g0bN23esnXb9h07d+3es3ff/gMH',
  'Dx0+cvTY8RMnT50+c/bc+QsXL12+cvXa9Rs3b92+c/fe/QcPHz1+8vTZ8xcvX71+8/bd+w8fP33+8vXb9x8/f416fdTro14f9fqo10e9Pur1Ua',
  '+Pen3U6yPO6wzsfKIyylqGFvZuviHRSZkF5XWtPZNnLVyxftveI6cv3Xzw/N1XRg5+MVkVbSNLB3e/0JjkrMKK+rbeKbMXrdywfd/RM5dvPXzx',
  '/hsTp4C4nKqOsZWjh39YbEp2UWVDe9/UOYtXbdyx/9jZK7cfvfzwnZlLUEJeTdfE2skzIDwuNae4qrGjf9rcJas37Txw/NzVO49fffzBwi0kqa',
  'CuZ2rj7BUYEZ+WW1Ld1Dlh+rylazbvOnji/LW7T15/+snKIyylqKFvZuviHRSZkJ5XWtPcNXHG/GVrt+w+dPLC9XtP33z+xcYrIq2kaWBu5+oT',
  'HJWYkV9W29I9aeaC5eu27jl86uKN+8/efhn1+qjXR70+6vVRr496fdTro14f9fqo10ec1wFQSwMEFAAAAAgAAAAhADjf5MpLAAAAkAAAAAoAFA',
  'BsYWJlbHMubnB5AQAQAJAAAAAAAAAASwAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ck',
  'FqQC+RpGOpo6CrUKFAAuRgYIeMEMoQFQSwECFAMUAAAACAAAACEA5dDAB48CAACAGAAACAAAAAAAAAAAAAAAgAEAAAAAZGF0YS5ucHlQSwECFA',
  'MUAAAACAAAACEAON/kyksAAACQAAAACgAAAAAAAAAAAAAAgAHJAgAAbGFiZWxzLm5weVBLBQYAAAAAAgACAG4AAABQAwAAAAA=',
].join('');

const folder = temporaryFolder();
const classNames = Array.from({ length: 1000 }, (_, i) => `${i + 1}`);

function save(name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

const labels = (...values: number[]) => npy('|u1', [values.length], Uint8Array.from(values));
const data = (n: number) => npy('|u1', [n, 3072], noise(3072 * n));

test('what NumPy wrote becomes records', async () => {
  const file = save('numpy.npz', Buffer.from(NUMPY, 'base64'));
  const npz = await openNpz(file);
  expect(npz.names).toEqual(['data', 'labels']);
  expect((await npz.array('data')).header).toMatchObject({ descr: '|u1', shape: [2, 3072], fortran: false });
  npz.close();
  const out = join(folder, 'numpy.bin');
  expect(await npzToRecords([file], out)).toBe(2);
  const records = new RecordFile({ name: 'numpy', file: out, side: 32, classNames });
  expect([...records.labels]).toEqual([0, 999]);
  const image = records.image(1).data;
  for (let p = 0; p < 1024; p++) {
    for (let c = 0; c < 3; c++) expect(image[3 * p + c]).toBe(((1024 * c + p) * 7) % 251);
  }
  const { xs, ys } = records.batch([1, 0]);
  expect(xs.shape).toEqual([2, 32, 32, 3]);
  expect(xs.data.slice(0, 3072)).toEqual(Float32Array.from(image, (x) => x / 255));
  expect(ys.data[999]).toBe(1);
  expect(() => records.batch([2])).toThrow(/index 2/);
  const symmetric = records.scaled('symmetric');
  expect(symmetric.batch([1]).xs.data[0]).toBeCloseTo(image[0] / 127.5 - 1, 6);
  symmetric.close();
  records.close();
});

test('several batches, stored and deflated, follow one another', async () => {
  const a = save('a.npz', zip({ 'data.npy': data(40), 'labels.npy': labels(...Array(40).fill(3)) }, false));
  const b = save('b.npz', zip({ 'labels.npy': labels(1, 2), 'data.npy': data(2), 'mean.npy': data(1) }));
  const out = join(folder, 'ab.bin');
  expect(await npzToRecords([a, b], out)).toBe(42);
  const records = new RecordFile({ name: 'ab', file: out, side: 32, classNames });
  expect([...records.labels.subarray(39)]).toEqual([2, 0, 1]);
  expect(records.image(41)).toEqual(records.image(1));
  records.close();
});

const whole = zip({ 'data.npy': data(2), 'labels.npy': labels(1, 2) }, false);
const flipped = Buffer.from(whole);
flipped[4000] ^= 1;
const torn = zip({ 'data.npy': data(2), 'labels.npy': labels(1, 2) });
torn.fill(255, 2000, 2100);

test.each([
  ['truncated', whole.subarray(0, 5000), /x\.npz is damaged: got .*end of central directory/i],
  ['corrupt, stored', flipped, /x\.npz is damaged somewhere in 'data\.npy': got CRC-32/],
  ['corrupt, deflated', torn, /x\.npz is damaged .*'data\.npy'/],
  [
    'mislabelled',
    zip({ 'data.npy': data(2), 'labels.npy': labels(1, 0) }),
    /Record 1 of .*x\.npz.*label 0, expected a label from 1 to 1000/,
  ],
  ['without labels', zip({ 'data.npy': data(2) }), /x\.npz has no array 'labels': got data/],
  [
    'of other pictures',
    zip({ 'data.npy': npy('|u1', [2, 12], noise(24)), 'labels.npy': labels(1, 1) }),
    /'data' of .*x\.npz .*got \[2, 12\]/,
  ],
  [
    'of other lengths',
    zip({ 'data.npy': data(2), 'labels.npy': labels(1) }),
    /got \[2, 3072\] of \|u1, expected \[1, 3072\]/,
  ],
  [
    'of floats',
    zip({ 'data.npy': data(1), 'labels.npy': npy('<f8', [1], new Uint8Array(8)) }),
    /labels has values of another type: got <f8/,
  ],
  [
    'in Fortran order',
    zip({ 'data.npy': npy('|u1', [1, 3072], noise(3072), 'True'), 'labels.npy': labels(1) }),
    /in Fortran order: expected C order, save it with numpy.ascontiguousarray\(data\)/,
  ],
  [
    'shorter than its header says',
    zip({ 'data.npy': npy('|u1', [2, 3072], noise(3072)), 'labels.npy': labels(1, 1) }),
    /damaged in 'data': got 3200 bytes for \[2, 3072\], not 6272/,
  ],
])('a batch that is %s: an error that says where', async (_name, bytes, message) => {
  const file = save('x.npz', bytes);
  await expect(npzToRecords([file], join(folder, 'x.bin'))).rejects.toThrow(message);
});

test('a header is read in every version and refused when it is none', () => {
  const plain = npy('<i8', [3], new Uint8Array(24));
  expect(parseNpyHeader(plain, 'x')).toEqual({ descr: '<i8', shape: [3], fortran: false, offset: 128 });
  const second = Buffer.concat([plain.subarray(0, 6), Uint8Array.of(2, 0, 118, 0, 0, 0), plain.subarray(10)]);
  expect(parseNpyHeader(second, 'x').offset).toBe(130);
  expect(() => parseNpyHeader(plain.subarray(1), 'x')).toThrow(/not an npy file at byte 0/);
  expect(() => parseNpyHeader(plain.subarray(0, 50), 'x')).toThrow(/at byte 50.*header up to byte 128/);
});

test('a folder without all batches is refused', async () => {
  await expect(convertDownsampledImageNet(folder, folder)).rejects.toThrow(/no train_data_batch_1\.npz/);
  expect(existsSync(join(folder, 'train.bin'))).toBe(false);
});

test('a record file is refused where it ends early or is mislabelled', () => {
  const record = Buffer.concat([Uint8Array.of(5, 0), noise(12)]);
  const make = (bytes: Uint8Array) =>
    new RecordFile({ name: 'r', file: save('r.bin', bytes), side: 2, classNames: classNames.slice(0, 6) });
  expect(make(record).length).toBe(1);
  expect(() => make(Buffer.concat([record, record.subarray(0, 3)]))).toThrow(/ends in record 1 \(byte 14\).*17 bytes/);
  expect(() => make(Buffer.concat([record, Uint8Array.of(6, 0), noise(12)]))).toThrow(
    /Record 1 of .*\(byte 14\).*label 6/,
  );
});
