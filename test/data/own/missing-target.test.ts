import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ownData } from '../../../src/data/own/own-data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unequal-missing-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const json = (rows: number, rare: number) =>
  Array.from({ length: rows }, (_, k) =>
    JSON.stringify({ a: k % 7, b: 'xy'[k % 2], ...(k >= rows - rare && { c: k % 2 }) }),
  ).join('\n');

it('of the last column, which most rows lack, is asked about', async () => {
  await expect(ownData(await write('one.jsonl', json(51, 1)))).rejects.toThrow(
    /^the target c, the last column, is missing in 50 of 51 rows: name another with --target \(target\)$/,
  );
  await expect(ownData(await write('some.jsonl', json(100, 20)))).rejects.toThrow(
    /^the target c, the last column, is missing in 80 of 100 rows: name another with --target \(target\), or say --target c/,
  );
  const rows = Array.from({ length: 40 }, (_, k) => `${k % 7},${k % 2},`).join('\n');
  await expect(ownData(await write('none.csv', `a,b,c\n${rows}\n`))).rejects.toThrow(
    /^the target c, the last column, is missing in all of 40 rows: name another with --target \(target\)$/,
  );
});

it('that was named, or has the name of one, is taken with the rows that have it', async () => {
  const path = await write('named.jsonl', json(100, 20));
  const named = await ownData(path, { target: 'c' });
  expect(named.notes).toContain('80 rows without the target were left out');
  const label = await ownData(await write('label.jsonl', json(100, 20).replaceAll('"c"', '"label"')));
  expect(label.notes).toContain('80 rows without the target were left out');
  const most = await ownData(await write('most.jsonl', json(60, 59)));
  expect(most.notes).toContain('1 row without the target was left out');
});

it('that was named is said to be missing where too few rows have it', async () => {
  const path = await write('few.jsonl', json(51, 1));
  await expect(ownData(path, { target: 'c' })).rejects.toThrow(
    /^the target c is missing in 50 of 51 rows: name another with --target \(target\)$/,
  );
  const test = await write('test.jsonl', json(9, 0).replaceAll('}', ',"c":null}'));
  await expect(ownData(await write('train.jsonl', json(9, 9)), { test })).rejects.toThrow(
    /^the target c, the last column, is missing in 9 of 18 rows: name another/,
  );
});

it('is there, but the rows are too few to be split: that says how they can be', async () => {
  await expect(ownData(await write('row.csv', 'a,b\n1,x\n'))).rejects.toThrow(
    /row.csv has too few rows to be split: got 1, expected a row or more in each part, give rows to test on with --test FILE \(test\)$/,
  );
  await expect(ownData(await write('rows.csv', 'a,b\n1,x\n2,y\n'))).rejects.toThrow(
    /rows.csv has too few rows to be split: got 2, .*--test FILE \(test\), or choose another share with --test-share/,
  );
  await expect(ownData(await write('no.csv', 'a,b\n'))).rejects.toThrow(/no.csv is empty: got no rows/);
});
