/** Whole numbers of 64 bits, as ids are: classes that float64 does not tell apart stay apart, in every format. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownData } from '../../../src/data/index.ts';
import { framed } from '../../../src/data/own/readers/crc32c.ts';
import type { TableData } from '../../../src/data/own/table-data.ts';
import { npy, zip } from '../containers.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const ids = [2n ** 60n + 1n, 2n ** 60n + 2n, -(2n ** 63n) + 1n, -(2n ** 63n), 2n ** 53n - 1n, 2n ** 53n, 5n];
const rows = Array.from({ length: 70 }, (_, i) => ({ a: i % 9, id: ids[(3 * i) % 7], y: ids[i % 7] }));
const bytes = (numbers: readonly bigint[], big = false) => {
  const out = Buffer.alloc(8 * numbers.length);
  for (const [k, one] of numbers.entries()) out[big ? 'writeBigInt64BE' : 'writeBigInt64LE'](one, 8 * k);
  return out;
};
const flat = rows.flatMap(({ a, id, y }) => [BigInt(a), id, y]);

/** A field of a message: its number and kind, then the length of the bytes. */
const field = (number: number, content: Uint8Array) =>
  Buffer.concat([Buffer.from([8 * number + 2, ...varint(BigInt(content.length))]), content]);
function varint(value: bigint): number[] {
  const rest = BigInt.asUintN(64, value);
  return rest < 128n ? [Number(rest)] : [Number(rest & 127n) | 128, ...varint(rest >> 7n)];
}
/** tf.train.Example with a list of one whole number by each name. */
function example(row: { readonly [name: string]: number | bigint }, packed: boolean): Uint8Array {
  const features = Object.entries(row).map(([name, value]) => {
    const one = Buffer.from(varint(BigInt(value)));
    const list = packed ? field(1, one) : Buffer.concat([Buffer.from([8]), one]);
    return field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, field(3, list))]));
  });
  return field(1, Buffer.concat(features));
}

const files: { readonly [name: string]: string | Uint8Array } = {
  'ids.csv': `a,id,y\n${rows.map(({ a, id, y }) => `${a},${id},${y}\n`).join('')}`,
  'ids.jsonl': rows
    .map(
      ({ a, id, y }) => `{"a":${a},"id":${id},"y":${y},"note":"12345678901234567890, \\"${id}","list":[${y}, 1.5]}\n`,
    )
    .join(''),
  'little.npy': npy('<i8', [70, 3], bytes(flat)),
  'big.npy': npy('>i8', [70, 3], bytes(flat, true)),
  'ids.npz': zip({
    'a.npy': npy('<i8', [70], bytes(rows.map(({ a }) => BigInt(a)))),
    'id.npy': npy('<i8', [70], bytes(rows.map(({ id }) => id))),
    'y.npy': npy('<i8', [70, 1], bytes(rows.map(({ y }) => y))),
  }),
  'packed.tfrecord': Buffer.concat(rows.map((row) => framed(example(row, true)))),
  'plain.tfrecord': Buffer.concat(rows.map((row) => framed(example(row, false)))),
};

it.each(Object.keys(files))('%s', async (name) => {
  writeFileSync(join(folder, name), files[name]);
  const [id, y] = name.endsWith('.npy') ? ['column 2', 'column 3'] : ['id', 'y'];
  const { train, test, preparation } = (await ownData(join(folder, name), {
    target: y,
    as: { [id]: 'category' },
    task: 'classification',
  })) as TableData;
  const all = new Set(ids.map(String));
  expect(new Set(train.classNames)).toEqual(all);
  const code = preparation.columns.find((column) => column.name === id)?.code;
  expect(code?.kind === 'category' && new Set(code.values)).toEqual(all);
  for (const part of [train, test]) {
    for (const [k, label] of part.labels!.entries())
      expect(train.classNames?.[label]).toBe(`${rows[part.origin.at(k)].y}`);
  }
});
