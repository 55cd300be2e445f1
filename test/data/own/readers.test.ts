import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  csvSamples,
  jsonLinesSamples,
  npySamples,
  npzSamples,
  ownData,
  parquetSamples,
  tfrecordSamples,
} from '../../../src/data/index.ts';
import type { TableData } from '../../../src/data/own/table-data.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/own');
const at = (name: string) => join(fixtures, name);
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-own-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const people = async () => parse(await readFile(at('people.csv')), { columns: true }) as { [column: string]: string }[];
const target = { target: 'bought', as: { price: 'ignore' } } as const;

/** The inputs of both parts, by the part. */
function inputs({ train, test }: TableData): string[] {
  return [train, test].map((part) => {
    const { xs, ys } = part.batch(Array.from({ length: part.length }, (_, i) => i));
    const hash = createHash('sha256').update(xs.data).update(ys.data);
    return `${xs.shape} ${ys.shape} ${hash.digest('hex')}`;
  });
}

it('scales and codes the columns of a CSV file by its training rows alone', async () => {
  const { train, test, preparation, notes, skipped } = await csvSamples(at('people.csv'), { ...target, seed: 3 });
  expect([train.length, test.length, skipped]).toEqual([96, 24, []]);
  expect(train.classNames).toEqual(['no', 'yes']);
  expect(notes).toContain('column id is left out: it is a running number');
  expect(notes).toContain('column age is missing in 7 rows');
  const [age, income, city, says] = preparation.columns.map(({ code }) => code);
  expect([age.kind, income.kind, city.kind, says.kind]).toEqual(['number', 'number', 'category', 'text']);
  // Which rows are for the training follows from their incomes, of which no two are alike.
  const rows = await people();
  const xs = train.batch(Array.from({ length: 96 }, (_, i) => i)).xs.data as Float32Array;
  const width = train.inputShape[0];
  if (income.kind !== 'number' || age.kind !== 'number' || city.kind !== 'category') throw new Error();
  const chosen = Array.from({ length: 96 }, (_, i) => {
    const value = xs[i * width + 2] * income.std + income.mean;
    return rows.find((row) => Math.abs(Number(row.income) - value) < 0.05) as { [column: string]: string };
  });
  expect(new Set(chosen).size).toBe(96);
  const mean = (numbers: number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const incomes = chosen.map((row) => Number(row.income));
  expect(income.mean).toBeCloseTo(mean(incomes), 6);
  expect(income.std).toBeCloseTo(Math.sqrt(mean(incomes.map((x) => (x - mean(incomes)) ** 2))), 6);
  const ages = chosen.flatMap((row) => (row.age === 'NA' ? [] : [Number(row.age)]));
  expect(age.mean).toBeCloseTo(mean(ages), 9);
  expect(city.values).toEqual([...new Set(chosen.map((row) => row.city))].filter((name) => name !== '').sort());
  for (const [i, row] of chosen.entries()) {
    const own = xs.subarray(i * width, (i + 1) * width);
    expect([own[1], row.age === 'NA' && own[0] === 0]).toEqual(row.age === 'NA' ? [1, true] : [0, false]);
    expect(Array.from(own.subarray(3, 7))).toEqual([...city.values, ''].map((name) => (name === row.city ? 1 : 0)));
    expect(Math.hypot(...own.subarray(7))).toBeCloseTo(1, 5);
    expect(train.classNames?.[train.labels?.[i] as number]).toBe(row.bought);
  }
});

it('reads the same of what Python, Excel and DuckDB write in other ways', async () => {
  const reference = inputs(await csvSamples(at('people.csv'), target));
  for (const [read, name] of [
    [csvSamples, 'people-excel.csv'],
    [csvSamples, 'people-utf16.tsv'],
    [jsonLinesSamples, 'people.jsonl.gz'],
    [parquetSamples, 'people.parquet'],
  ] as const) {
    expect(inputs(await read(at(name), target)), name).toEqual(reference);
  }
  const { preparation } = await parquetSamples(at('people-zstd.parquet'), {
    ...target,
    as: { price: 'ignore', pair: 'ignore' },
  });
  expect(preparation.columns.map(({ name }) => name)).toContain('inner.b');
});

it('reads a column without values that is packed by LZ4', async () => {
  const { train, test, notes } = await parquetSamples(at('nothing-lz4.parquet'));
  expect([train.length + test.length, train.classNames]).toEqual([20, ['no', 'yes']]);
  expect(notes.join('\n')).toContain('column none is left out: it is empty');
  for (const part of [train, test]) {
    for (let i = 0; i < part.length; i++) expect(part.labels?.[i]).toBe(part.origin.at(i) % 3 === 0 ? 0 : 1);
  }
});

it('refuses a Parquet file with a column that no row would have', async () => {
  await expect(parquetSamples(at('proto.parquet'))).rejects.toThrow(/got a column that is called __proto__/);
});

it('reads TFRecord files that another library wrote', async () => {
  const { train, preparation, notes } = await tfrecordSamples(at('people.tfrecord'));
  expect(preparation.columns.map(({ name, code }) => [name, code.kind]).sort()).toEqual([
    ['city', 'category'],
    ['pair', 'list'],
  ]);
  expect(train.classNames).toEqual(['0', '1']);
  expect(notes).toContain('column cold is left out: it is -5 in every row');
});

it('reads arrays of NumPy in either order, of either end, in parts and as pictures', async () => {
  const rows = inputs(await npySamples(at('rows.npy')));
  expect(inputs(await npySamples(at('fortran.npy')))).toEqual(rows);
  expect(inputs(await npySamples(at('big-endian.npy')))).toEqual(rows);
  const parts = await npzSamples(at('parts.npz'));
  expect([parts.train.length, parts.test.length, parts.train.inputShape]).toEqual([40, 20, [3]]);
  const pictures = await npzSamples(at('pictures.npz'));
  expect([pictures.train.inputShape, pictures.train.classNames]).toEqual([
    [8, 8, 1],
    ['cat', 'döner'],
  ]);
  expect(pictures.preparation.columns[0].code).toMatchObject({ kind: 'picture', mean: [0], std: [255] });
});

it('tells broken lines, or leaves them out and lists them', async () => {
  const file = join(scratch, 'broken.csv');
  const lines = (await readFile(at('people.csv'), 'utf8'))
    .replace(/"[^"]*"/g, 'x')
    .split('\r\n')
    .slice(0, 60);
  lines[10] = '1,2,3';
  await writeFile(file, lines.join('\n'));
  await expect(csvSamples(file, target)).rejects.toThrow(/broken\.csv, line 11 is broken: got 3 cells, not 7/);
  const { skipped, train, test } = await csvSamples(file, { ...target, skipBroken: true });
  expect([skipped, train.length + test.length]).toEqual([['broken.csv, line 11: 3 cells, not 7'], 58]);
  const json = join(scratch, 'broken.jsonl');
  await writeFile(json, `${'{"a":1,"label":"x"}\n{"a":2,"label":"y"}\n'.repeat(5)}{"a":`);
  await expect(jsonLinesSamples(json)).rejects.toThrow(/line 11 is broken/);
});

it.each([
  ['empty.csv', '', /is empty/],
  ['one.csv', 'a\n1\n2\n', /has one column/],
  ['quote.csv', 'a,b\n1,"x\n2,y\n', /is broken at line/],
  ['twice.csv', 'a,a,y\n1,2,x\n', /two columns of one name: got a/],
  ['latin.csv', Buffer.from('name,y\nGen\xe8ve,1\n', 'latin1'), /is not text in UTF-8/],
  [
    'mixed.csv',
    `age,y\n${Array.from({ length: 60 }, (_, i) => `${i},${i % 2 ? 'a' : 'b'}`).join('\n')}\nold,a\n`,
    /it is not clear what column age is: got 60 numbers and 'old' in mixed\.csv, line 62/,
  ],
  ['single.csv', 'a,y\n1,x\n2,x\n3,x\n', /has one class/],
  ['list.jsonl', '[\n{"a":1}\n]', /is one JSON list/],
  [
    'ragged.jsonl',
    '{"a":[1,2],"y":"p"}\n{"a":[1],"y":"q"}\n'.repeat(5),
    /different lengths: \[1\] in ragged\.jsonl, line 2/,
  ],
  ['not.npy', 'hello, I am no array', /is not an npy file at byte 0/],
  ['not.npz', 'hello, I am no zip', /is damaged/],
  ['not.parquet', 'hello, I am no parquet', /cannot be read after row 0/],
  ['not.tfrecord', 'hello, I am no record at all', /is damaged at byte 0/],
  ['book.xlsx', 'PK', /got a spreadsheet.*save it as CSV/],
  ['rows.pkl', 'x', /a pickle, which may run any program/],
  ['iris.data', '5.1,Iris-setosa', /call it FILE\.csv/],
])('refuses %s and says why', async (name, content, message) => {
  const file = join(scratch, name);
  await writeFile(file, content);
  await expect(ownData(file)).rejects.toThrow(message);
});

it('finds every flipped and every missing byte of a TFRecord file', async () => {
  const whole = await readFile(at('people.tfrecord'));
  const file = join(scratch, 'cut.tfrecord');
  for (const place of [3, 9, 40, whole.length - 2]) {
    const flipped = Buffer.from(whole);
    flipped[place] ^= 4;
    await writeFile(file, flipped);
    await expect(ownData(file)).rejects.toThrow(/is damaged at byte/);
  }
  await writeFile(file, whole.subarray(0, -1));
  await expect(ownData(file)).rejects.toThrow(/before the end/);
});

it('names the nearest of a path and of a column, and reads names that objects have', async () => {
  await expect(ownData(at('peopel.csv'))).rejects.toThrow(/did you mean .*people\.csv/);
  await expect(ownData(at('people.csv'), { target: 'bougth' })).rejects.toThrow(/did you mean 'bought'/);
  await expect(ownData(at('people.csv'), { as: { incom: 'number' } })).rejects.toThrow(/did you mean 'income'/);
  await expect(ownData(at('people.csv'), { sed: 1 } as object)).rejects.toThrow(/did you mean 'seed'/);
  const file = join(scratch, 'proto.csv');
  await writeFile(file, `__proto__,constructor,y\n${'1,a,p\n2,b,q\n'.repeat(5)}`);
  expect((await ownData(file)).preparation.target.classNames).toEqual(['p', 'q']);
  expect(
    gunzipSync(await readFile(at('people.jsonl.gz')))
      .toString()
      .split('\n'),
  ).toHaveLength(121);
});

it('takes what pandas and NumPy write as it is meant: an index without a name, commas at the end, 1.0 for 1', async () => {
  const write = async (name: string, text: string) => {
    await writeFile(join(scratch, name), text);
    return join(scratch, name);
  };
  const lines = (line: (i: number) => string) => Array.from({ length: 40 }, (_, i) => `${line(i)}\n`).join('');
  const columns = ({ preparation }: TableData) => preparation.columns.map(({ name }) => name);
  const indexed = await csvSamples(
    await write('index.csv', `,city,bought\n${lines((i) => `${i},${'ab'[i % 2]},${i % 2 ? 'yes' : 'no'}`)}`),
  );
  expect([columns(indexed), indexed.train.classNames]).toEqual([['city'], ['no', 'yes']]);
  expect(indexed.train.length + indexed.test.length).toBe(40);
  const ended = await csvSamples(
    await write('ended.csv', `age,income,bought,\n${lines((i) => `${i % 9},${i * 1.5},${i % 2},`)}`),
  );
  expect([columns(ended), ended.preparation.target.columns]).toEqual([['age', 'income'], ['bought']]);
  const named = await csvSamples(await write('na.csv', `NA,y\n${lines((i) => `${i % 9},${i % 2}`)}`));
  expect(columns(named)).toEqual(['NA']);
  // A column of whole numbers of which one was missing has fractions in pandas.
  await write('spelt-train.csv', `a,kind,y\n${lines((i) => `${i * 1.5},${i % 3},${i % 2}`)}`);
  await write('spelt-test.csv', `a,kind,y\n${lines((i) => `${i * 1.5},${i % 3}.0,${i % 2}.0`)}`);
  const spelt = (await ownData(join(scratch, 'spelt-*.csv'), { as: { kind: 'category' } })) as TableData;
  expect(spelt.train.classNames).toEqual(['0', '1']);
  const all = ({ length }: { length: number }) => Array.from({ length }, (_, i) => i);
  expect(spelt.test.batch(all(spelt.test))).toEqual(spelt.train.batch(all(spelt.train)));
  expect(
    columns(
      await csvSamples(await write('years.csv', `2019,2020,y\n${lines((i) => `${i % 9},${i % 4},${i % 2}`)}`), {
        header: true,
      }),
    ),
  ).toEqual(['2019', '2020']);
});

it('a quote that is never closed is not taken for one broken row', async () => {
  const file = join(scratch, 'open.csv');
  await writeFile(
    file,
    `a,y\n${Array.from({ length: 99 }, (_, i) => `${i === 20 ? '"' : ''}${i * 1.5},${i % 2}\n`).join('')}`,
  );
  for (const skipBroken of [false, true]) {
    await expect(csvSamples(file, { skipBroken })).rejects.toThrow(
      /open\.csv is broken at line 22: got Quote Not Closed/,
    );
  }
});

it('takes no word for missing where files have a null of their own, and no number that people write for a word', async () => {
  const file = async (name: string, lines: readonly string[]) => {
    await writeFile(join(scratch, name), lines.map((line) => `${line}\n`).join(''));
    return join(scratch, name);
  };
  const forty = Array.from({ length: 40 }, (_, i) => i);
  const levels = ['None', 'NA', 'n/a', 'low'];
  const json = await file(
    'null.jsonl',
    forty.map((i) => JSON.stringify({ a: i % 7 ? i * 1.5 : null, country: levels[i % 4], y: levels[(i >> 1) % 4] })),
  );
  const { train, test, preparation, notes } = await jsonLinesSamples(json);
  expect([train.length + test.length, train.classNames]).toEqual([40, ['NA', 'None', 'low', 'n/a']]);
  expect(preparation.columns[1].code).toMatchObject({
    kind: 'category',
    values: ['NA', 'None', 'low', 'n/a'],
    missing: false,
  });
  expect(notes.join()).toMatch(/column a is missing in/);
  for (const [name, text] of Object.entries({
    comma: (i: number) => `"${i},5"`,
    thousands: (i: number) => `"10,${100 + i}.90"`,
    share: (i: number) => `${i} %`,
    price: (i: number) => `$${i}.50`,
    minus: (i: number) => `\u2212${i}`,
    loss: (i: number) => `(${i}.00)`,
  })) {
    const rows = forty.map((i) => `${text(i)},${i % 2}`);
    const csv = await file(`${name}.csv`, ['income,y', ...rows]);
    await expect(csvSamples(csv), name).rejects.toThrow(
      /it is not clear what column income is: got numbers as people write them, such as/,
    );
    await expect(csvSamples(csv, { target: 'income' }), name).rejects.toThrow(
      /it is not clear what the target income is: got numbers as people/,
    );
    expect((await csvSamples(csv, { as: { income: 'category' } })).preparation.columns[0].code.kind).toBe('category');
  }
  const words = await file('each.csv', ['a,y', ...forty.map((i) => `${i * 1.5},word${i}`)]);
  await expect(csvSamples(words)).rejects.toThrow(/the target y has no classes: got another text in every row/);
  const dates = await file('dates.csv', [
    'day,y',
    ...forty.map((i) => `2020-02-${String((i % 30) + 1).padStart(2, '0')},${i % 2}`),
  ]);
  await expect(csvSamples(dates)).rejects.toThrow(
    /column day is: got 3[0-9] dates and others, first '2020-02-30' in dates\.csv, line 31/,
  );
  const [folder, parquet] = [join(scratch, 'two'), at('people.parquet')];
  await mkdir(folder);
  for (const name of ['one', 'two']) await copyFile(parquet, join(folder, `${name}.parquet`));
  await expect(csvSamples(folder)).rejects.toThrow(/is not csv: got parquet/);
});
