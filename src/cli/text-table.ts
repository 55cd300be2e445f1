import { greatest } from '../extent.ts';
import { printable } from '../printable.ts';
import { explains } from '../report/explanations.ts';
import { count, duration, number, percent, shorten } from '../report/format.ts';
import type { ResultRow } from '../report/results.ts';
import { wrap } from './wrap.ts';

/** Letters that a column of words keeps, at least. */
const narrowest = 12;

/**
 * Columns of text, numbers to the right, the first and those named to the left.
 *
 * @param room letters of a line. Where it is too little, words are broken: those of the widest column first, never the
 * names of the first column, and of numbers their titles only.
 */
export function textTable(
  texts: readonly (readonly string[])[],
  left: readonly number[] = [],
  room = Number.POSITIVE_INFINITY,
): string {
  const rows = texts.map((row) => row.map(printable));
  const widths = widthsWithin(rows, left, room);
  const cell = (text: string, k: number) => {
    const fill = ' '.repeat(widths[k] - [...text].length);
    return k === 0 || left.includes(k) ? text + fill : fill + text;
  };
  const lines = rows.map((row) => {
    const cells = row.map((text, k) => wrap(text, widths[k]));
    const height = cells.reduce((most, { length }) => Math.max(most, length), 1);
    const line = (at: number) => cells.map((broken, k) => cell(broken[at] ?? '', k)).join('  ');
    return Array.from({ length: height }, (_, at) => line(at).trimEnd()).join('\n');
  });
  return `${[lines[0], widths.map((width) => '─'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')}\n`;
}

/** The widths of the columns, as wide as what is in them where there is room. */
function widthsWithin(rows: readonly string[][], left: readonly number[], room: number): number[] {
  const longest = (texts: readonly string[]) => texts.reduce((most, text) => Math.max(most, [...text].length), 0);
  const column = (k: number) => rows.map((row) => row[k]);
  const widths = rows[0].map((_, k) => longest(column(k)));
  const least = widths.map((width, k) => {
    const [title, ...body] = column(k);
    if (k === 0) return width;
    return Math.min(width, left.includes(k) ? narrowest : longest([...title.split(' '), ...body]));
  });
  const over = () => widths.reduce((sum, width) => sum + width + 2, -2) > room;
  while (over()) {
    const open = widths.map((width, k) => (width > least[k] ? width : 0));
    const widest = open.indexOf(greatest(open));
    if (open[widest] === 0) break;
    widths[widest] = left.includes(widest) ? widths[widest] - 1 : least[widest];
  }
  return widths;
}

/** The results of a run on the terminal. */
export function resultText(rows: readonly ResultRow[], room?: number): string {
  const relative = rows.some((row) => row.trainLossVsUniform !== undefined);
  const tested = rows.some((row) => row.testError !== undefined);
  const byLoss = !tested && rows.some((row) => row.testLoss !== undefined);
  const columns: ([string, (row: ResultRow) => string] | false)[] = [
    ['method', ({ method }) => method],
    tested && ['test error', ({ testError }) => percent(testError)],
    tested && relative && ['÷ uniform', ({ testErrorVsUniform }) => number(testErrorVsUniform?.ratio)],
    byLoss && ['test loss', ({ testLoss }) => number(testLoss)],
    byLoss && relative && ['÷ uniform', ({ testLossVsUniform }) => number(testLossVsUniform?.ratio)],
    rows.some((row) => row.testRmse !== undefined) && ['test RMSE', ({ testRmse }) => number(testRmse)],
    ['training loss', ({ trainLoss }) => number(trainLoss)],
    relative && ['÷ uniform', ({ trainLossVsUniform }) => number(trainLossVsUniform?.ratio)],
    ['steps', ({ steps }) => count(steps)],
    ['importance', ({ importanceShare }) => percent(importanceShare, 2)],
    [
      'switched on',
      ({ firstSwitch, failed, importanceShare }) => {
        if (failed !== undefined) return 'failed';
        return firstSwitch ? `after ${duration(firstSwitch.seconds)}` : importanceShare > 0 ? '–' : 'never';
      },
    ],
  ];
  const shown = columns.filter((column) => column !== false);
  const body = textTable(
    [shown.map(([title]) => title), ...rows.map((row) => shown.map(([, text]) => text(row)))],
    [],
    room,
  );
  const why = whyText(rows);
  return why === '' ? body : `${body}\n${why}`;
}

/** What went wrong, and what each method that decides anything says of itself. */
export function whyText(rows: readonly ResultRow[]): string {
  return rows
    .map((row) => {
      const { method, firstSwitch, failed, lostNumber, explanation } = row;
      if (failed !== undefined) return `${printable(`${method} failed: ${shorten(failed, 300)}`)}\n`;
      const lost = lostNumber === undefined ? '' : `${printable(`${method}: ${lostNumber}`)}\n`;
      if (explains(row))
        return `${lost}${printable(method)}\n${explanation?.map((line) => `  ${printable(line)}\n`).join('')}`;
      return firstSwitch
        ? `${lost}${printable(`${method} switched on after ${duration(firstSwitch.seconds)}: ${firstSwitch.why}`)}\n`
        : lost;
    })
    .join('');
}
