import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { fault } from '../../../errors.ts';
import { least } from '../../../extent.ts';
import { counted } from '../../../plural.ts';
import { ofText } from '../cell.ts';
import type { TablePreparation } from '../preparation.ts';
import { Broken, columnNames, type Row, type Table } from '../table.ts';
import { placeName } from '../unnamed.ts';
import { headerOf, LOOKED_AT } from './header.ts';
import { textChunks } from './text.ts';

export interface CsvOptions {
  /** What stands between two cells. Default: the one of `,` `;` tab and `|` that the first lines have in common. */
  readonly delimiter?: string;
  /** Whether the first line has the names. Default: what {@link headerOf} finds. */
  readonly header?: boolean;
  /** Whether broken lines are left out. */
  readonly skipBroken?: boolean;
  /** Of data that is prepared as other was: a first line that has all of its names has the names. */
  readonly preparation?: Pick<TablePreparation, 'columns'>;
}

/** Cells that are looked at for whether the first line has the names. */
const MOST_CELLS = 2 ** 20;
/** Characters of one line; a quote that is never closed would otherwise take the whole file as one cell. */
const LONGEST = 2 ** 24;

/**
 * A file of comma-separated values (RFC 4180), tab-separated ones or what spreadsheets write, packed by gzip or not.
 * Cells stay text: what a column holds is found out over all of its rows.
 *
 * @throws UnequalError where it is no such file; from `rows`, for a line with another number of cells.
 */
export async function csvTable(
  file: string,
  { delimiter, header, skipBroken, preparation }: CsvOptions = {},
): Promise<Table> {
  const name = basename(file);
  const chosen = delimiter ?? (await delimiterOf(file));
  const start: (readonly string[])[] = [];
  const looking = new Broken(skipBroken);
  try {
    for await (const { cells } of records(file, chosen, looking))
      if (start.push(cells) > Math.min(LOOKED_AT, MOST_CELLS / cells.length)) break;
  } catch (error) {
    // What is wrong below is told when the rows are read.
    if (start.length === 0) throw error;
  }
  const wrong = looking.skipped.get(`${name}, line 1`);
  if (wrong !== undefined) {
    throw fault({ wrong: `${file} is broken at line 1`, got: wrong, mend: 'mend it: it says what the columns are' });
  }
  const [first] = start;
  if (first === undefined)
    throw fault({ wrong: `${file} is empty`, expected: 'a line of column names and rows below' });
  const known = preparation?.columns.every((column) => first.some((cell) => cell.trim() === column.name)) || undefined;
  const { named, why = undefined } =
    header !== undefined ? { named: header } : known ? { named: true } : headerOf(first, start.slice(1));
  const columns = named ? columnNames(first, file) : first.map((_, k) => placeName(k));
  const notes: string[] = [];
  if (delimiter === undefined && chosen !== ',' && !(chosen === '\t' && /\.tsv(\.gz)?$/i.test(file))) {
    notes.push(`cells of ${name} stand between ${chosen === '\t' ? 'tabs' : chosen}`);
  }
  if (named && why)
    notes.push(`the first line of ${name} has the names, as ${why} (--no-header says that it has none)`);
  if (!named) {
    const because = why === undefined ? '' : `, as ${why} (--header says that it has one)`;
    notes.push(`${name} has no line of names${because}: its columns are called column 1 to column ${columns.length}`);
  }
  return {
    name: file,
    columns,
    unnamed: !named,
    notes,
    async *rows(broken): AsyncGenerator<Row> {
      let isFirst = named;
      for await (const { cells, line } of records(file, chosen, broken)) {
        if (isFirst) {
          isFirst = false;
          continue;
        }
        const place = `${name}, line ${line}`;
        if (cells.length === columns.length) yield { cells: cells.map(ofText), place };
        else broken.report(place, `${counted(cells.length, 'cell')}, not ${columns.length}`);
      }
    },
  };
}

export interface CsvRecord {
  readonly cells: readonly string[];
  /** The line it begins in, from 1. */
  readonly line: number;
}

/** A first line that is no row: it tells Excel, and whoever reads on, what stands between two cells. */
const MARK = /^"?sep=([^\r\n])"?(?:\r\n|[\r\n]|$)/i;

/** The records of a CSV file, one after the other, without a first line `sep=,`. @throws UnequalError that names the line. */
export async function* records(file: string, delimiter: string, broken?: Broken): AsyncGenerator<CsvRecord> {
  const { CsvError, parse } = await import('csv-parse');
  // The line that the last whole record ended in; those that wait to be read are lost with an error.
  let ended = 0;
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: broken?.skip ?? false,
    max_record_size: LONGEST,
    // Found out of the first line alone, another end of a line further down would be a part of a cell.
    record_delimiter: ['\r\n', '\n', '\r'],
    // In a tab-separated file a quote within a cell is a quote.
    relax_quotes: delimiter === '\t',
    on_record: (record, { lines }) => {
      ended = lines;
      return record;
    },
  });
  // A quote that is not closed takes what is left of the file with it, which is no row to be skipped.
  let endless: InstanceType<typeof CsvError> | undefined;
  parser.on('skip', (error: InstanceType<typeof CsvError> & { lines?: number }) => {
    if (NEVER_CLOSED.has(error.code)) endless ??= error;
    else broken?.report(`${basename(file)}, line ${error.lines ?? '?'}`, error.message);
  });
  const source = Readable.from(textChunks(file));
  source.on('error', (error) => parser.destroy(error));
  let line = 1;
  let width: number | undefined;
  try {
    for await (const { record, info } of source.pipe(parser)) {
      const cells = record as string[];
      const isMark = line === 1 && MARK.test(cells.join(delimiter));
      if (!isMark) {
        width ??= cells.length;
        if (delimiter === '\t') for (const cell of cells) checkOneCell(cell, width, `${file}, line ${line}`);
        yield { cells, line };
      }
      line = (info as { lines: number }).lines + 1;
    }
    if (endless) throw endless;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const isOpen = endless !== undefined || NEVER_CLOSED.has(cause.code);
    const at = isOpen ? ended + 1 : ((cause as { lines?: number }).lines ?? ended + 1);
    const other = await delimiterOf(file);
    const fits =
      other === delimiter ? '' : `, or ${nameOf(other)} for --delimiter (delimiter), which the first lines have`;
    throw fault({
      wrong: `${file} is broken at line ${at}`,
      got: `${cause.message.replace(/ at line \d+/, '')}, where ${nameOf(delimiter)} stands between cells`,
      expected: 'quotes that are closed, and doubled within a quoted cell',
      mend: endless
        ? 'mend it: the lines below it cannot be told apart'
        : `mend it, or give --skip-broken (skipBroken: true)${fits}`,
      cause,
    });
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** Errors of a quote that takes what is left of the file with it. */
const NEVER_CLOSED: ReadonlySet<string> = new Set(['CSV_QUOTE_NOT_CLOSED', 'CSV_MAX_RECORD_SIZE']);

const nameOf = (delimiter: string): string => (delimiter === '\t' ? 'a tab' : `'${delimiter}'`);

/** @throws UnequalError for a cell that holds whole rows: its quote and one some lines below it are letters of the text. */
function checkOneCell(cell: string, width: number, place: string): void {
  const breaks = cell.match(/\r\n|[\r\n]/g)?.length ?? 0;
  if (breaks === 0 || width < 2 || cell.split('\t').length - 1 !== breaks * (width - 1)) return;
  throw fault({
    wrong: `${place} has a quote that opens a cell of several rows`,
    got: `${counted(breaks, 'line')} and their tabs within the cell`,
    expected: 'no quote at the beginning of a cell, or one that ends it',
    mend: `take the quotes out, which no cell needs where none has a tab: tr -d '"' < FILE > NEW`,
  });
}

/** A comma that is no decimal one. */
const PLAIN_COMMA = /(?<!\d),|,(?!\d)/;

/** The separator that the file says, or whose number is the same, and largest, in the first lines. */
async function delimiterOf(file: string): Promise<string> {
  let text = '';
  for await (const chunk of textChunks(file)) {
    text += chunk;
    if (text.length > 2 ** 16) break;
  }
  const [, said] = MARK.exec(text) ?? [];
  if (said !== undefined) return said;
  if (/\.tsv(\.gz)?$/i.test(file)) return '\t';
  const lines = text
    .replace(/"[^"]*"/g, '')
    .split(/\r\n|[\r\n]/)
    .slice(0, -1)
    .filter((line) => line !== '')
    .slice(0, 20);
  if (lines.length === 0) lines.push(text);
  const counts = [';', '\t', '|', ','].map((one) => {
    const each = lines.map((line) => line.split(one).length - 1);
    return { one, count: each.every((count) => count === each[0]) ? each[0] : least(each) / 1000 };
  });
  // Where another stands in every line, commas between digits alone are decimal ones, however many there are.
  const decimal = counts.some(({ one, count }) => one !== ',' && count >= 1) && !lines.some((l) => PLAIN_COMMA.test(l));
  const able = decimal ? counts.slice(0, -1) : counts;
  const best = able.reduce((best, next) => (next.count > best.count ? next : best));
  return best.count > 0 ? best.one : ',';
}
