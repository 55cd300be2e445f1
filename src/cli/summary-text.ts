import { printable } from '../printable.ts';
import type { RunRecord } from '../report/record.ts';
import { inLines, inOne } from '../report/sentence.ts';
import { sentences } from '../report/summary.ts';
import { wrap } from './wrap.ts';

/** What came of a run, on the terminal: a line for each sentence, and for each clause where there are many methods. */
export function summaryText(record: RunRecord, room?: number): string {
  const many = record.methods.length > 3;
  return sentences(record)
    .flatMap((sentence) => (many ? inLines(sentence) : [inOne(sentence)]))
    .map(printable)
    .flatMap((line) => wrap(line, room))
    .map((line) => `${line}\n`)
    .join('');
}
