import { capital, count, duration, number, percent, shorten } from './format.ts';
import { type Content, type Html, html, raw } from './html.ts';
import type { HeldOut } from './judged-by.ts';
import { lineSample } from './line-sample.ts';
import type { Comparison } from './noise.ts';
import type { Ink } from './palette.ts';
import type { ResultRow } from './results.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly title: Content;
  /** Words go to the left, code in small letters, numbers to the right. */
  readonly kind?: 'text' | 'code';
  readonly cell: (row: Row) => Content;
}

/**
 * A table; the first column heads the rows. Where it is too wide for a narrow screen, each row becomes a list with the
 * titles of its cells; elsewhere it scrolls in its own box.
 *
 * @example
 * ```ts
 * const rows = table([{ title: 'n', cell: (n: number) => n }], [1, 2]);
 * ```
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  {
    sortable = false,
  }: {
    /** Whether a click on a title sorts the rows. */
    readonly sortable?: boolean;
  } = {},
): Html {
  const [head, ...rest] = columns;
  return html`<div class="scroll"><table class="rows${sortable && ' sortable'}">
<thead><tr>${columns.map(({ title, kind }) => html`<th scope="col" class="${kind ?? 'number'}">${title}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`
<tr><th scope="row">${head.cell(row)}</th>${rest.map(({ title, cell, kind }) => html`<td class="${kind ?? 'number'}" data-title="${plain(title)}">${cell(row)}</td>`)}</tr>`,
  )}
</tbody></table></div>`;
}

/** The words of a title. */
function plain(title: Content): Html {
  return raw(html`${title}`.text.replace(/<[^>]*>/g, ''));
}

/** How far each method came, beside uniform. */
export function resultTable(
  rows: readonly ResultRow[],
  inks: ReadonlyMap<string, Ink>,
  heldOut: HeldOut = 'test',
): Html {
  const title = capital(heldOut);
  const relative = rows.some((row) => row.trainLossVsUniform !== undefined);
  const tested = rows.some((row) => row.testError !== undefined);
  // What is judged by where there is no test error.
  const byLoss = !tested && rows.some((row) => row.testLoss !== undefined);
  return table(
    [
      nameColumn(inks),
      tested && { title: `${title} error`, cell: ({ testError }: ResultRow) => percent(testError) },
      tested &&
        relative && { title: '÷\u00a0uniform', cell: ({ testErrorVsUniform }: ResultRow) => ratio(testErrorVsUniform) },
      byLoss && { title: `${title} loss`, cell: ({ testLoss }: ResultRow) => number(testLoss) },
      byLoss &&
        relative && { title: '÷\u00a0uniform', cell: ({ testLossVsUniform }: ResultRow) => ratio(testLossVsUniform) },
      rows.some((row) => row.testRmse !== undefined) && {
        title: `${title} RMSE`,
        cell: ({ testRmse }: ResultRow) => number(testRmse),
      },
      { title: 'Training loss', cell: ({ trainLoss }: ResultRow) => number(trainLoss) },
      relative && { title: '÷\u00a0uniform', cell: ({ trainLossVsUniform }: ResultRow) => ratio(trainLossVsUniform) },
      { title: 'Seconds', cell: ({ seconds }: ResultRow) => number(seconds) },
      { title: 'Epochs', cell: ({ epochs }: ResultRow) => number(epochs) },
      { title: 'Steps', cell: ({ steps }: ResultRow) => count(steps) },
    ].filter((column) => column !== false),
    rows,
  );
}

/** What each method did to come there. */
export function workTable(rows: readonly ResultRow[], inks: ReadonlyMap<string, Ink>): Html {
  return table<ResultRow>(
    [
      nameColumn(inks),
      { title: 'Importance steps', cell: ({ importanceShare }) => percent(importanceShare, 2) },
      { title: 'Samples forward', cell: ({ forward }) => count(forward) },
      { title: 'Samples backward', cell: ({ backward }) => count(backward) },
      { title: 'Importance sampling first switched on', kind: 'text', cell: switchedOn },
    ],
    rows,
  );
}

function switchedOn({ firstSwitch, failed, lostNumber, importanceShare }: ResultRow): Content {
  if (failed !== undefined) return html`<span class="failed">failed: ${shorten(failed, 240)}</span>`;
  if (lostNumber !== undefined) return html`<span class="failed">${lostNumber}</span>`;
  if (firstSwitch === undefined) return importanceShare > 0 ? '–' : 'never';
  const { seconds, why } = firstSwitch;
  return `after ${duration(seconds)}${why === '' ? '' : `: ${why}`}`;
}

function nameColumn(inks: ReadonlyMap<string, Ink>): Column<ResultRow> {
  return { title: 'Method', cell: ({ method }) => html`${lineSample(inks.get(method) as Ink)}${method}` };
}

function ratio(comparison: Comparison | undefined): Content {
  if (comparison === undefined) return '–';
  const text = number(comparison.ratio);
  if (comparison.verdict === 'worse') return `↑ ${text}`;
  return comparison.verdict === 'better' ? html`<span class="better">${text}</span>` : text;
}
