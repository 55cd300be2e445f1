import { printable } from '../printable.ts';
import type { RunRecord } from '../report/record.ts';
import { summary } from '../report/summary.ts';
import { wrap } from './wrap.ts';

/** The end of a clause of its own: not within brackets, and not before what takes it back. */
const clauseEnd = /; (?!but )(?![^(]*\))/g;

/** What came of a run, on the terminal: a line for each sentence, and for each method where a sentence is of many. */
export function summaryText(record: RunRecord, room?: number): string {
  const many = record.methods.length > 3;
  return summary(record)
    .map(printable)
    .flatMap((sentence) => (many ? sentence.replace(clauseEnd, ';\n  ').split('\n') : [sentence]))
    .flatMap((line) => wrap(line, room))
    .map((line) => `${line}\n`)
    .join('');
}
