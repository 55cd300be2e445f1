import { basename } from 'node:path';
import { fault } from '../../../errors.ts';
import type { Broken, Table } from '../table.ts';
import { type FieldsOfRow, fieldsOf, recordsTable } from './records.ts';
import { textChunks } from './text.ts';

/** Characters of one line. */
const LONGEST = 2 ** 26;

/**
 * JSON lines: one object a line. An object within an object makes a column for each of its values, `address.city`; a list
 * of numbers stays one column.
 *
 * @throws UnequalError where it is no such file; from `rows`, for a line that is no object.
 */
export function jsonLinesTable(file: string): Promise<Table> {
  return recordsTable(file, (broken) => objects(file, broken));
}

async function* objects(file: string, broken: Broken | undefined): AsyncGenerator<FieldsOfRow> {
  let line = 0;
  for await (const text of lines(file)) {
    line++;
    if (text.trim() === '') continue;
    const place = `${basename(file)}, line ${line}`;
    let fields: ReadonlyMap<string, unknown>;
    try {
      const value = parsed(text);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
      fields = fieldsOf(value);
    } catch (error) {
      if (line === 1 && text.trim().startsWith('[')) {
        throw fault({
          wrong: `${file} is one JSON list`,
          expected: 'one object a line',
          mend: 'turn it into lines: jq -c ".[]" FILE.json > FILE.jsonl',
        });
      }
      broken?.report(place, (error as Error).message);
      continue;
    }
    yield { fields, place };
  }
}

/** Strings, which are passed over, and numbers. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
/** What no JSON has within a string, unless by the name of the letter. */
const MARK = '\0';

/** The value of a line; whole numbers that float64 may not hold are bigints, as ids of 64 bits are. */
function parsed(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKENS, (token) =>
    /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token,
  );
  if (marked === text) return JSON.parse(text);
  if (text.includes('\\u0000')) throw new Error('a letter of number 0 beside a whole number of more than 53 bits');
  // Marks may stand within strings nowhere else, and JSON allows no such letter.
  return JSON.parse(marked.replaceAll(MARK, '\\u0000'), (_, value) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(1)) : value,
  );
}

async function* lines(file: string): AsyncGenerator<string> {
  // What has come of a line; put together once, so that a long one takes no longer than its length.
  let begun: string[] = [];
  let length = 0;
  for await (const chunk of textChunks(file)) {
    const [first, ...others] = chunk.split('\n');
    begun.push(first);
    length += first.length;
    if (length > LONGEST) {
      throw fault({ wrong: `${file} has a line that is too long`, expected: `at most ${LONGEST} characters` });
    }
    const last = others.pop();
    if (last === undefined) continue;
    yield begun.join('');
    yield* others;
    begun = [last];
    length = last.length;
  }
  if (length > 0) yield begun.join('');
}
