/** A person has the data: whatever names a sample names it by its place there, not in the shuffled part that was trained on. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunEvent } from '../../src/report/record.ts';
import { run } from './run.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-places-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const eventsOf = async (out: string): Promise<RunEvent[]> =>
  (await readFile(join(out, 'metrics.ndjson'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

it('names likely wrong labels by their row, in the record, the report and what explains the run', async () => {
  // Every 23rd row has the other label.
  const isWrong = (row: number) => row % 23 === 0;
  const rows = Array.from(
    { length: 200 },
    (_, i) => `${(i % 2) * 3 + (i % 7) / 10},${(i % 2 === 1) !== isWrong(i) ? 'dog' : 'cat'}`,
  );
  const [data, out] = [join(scratch, 'pets.csv'), join(scratch, 'pets')];
  await writeFile(data, `a,kind\n${rows.join('\n')}\n`);
  const args = [
    '--data',
    data,
    '--target',
    'kind',
    '--epochs',
    '40',
    '--learning-rate',
    '0.01',
    '--option',
    'start=always',
  ];
  const trained = await run(['train', ...args, '--out', out, '--quiet', '--json']);
  expect([trained.code, trained.err]).toEqual([0, '']);
  const events = await eventsOf(out);
  const result = events.find((event) => event.type === 'result');
  const suspects = result?.samples?.suspects ?? [];
  expect(suspects.length).toBeGreaterThan(3);
  for (const { index, label, suggested } of suspects) {
    expect([index, isWrong(index), label]).toEqual([index, true, rows[index].split(',')[1]]);
    expect(suggested).not.toBe(label);
  }
  for (const { index, label } of result?.samples?.drawn ?? []) expect(label).toBe(rows[index].split(',')[1]);
  // Those drawn most often are the same wherever they stand.
  const drawn = new Map(result?.samples?.drawn.map(({ index, times }) => [index, times]));
  const picked = events.filter((event) => event.type === 'picked').at(-1)?.picked ?? [];
  expect(picked.map(({ index }) => drawn.get(index))).toEqual(picked.map(({ times }) => times));
  const { document } = parseHTML(await readFile(join(out, 'report.html'), 'utf8'));
  const tables = [...document.querySelectorAll('table')].filter(({ textContent }) =>
    /The model says/.test(textContent),
  );
  const named = tables.map((table) =>
    [...table.querySelectorAll('tbody tr')].map((row) => parseInt(row.textContent, 10)),
  );
  expect(named).toEqual([suspects.map(({ index }) => index)]);
  const stubborn = /drawn less for it: ([\d, ]+)/.exec(result?.explanation?.join('\n') ?? '')?.[1].split(', ') ?? [];
  expect(stubborn.length).toBeGreaterThan(0);
  for (const row of stubborn) expect(isWrong(Number(row))).toBe(true);
}, 120_000);

it.each(['train', 'race'])(
  'an error of unequal %s names the rows that were trained on',
  async (command) => {
    const rows = Array.from({ length: 100 }, (_, i) => `${(i % 5) / 5},${i % 2 === 0 ? 'a' : 'b'}`);
    const [data, out] = [join(scratch, `${command}.csv`), join(scratch, command)];
    await writeFile(data, `x,kind\n${rows.join('\n')}\n`);
    const args = [
      '--data',
      data,
      '--target',
      'kind',
      '--batch-size',
      '80',
      '--learning-rate',
      '1e38',
      '--seconds',
      '2',
    ];
    const how = command === 'race' ? ['--methods', 'uniform'] : ['--method', 'uniform', '--optimizer', 'sgd'];
    await run([command, ...args, ...how, '--out', out, '--quiet']);
    const failed = (await eventsOf(out)).find((event) => event.type === 'result')?.failed ?? '';
    const named = /samples ([\d, ]+)/.exec(failed)?.[1].split(', ').map(Number) ?? [];
    // A batch is all of the training part: four fifths of the rows, and not the first 80 ones.
    expect(new Set(named).size).toBe(80);
    expect(named.filter((row) => row >= 80 && row < 100).length).toBeGreaterThan(5);
  },
  120_000,
);
