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

it.each([',', ';', '\t', '|'])('a first line sep=%j is no row, and says what parts cells', async (mark) => {
  const lines = rows(60, (i) => [i % 7, `"a${mark} b${i % 3}"`, (i % 10) / 10].join(mark));
  const content = `x${mark}text${mark}y\n${lines}`;
  const plain = await read('plain.csv', content, { delimiter: mark });
  for (const first of [`sep=${mark}\n`, `\uFEFFSEP=${mark}\r\n`, `"sep=${mark}"\n`]) {
    for (const options of [{}, { delimiter: mark }]) {
      const { preparation, train, test } = await read('marked.csv', first + content, options);
      expect([preparation, train.length, test.length]).toEqual([
        plain.preparation,
        plain.train.length,
        plain.test.length,
      ]);
    }
  }
  await expect(read('broken.csv', `sep=${mark}\n${content}1${mark}2\n`)).rejects.toThrow('broken.csv, line 63');
});

it.each([9, 1])('a quote that is a letter takes no %s rows below it into its cell', async (below) => {
  const text = (i: number) => (i === 10 ? '"Hi darlin' : i === 10 + below ? '"I am late" he said' : `text ${i % 7}`);
  const lines = (text: (i: number) => string) => `label\ttext\n${rows(100, (i) => `${yes(i)}\t${text(i)}`)}`;
  await expect(read('quotes.tsv', lines(text))).rejects.toThrow(
    `quotes.tsv, line 12 has a quote that opens a cell of several rows: got ${below} line`,
  );
  await expect(read('quotes.tsv', lines(text), { skipBroken: true })).rejects.toThrow('opens a cell of several rows');
  // One that ends on its line, and a cell of two lines, are what they are.
  const { train, test } = await read(
    'lines.tsv',
    lines((i) => (i === 10 ? '"I am late" he said' : `"text ${i % 7}\n more"`)),
  );
  expect(train.length + test.length).toBe(100);
});

it('truth values and letters with marks are one class however they are spelled; other spellings are told', async () => {
  const spelled = ['TRUE', 'False', 'True', 'FALSE', 'true', 'false'];
  const lines = rows(60, (i) => `${i % 7},${spelled[(i >> 1) % 6]},${spelled[i % 6]}`);
  const { train, preparation, notes } = await read('truth.csv', `a,flag,y\n${lines}`);
  expect([train.classNames, notes.join()]).toEqual([
    ['false', 'true'],
    expect.stringContaining('2 classes: false, true'),
  ]);
  expect(preparation.columns[1].code).toMatchObject({ values: ['false', 'true'] });
  for (const [k, label] of train.labels!.entries()) {
    expect(train.classNames?.[label]).toBe(spelled[train.origin.at(k) % 6].toLowerCase());
  }
  const json = rows(60, (i) => JSON.stringify({ a: i % 7, flag: (i >> 1) % 2 === 0, y: i % 2 === 0 }));
  expect((await read('truth.jsonl', json)).train.classNames).toEqual(['false', 'true']);
  const cities = await read(
    'cities.csv',
    `a,y\n${rows(60, (i) => `${i % 7},${['Gen\u00e8ve', 'Gene\u0300ve', 'Bern'][i % 3]}`)}`,
  );
  expect(cities.train.classNames).toEqual(['Bern', 'Gen\u00e8ve']);
  const cases = await read(
    'cases.csv',
    `city,y\n${rows(60, (i) => `${['Bern', 'BERN', 'Chur'][i % 3]},${i < 6 ? 'Yes' : yes(i)}`)}`,
  );
  expect(cases.train.classNames).toEqual(['Yes', 'no', 'yes']);
  for (const told of [
    'column y .*: Yes \\(6 rows\\), yes \\(27 rows\\)',
    'column city .*: Bern \\(20 rows\\), BERN \\(20 rows\\)',
  ]) {
    expect(cases.notes.join('\n')).toMatch(new RegExp(told));
  }
});

it('a number is one class however a program spells it; what may be a code is left as it is', async () => {
  const numbers = [1, 0, -1, 250, 1.5, 1e-7];
  const ways: ((number: number) => string)[] = [
    String,
    (n) => n.toExponential(18).replace(/e([+-])(\d)$/, 'e$10$2'), // NumPy's savetxt
    (n) => n.toExponential(6).toUpperCase().replace('E+', 'E'),
    (n) => (Number.isInteger(n) ? `${n}.0` : String(n).replace('e-7', 'e-07')), // pandas
    (n) => (n > 0 ? `+${n}` : `-${Math.abs(n)}.0`),
  ];
  const expected = ['-1', '0', '1e-7', '1', '1.5', '250'];
  const file = write('spelled.csv', `x,y\n${rows(90, (i) => `${i % 7},${ways[i % 5](numbers[i % 6])}`)}`);
  const { train } = (await ownData(file, { task: 'classification' })) as TableData;
  expect(train.classNames).toEqual(expected);
  for (const [k, label] of train.labels!.entries()) {
    expect(Number(train.classNames?.[label])).toBe(numbers[train.origin.at(k) % 6] || 0);
  }
  const codes = ['01', '1', '1.10', '1.1', '0e1', '0e2', '1.152921504606846976e+18', '1.152921504606846977e+18'];
  const others = await read('codes.csv', `x,y\n${rows(80, (i) => `${i % 7},${codes[i % 8]}`)}`, {
    task: 'classification',
  });
  expect(new Set(others.train.classNames)).toEqual(new Set(codes));
});

it('truth values are prepared alike in CSV and in JSON lines', async () => {
  const flags = (i: number) => (i % 7 === 3 ? undefined : i % 3 === 0);
  const python = (flag?: boolean) => (flag === undefined ? '' : flag ? 'True' : 'False');
  const csv = `b,x,y\n${rows(60, (i) => `${python(flags(i))},${i / 10},${yes(i)}`)}`;
  const json = rows(60, (i) => JSON.stringify({ b: flags(i), x: i / 10, y: yes(i) }));
  const [one, other] = [await read('flags.csv', csv), await read('flags.jsonl', json)];
  expect(one.preparation).toEqual(other.preparation);
  const all = Array.from({ length: one.train.length }, (_, k) => k);
  expect(one.train.batch(all)).toEqual(other.train.batch(all));
  for (const [name, content, { preparation }] of [
    ['flags.csv', csv, other],
    ['flags.jsonl', json, one],
  ] as const) {
    expect((await read(name, content, { preparation })).train.batch(all)).toEqual(one.train.batch(all));
  }
});

it('`inf` among words is a word', async () => {
  const words = ['inf', 'fin', 'Infinity'];
  const { train, preparation } = await read(
    'inf.csv',
    `x,y\n${rows(60, (i) => `${words[i % 3]},${words[(i >> 1) % 3]}`)}`,
  );
  expect(train.classNames).toEqual(['Infinity', 'fin', 'inf']);
  expect(preparation.columns[0].code).toMatchObject({ kind: 'category', values: ['Infinity', 'fin', 'inf'] });
  for (const [k, label] of train.labels!.entries()) {
    expect(train.classNames?.[label]).toBe(words[(train.origin.at(k) >> 1) % 3]);
  }
  const numbers = `x,y\n${rows(60, (i) => `${i / 10},${i % 9 ? i % 2 : 'inf'}`)}`;
  await expect(read('infinite.csv', numbers)).rejects.toThrow(/the target y has a value that is no number: got inf/);
  await expect(read('infinite.csv', numbers, { task: 'regression' })).rejects.toThrow(/that is no number: got inf/);
  expect((await read('infinite.csv', numbers, { task: 'classification' })).train.classNames).toEqual(['0', '1', 'inf']);
  const input = `x,y\n${rows(60, (i) => `${i % 9 ? i / 10 : 'inf'},${yes(i)}`)}`;
  await expect(read('infinite.csv', input)).rejects.toThrow(/not clear what column x is: got the number inf/);
});

const day = (i: number) => new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);

it.each<[string, string, string]>([
  ['psql and DuckDB', '10:30:00+02', 'T08:30:00Z'],
  ['west of Greenwich', '10:30:00.5-07', 'T17:30:00.5Z'],
  ['BigQuery', '10:30:00 UTC', 'T10:30:00Z'],
])('timestamps of %s are dates', async (_, time, iso) => {
  const [one, other] = await Promise.all(
    [` ${time}`, iso].map((time, k) => read(`times-${k}.csv`, `t,y\n${rows(60, (i) => `${day(i)}${time},${yes(i)}`)}`)),
  );
  expect(one.preparation.columns[0].code.kind).toBe('date');
  expect(one.preparation).toEqual(other.preparation);
});

it('dates as people write them are asked about, and none is a class of its own unasked', async () => {
  const turned = (i: number, by: string) => day(i).split('-').reverse().join(by);
  for (const by of ['.', '/', '-']) {
    await expect(read('written.csv', `t,y\n${rows(60, (i) => `${turned(i, by)},${yes(i)}`)}`)).rejects.toThrow(
      `not clear what column t is: got dates as people write them, such as '01${by}01${by}2020'`,
    );
  }
  for (const when of [day, (i: number) => turned(i, '.')]) {
    const file = `a,when\n${rows(60, (i) => `${i % 7},${when(i >> 1)}`)}`;
    await expect(read('when.csv', file)).rejects.toThrow(/the target when has dates: got 30 different ones/);
    expect((await read('when.csv', file, { task: 'classification' })).train.classes).toBe(30);
  }
});

it('a first line is taken for names or for a row by what stands below it', async () => {
  const weather = ['sunny,hot,weak,no', 'rain,mild,strong,yes', 'overcast,cool,normal,yes'];
  const countries = (i: number) => `c${i % 4},${i % 7},${i % 5},${yes(i)}`;
  for (const [name, lines, length, columns] of [
    ['years', `country,2019,2020,y\n${rows(60, countries)}`, 60, ['country', '2019', '2020']],
    [
      'running',
      `country,2018,2019,2020\n${rows(60, (i) => `c${i},${i % 7},${i % 5},${i * 1.5}`)}`,
      60,
      ['2018', '2019'],
    ],
    ['above', `x,10,kind\n${rows(60, (i) => `${i % 9},${i % 7},${yes(i)}`)}`, 60, ['x', '10']],
    ['row', rows(60, countries), 60, ['column 1', 'column 2', 'column 3']],
    ['rare', `France,5,17,no\n${rows(59, countries)}`, 60, ['column 1', 'column 2', 'column 3']],
    ['words', rows(60, (i) => weather[i % 3]), 60, ['column 1', 'column 2', 'column 3']],
    ['letters', `words,y\n${rows(60, (i) => `${weather[i % 3].slice(0, 4)},${'yn'[i % 2]}`)}`, 60, ['words']],
    ['names', `sky,heat,wind,play\n${rows(60, (i) => weather[i % 3])}`, 60, ['sky', 'heat', 'wind']],
  ] as const) {
    const { train, test, preparation, notes } = await read(`${name}.csv`, lines);
    expect([name, train.length + test.length]).toEqual([name, length]);
    expect(preparation.columns.map((column) => column.name)).toEqual(columns);
    const told = {
      years: /has the names, as/,
      words: /has no line of names, as 'sunny' and others/,
      // Nothing but words: it may have been a row.
      names: /has the names, as its words do not come again/,
    }[name as string];
    if (told) expect(notes.join('\n')).toMatch(told);
    if (name === 'letters') expect(notes.join('\n')).not.toMatch(/has the names/);
  }
});
