import { printable } from '../printable.ts';
import { explains } from '../report/explanations.ts';
import { count, duration, number, percent, shorten } from '../report/format.ts';
import type { ResultRow } from '../report/results.ts';

/** Columns of text, numbers to the right, the first and those named to the left. */
export function textTable(texts: readonly (readonly string[])[], left: readonly number[] = []): string {
  const rows = texts.map((row) => row.map(printable));
  const widths = rows[0].map((_, k) => rows.reduce((most, row) => Math.max(most, [...row[k]].length), 0));
  const cell = (text: string, k: number) => {
    const fill = ' '.repeat(widths[k] - [...text].length);
    return k === 0 || left.includes(k) ? text + fill : fill + text;
  };
  const lines = rows.map((row) => row.map(cell).join('  ').trimEnd());
  return `${[lines[0], widths.map((width) => '─'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')}\n`;
}

/** The results of a run on the terminal. */
export function resultText(rows: readonly ResultRow[]): string {
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
      ({ firstSwitch, failed, tau }) => {
        if (failed !== undefined) return 'failed';
        return firstSwitch ? `after ${duration(firstSwitch.seconds)}` : tau === undefined ? '–' : 'never';
      },
    ],
  ];
  const shown = columns.filter((column) => column !== false);
  const body = textTable([shown.map(([title]) => title), ...rows.map((row) => shown.map(([, text]) => text(row)))]);
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
