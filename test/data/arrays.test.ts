import { expect, test } from 'vitest';
import { arraySamples, takeRows } from '../../src/data/arrays.ts';
import type { NdArray } from '../../src/data/samples.ts';

const x: NdArray = { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [4, 3], dtype: 'float32' };
const y: NdArray = { data: Int32Array.of(7, 8, 9, 10), shape: [4], dtype: 'int32' };

test('a batch has the rows asked for, in that order, as often as asked', () => {
  const { xs, ys, sampleWeight } = arraySamples(x, y, [1, 2, 3, 4]).batch([3, 0, 3]);
  expect(xs).toEqual({ data: Float32Array.of(9, 10, 11, 0, 1, 2, 9, 10, 11), shape: [3, 3], dtype: 'float32' });
  expect(ys).toEqual({ data: Int32Array.of(10, 7, 10), shape: [3], dtype: 'int32' });
  expect(sampleWeight).toEqual(Float32Array.of(4, 1, 4));
});

test('lists and dictionaries keep their structure', () => {
  const batch = arraySamples({ a: x, b: y }, [y, x]).batch([1]);
  expect(batch.xs).toEqual({ a: takeRows(x, [1]), b: takeRows(y, [1]) });
  expect(batch.ys).toEqual([takeRows(y, [1]), takeRows(x, [1])]);
});

test('a batch does not share memory with the data', () => {
  const batch = takeRows(x, [0]);
  batch.data[0] = 99;
  expect(x.data[0]).toBe(0);
});

test.each([
  ['different lengths', () => arraySamples(x, takeRows(y, [0, 1])), /2 rows of ys, expected 4/],
  ['a wrong shape', () => arraySamples({ ...x, shape: [4, 4] }, y), /shape of xs.*12 numbers.*expected 16/],
  ['no samples', () => arraySamples(takeRows(x, []), takeRows(y, [])), /no samples/],
  ['weights of another length', () => arraySamples(x, y, [1]), /sampleWeight.*got 1, expected 4/],
  ['an index out of range', () => arraySamples(x, y).batch([4]), /index 4, expected an index from 0 to 3/],
  [
    'memory that was transferred away',
    () => {
      const gone = { ...y, data: y.data.slice() };
      structuredClone(gone.data.buffer, { transfer: [gone.data.buffer as ArrayBuffer] });
      takeRows(gone, [0]);
    },
    /memory of an array is gone: got 0 numbers .*transfer a copy/,
  ],
  ['a negative index', () => takeRows(y, [-1]), /index -1/],
])('%s: an error that says so', (_name, run, message) => {
  expect(run).toThrow(message);
});
