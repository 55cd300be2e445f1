/** Files as people and their programs write them: what is in them is read as it is meant, or asked about. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type OwnDataOptions, ownData } from '../../../src/data/index.ts';
import type { TableData } from '../../../src/data/own/table-data.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const rows = (n: number, row: (i: number) => string) => Array.from({ length: n }, (_, i) => `${row(i)}\n`).join('');

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const read = async (name: string, content: string | Uint8Array, options: OwnDataOptions = {}) =>
  (await ownData(write(name, content), options)) as TableData;
const yes = (i: number) => (i % 2 ? 'yes' : 'no');

it.each<[string, (i: number) => string]>([
  ['as many commas as semicolons', (i) => `${i % 7},${i % 10};${i % 5},${(3 * i) % 10};${yes(i)}`],
  ['more commas than semicolons', (i) => `${i % 7},${i % 10};${i % 5},${(3 * i) % 10};${i % 2},5`],
  ['beside a word', (i) => `word ${i % 3};${i % 10},${i % 8};${yes(i)}`],
  ['as many commas as tabs', (i) => `${i % 7},${i % 10}\t${i % 5},${(3 * i) % 10}\t${yes(i)}`],
])('decimal commas do not part cells: %s', async (_, row) => {
  const plain = await read('points.csv', rows(60, row).replaceAll(',', '.'));
  await expect(read('commas.csv', rows(60, row))).rejects.toThrow(/numbers as people write them, such as '\d,\d'/);
  const taken = await read('commas.csv', rows(60, row), {
    as: { 'column 1': 'category', 'column 2': 'category' },
    task: 'classification',
  });
  expect(taken.train.length + taken.test.length).toBe(60);
  expect(taken.preparation.columns.map(({ name }) => name)).toEqual(plain.preparation.columns.map(({ name }) => name));
});

it('commas between whole numbers part cells where nothing else stands in every line', async () => {
  const { preparation, train } = await read(
    'plain.csv',
    rows(60, (i) => `${i % 7},${i % 10},${i % 4 ? 1 : 0}${i % 3 ? '' : ';'}`),
    {
      task: 'classification',
    },
  );
  expect([preparation.columns.length, train.classNames]).toEqual([2, ['0', '1', '0;', '1;']]);
});
