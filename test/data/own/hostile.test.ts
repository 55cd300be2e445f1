/** Tables that nobody writes by hand, and options that nobody means. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type OwnDataOptions, ownData } from '../../../src/data/index.ts';
import { UnequalError } from '../../../src/errors.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const rows = (n: number, row: (i: number) => string) => Array.from({ length: n }, (_, i) => row(i)).join('');

function write(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

it.each<[string, string, RegExp]>([
  ['header.csv', 'a,b,c\n', /is empty/],
  ['mark.csv', '\ufeff', /is empty/],
  ['lines.csv', '\n\n\n', /is empty/],
  ['zero.csv', 'a,b\n1,\0\n', /zero byte/],
  ['columns.csv', `${rows(1e6, (i) => `c${i},`)}y\n${'1,'.repeat(1e6)}0\n`, /too many columns: got 1000001/],
  ['open.csv', `a,b\n1,"${'x,\n'.repeat(1e6)}`, /is broken at line/],
  ['stray.csv', 'a,b\n1,2\n3,4\n5,x"y\n', /is broken at line 4/],
  ['infinite.csv', `a,y\n${rows(20, (i) => `${i === 3 ? '1e999' : i},${i % 2}\n`)}`, /the number 1e999/],
  ['wide.csv', `a,y\n${rows(20, (i) => `${i}e300,${i % 2}\n`)}`, /column a cannot be scaled/],
  ['target.csv', `a,price\n${rows(20, (i) => `${i * 1.5},${i + 0.5}e200\n`)}`, /column price cannot be scaled/],
  ['deep.jsonl', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}\n`, /deep\.jsonl has no rows|line 1 is broken/],
  ['lists.jsonl', `{"a":${'['.repeat(20_000)}1${']'.repeat(20_000)},"y":1}\n`, /line 1 is broken/],
  ['twice.jsonl', '{"a.b":1.5,"a":{"b":2.5},"y":"p"}\n'.repeat(9), /has no rows|two values named a\.b/],
  ['later.jsonl', `${'{"a":1.5,"y":"p"}\n'.repeat(1000)}{"b":1}\n`, /the name b, which none of the first 1000/],
])('%s', async (name, content, message) => {
  const reading = ownData(write(name, content));
  await expect(reading).rejects.toThrow(UnequalError);
  await expect(reading).rejects.toThrow(message);
});

it.each(['csv', 'jsonl'])(
  'a small packed %s file of many short rows is refused before they are all read',
  async (kind) => {
    const file = join(folder, `bomb.${kind}.gz`);
    const line = { csv: '1,2\n', jsonl: '{"a":1,"y":2}\n' }[kind]!;
    writeFileSync(file, gzipSync(line.repeat(3e6)));
    await expect(ownData(file)).rejects.toThrow(/bomb.* cannot be read: got more than \d+ bytes in the first \d+/);
  },
);

it('names that every object has are names', async () => {
  const line = (i: number) =>
    `{"__proto__":${i * 1.5},"constructor":${Math.sin(i)},"y":"${i % 2 ? 'toString' : 'valueOf'}"}\n`;
  const { train, preparation } = await ownData(write('names.jsonl', rows(20, line)));
  expect('columns' in preparation && preparation.columns.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
  expect(train.classNames).toEqual(['toString', 'valueOf']);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

it('lines may end in three ways in one file', async () => {
  const plain = rows(30, (i) => `${i * 1.5},${'ab'[i % 2]}\n`);
  let k = 0;
  const mixed = plain.replaceAll('\n', () => ['\r\n', '\n', '\r'][k++ % 3]);
  const [one, other] = await Promise.all(
    [plain, mixed].map(async (lines, k) => {
      const { train } = await ownData(write(`ends-${k}.csv`, `a,y\n${lines}`));
      return train.batch(Array.from({ length: train.length }, (_, i) => i));
    }),
  );
  expect(other).toEqual(one);
});

const plain = () => write('plain.csv', `a,y\n${rows(20, (i) => `${i * 1.5},${i % 2}\n`)}`);

it('options', async () => {
  const hostile: readonly unknown[] = [
    ...[Number.NaN, Infinity, -1, 0, 1.5, 1e300, '', 'ab', '\n', 'toString', '__proto__', true, {}, [], [3], [0, 1]],
    ...[() => 1, 3n, Symbol('s'), new Date(0), new Map(), new Uint8Array(2), { a: 5 }, { a: 'toString' }],
  ];
  const fine: { readonly [option in keyof OwnDataOptions]-?: readonly unknown[] } = {
    ...{ task: [], testShare: [], as: [hostile[12]], textColumns: [], textLength: [], vocabulary: [], size: [] },
    // Names of columns and files that are not there.
    ...{
      target: [],
      test: [],
      seed: [-1, 0],
      skipBroken: [true],
      header: [true],
      channels: [],
      delimiter: [],
      preparation: [],
    },
  };
  const file = plain();
  for (const [option, values] of Object.entries(fine)) {
    for (const value of hostile) {
      let error: unknown;
      try {
        await ownData(file, { [option]: value } as OwnDataOptions);
      } catch (thrown) {
        error = thrown;
      }
      const where = `${option}: ${String(value)}`;
      if (error !== undefined) expect(error, where).toBeInstanceOf(UnequalError);
      expect(error === undefined, where).toBe(values.includes(value));
    }
  }
  const nothing = Object.fromEntries(Object.keys(fine).map((option) => [option, null])) as OwnDataOptions;
  expect((await ownData(file, nothing)).preparation).toEqual((await ownData(file)).preparation);
  for (const value of hostile) {
    await expect(ownData(value as string), String(value)).rejects.toThrow(UnequalError);
    if (typeof value !== 'object' || Array.isArray(value))
      await expect(ownData(file, value as object), String(value)).rejects.toThrow(UnequalError);
  }
});

it('a long line takes no longer than its length', async () => {
  // It comes in 500 pieces; put together anew with each they would be 8 billion characters.
  const file = write('long.jsonl', `{"a":"${'x'.repeat(2 ** 25)}","y":1}\n`);
  await expect(ownData(file)).rejects.toThrow(/too few rows|one class/);
}, 20_000);
