import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { number, percent } from '../report/format.ts';
import { html } from '../report/html.ts';
import { page } from '../report/page.ts';
import { table } from '../report/table.ts';
import type { SweepRow } from '../sweep/sweep.ts';
import { folderOf } from '../sweep/sweep-job.ts';
import { type Output, roomOf } from './io.ts';
import { textTable } from './text-table.ts';

const titles = ['run', 'options', 'epochs', 'training loss', 'test loss', 'test error', 'state'];

function cells({ id, options, before, result, failed, dropped }: SweepRow): string[] {
  const words = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  const why = failed?.replace(/^run \d+ of the sweep failed: got /, '').slice(0, 80);
  const state = failed === undefined ? (dropped ? 'dropped' : result ? 'done' : 'waits') : `failed: ${why}`;
  const { epochs = 0, trainLoss, testLoss, testError } = result ?? before ?? {};
  return [`${id}`, words.join(', '), `${epochs}`, number(trainLoss), number(testLoss), percent(testError), state];
}

/** The runs of a sweep on the terminal. */
export const sweepText = (rows: readonly SweepRow[], out: Output): string =>
  textTable([titles, ...rows.map(cells)], [1, 6], roomOf(out));

/** One page that compares the runs, each with a link to its own report where that is in this folder. */
export function sweepReport(name: string, rows: readonly SweepRow[], folder: string, notes: readonly string[]): string {
  const isHere = (id: string) => existsSync(join(folderOf(folder, Number(id)), 'report.html'));
  const link = ([id]: string[]) => (isHere(id) ? html`<a href="run-${id}/report.html">${id}</a>` : id);
  const columns = titles.map((title, k) => ({
    title,
    kind: title === 'options' || title === 'state' ? ('text' as const) : undefined,
    cell: (row: string[]) => (k === 0 ? link(row) : row[k]),
  }));
  const elsewhere = rows.some(({ id, result }) => result !== undefined && !isHere(`${id}`));
  const said = elsewhere ? [...notes, 'A run without a link is in the folder of the worker that trained it.'] : notes;
  const body = html`${table(columns, rows.map(cells))}${said.map((note) => html`<p>${note}</p>`)}`;
  return page({ title: `Sweep ${name}`, body });
}
