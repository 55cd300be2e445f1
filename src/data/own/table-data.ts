import { fault } from '../../errors.ts';
import { unknownName } from '../../nearest.ts';
import { permutation } from '../indices.ts';
import { type Cell, isList, isMissing, numberOf, textOf } from './cell.ts';
import { MOST_INPUTS } from './check-preparation.ts';
import type { Fitter } from './codings/coding.ts';
import { type Code, codingOf, type Kind, widthOf } from './codings/index.ts';
import { Moments } from './codings/moments.ts';
import { Counted } from './counted.ts';
import { classesOf, kindOf, regressionTarget, targetColumns, taskOf } from './guess.ts';
import type { OwnDataOptions } from './options.ts';
import { pictureShape, withPictures } from './pictures.ts';
import { encodeRow, placesOf, type TablePreparation, type Target, targetOf } from './preparation.ts';
import { ColumnProfile } from './profile.ts';
import { RowStore } from './row-store.ts';
import { Broken, type Row, type Table } from './table.ts';
import { type FileRow, PictureTableSamples, TableSamples } from './table-samples.ts';

/** A table as samples, how it was prepared, and what there is to be said of it. */
export interface TableData {
  readonly train: TableSamples;
  readonly test: TableSamples;
  readonly preparation: TablePreparation;
  /** What was guessed, left out or missing, a line for each. */
  readonly notes: readonly string[];
  /** Rows that could not be read, with `skipBroken`. */
  readonly skipped: readonly string[];
}

/** Reads tables three times: what the columns are; what the codings need, of the training rows; the rows themselves. */
export async function tableData(
  source: { readonly train: Table; readonly test?: Table },
  options: OwnDataOptions = {},
): Promise<TableData> {
  const picture = await pictureShape(source.train, options);
  const table = withPictures(source.train, picture);
  const testTable = source.test && withPictures(source.test, picture);
  const broken = new Broken(options.skipBroken);
  const notes = [...(table.notes ?? [])];
  const names = targetColumns(table.columns, options, table.name, notes);
  for (const name of Object.keys(options.as ?? {})) {
    if (!table.columns.includes(name)) throw unknownName(`column of ${table.name}`, name, table.columns);
  }
  const at = placesOf(names, table.columns, table.name);
  const profiles = table.columns.map((name) => new ColumnProfile(name));
  const counts = { train: 0, test: 0, without: 0 };
  const tables = testTable === undefined ? [table] : [table, aligned(testTable, table)];
  for (const [part, one] of tables.entries()) {
    for await (const row of one.rows(broken)) {
      for (const [k, profile] of profiles.entries()) profile.see(row.cells[k], row);
      if (at.some((k) => isMissing(row.cells[k]))) counts.without++;
      else counts[part === 0 ? 'train' : 'test']++;
    }
  }
  const task = taskOf(
    at.map((k) => profiles[k]),
    options,
    notes,
  );
  const classNames = task === 'classification' ? classesOf(profiles[at[0]]) : undefined;
  const isTest = splitOf(counts, testTable !== undefined, options, table.name);
  const fitted = await fit(table, profiles, at, isTest.rows, broken, options, notes);
  const target: Target =
    classNames === undefined ? regressionTarget(names, fitted.moments) : { columns: names, task, classNames };
  const preparation: TablePreparation = {
    format: 'table',
    version: 1,
    columns: fitted.columns,
    target,
    inputShape: inputShapeOf(fitted.columns.map(({ code }) => code)),
    ...(picture && { picture }),
  };
  const encoded = await encode(tables, at, preparation, isTest.rows, broken);
  for (const note of [...columnNotes(fitted.columns), ...encoded.notes]) notes.push(note);
  if (counts.without > 0) notes.push(`${counts.without} rows without the target were left out`);
  notes.push(isTest.note);
  const skipped = [...broken.skipped].map(([place, why]) => `${place}: ${why}`);
  if (classNames !== undefined) for (const note of classNotes(encoded, classNames)) notes.push(note);
  const [, , channels] = preparation.inputShape;
  const onlyPicture = fitted.columns.length === 1 && fitted.columns[0].code.kind === 'picture';
  const Samples = onlyPicture && (channels === 1 || channels === 3) ? PictureTableSamples : TableSamples;
  const { rows, targets } = encoded;
  const { numbers, count } = encoded;
  const reread = (wanted: ReadonlySet<number>) => fileRows(tables, wanted, new Broken(options.skipBroken));
  const make = (places: readonly number[]) =>
    new Samples({ name: table.name, preparation, rows, targets, at: Uint32Array.from(places), numbers, count, reread });
  return { train: make(encoded.train), test: make(encoded.test), preparation, notes, skipped };
}

/** The test table with its columns in the order of the other. @throws UnequalError where one is missing. */
function aligned(table: Table, like: Table): Table {
  const order = placesOf(like.columns, table.columns, table.name);
  return {
    name: table.name,
    columns: like.columns,
    async *rows(broken) {
      for await (const { cells, place } of table.rows(broken)) yield { cells: order.map((k) => cells[k]), place };
    },
  };
}

/** Which of the rows that have a target are for the test: a byte for each row of the table. */
function splitOf(
  counts: { readonly train: number; readonly test: number },
  split: boolean,
  { seed = 1, testShare = 0.2 }: OwnDataOptions,
  name: string,
): { readonly rows: Uint8Array; readonly note: string } {
  if (split) {
    if (counts.train === 0 || counts.test === 0) {
      throw fault({ wrong: `one part of ${name} is empty`, got: `${counts.train} and ${counts.test} rows` });
    }
    return { rows: new Uint8Array(counts.train), note: `${counts.train} training and ${counts.test} test rows` };
  }
  const n = counts.train;
  const test = Math.round(testShare * n);
  if (test === 0 || test === n) {
    throw fault({ wrong: `${name} has too few rows to be split`, got: n, expected: 'a row or more in each part' });
  }
  const rows = new Uint8Array(n);
  for (const k of permutation(n, seed).subarray(0, test)) rows[k] = 1;
  return { rows, note: `${n - test} training and ${test} test rows, drawn with seed ${seed}` };
}

interface Fitted {
  readonly columns: TablePreparation['columns'];
  readonly moments: readonly Moments[];
}

/** Fits the codings of all columns but the target on the training rows alone. */
async function fit(
  table: Table,
  profiles: readonly ColumnProfile[],
  targets: readonly number[],
  isTest: Uint8Array,
  broken: Broken,
  { as = {}, textColumns = 2048, textLength = 128, vocabulary = 20_000 }: OwnDataOptions,
  notes: string[],
): Promise<Fitted> {
  const fitters: { readonly k: number; readonly name: string; readonly fitter: Fitter<Code> }[] = [];
  for (const [k, profile] of profiles.entries()) {
    if (targets.includes(k)) continue;
    const forced = Object.hasOwn(as, profile.name) ? as[profile.name] : undefined;
    const { kind, why } = kindOf(profile, forced);
    if (kind === 'ignore') notes.push(`column ${profile.name} is left out: ${why}`);
    else {
      const options = { textColumns, textLength, vocabulary };
      fitters.push({ k, name: profile.name, fitter: codingOf(kind as Kind).fit(options) });
    }
  }
  if (fitters.length === 0) {
    throw fault({ wrong: `${table.name} has nothing to predict the target from`, expected: 'another column' });
  }
  const moments = targets.map(() => new Moments());
  await forTargets(table, targets, broken, (row, at) => {
    if (isTest[at]) return;
    for (const { k, fitter } of fitters) fitter.see(row.cells[k]);
    for (const [t, k] of targets.entries()) moments[t].add(numberOf(row.cells[k]) ?? 0);
  });
  const columns = fitters.map(({ name, fitter }) => ({ name, code: fitter.done() }));
  for (const { name, code } of columns) if ('std' in code) checkScale(name, [code.mean, code.std].flat());
  for (const [t, { mean, std }] of moments.entries()) checkScale(profiles[targets[t]].name, [mean, std]);
  return { columns, moments };
}

/** @throws UnequalError where the squares of a column's numbers are larger than a double holds. */
function checkScale(column: string, scale: readonly number[]): void {
  if (scale.every(Number.isFinite)) return;
  throw fault({
    wrong: `column ${column} cannot be scaled`,
    got: 'numbers whose deviation is larger than 1e308',
    expected: 'numbers of at most about 1e150',
    mend: 'mend them, or leave the column out with --as NAME=ignore (as)',
  });
}

/** Calls `see` for every row that has a target. */
async function forTargets(
  table: Table,
  targets: readonly number[],
  broken: Broken,
  see: (row: Row, at: number) => void,
): Promise<void> {
  let at = 0;
  for await (const row of table.rows(broken)) {
    if (!targets.some((k) => isMissing(row.cells[k]))) see(row, at++);
  }
}

/** One column keeps its shape; several are laid side by side. */
function inputShapeOf(codes: readonly Code[]): readonly number[] {
  const [first] = codes;
  if (codes.length === 1 && (first.kind === 'list' || first.kind === 'picture')) return first.shape;
  const width = codes.reduce((sum, code) => sum + widthOf(code), 0);
  if (codes.length > 1 && codes.some(({ kind }) => kind === 'tokens')) {
    throw fault({
      wrong: 'tokens cannot stand beside other columns',
      got: codes.map(({ kind }) => kind),
      mend: 'leave the others out with --as NAME=ignore, or take text instead of tokens (as)',
    });
  }
  if (width > MOST_INPUTS || width === 0) {
    throw fault({ wrong: 'a row makes too many inputs, or none', got: width, expected: `1 to ${MOST_INPUTS}` });
  }
  return [width];
}

interface Encoded {
  readonly rows: RowStore;
  readonly targets: Uint16Array | Float32Array;
  readonly train: readonly number[];
  readonly test: readonly number[];
  /** The number of every row among all that were read, and how many these are. */
  readonly numbers: Uint32Array;
  readonly count: number;
  readonly notes: readonly string[];
}

async function encode(
  tables: readonly Table[],
  targets: readonly number[],
  preparation: TablePreparation,
  isTest: Uint8Array,
  broken: Broken,
): Promise<Encoded> {
  const rows = new RowStore();
  const values: number[] = [];
  const [train, test, numbers]: number[][] = [[], [], []];
  let count = 0;
  const counted = new Counted();
  const { columns, target } = preparation;
  for (const [part, table] of tables.entries()) {
    const at = placesOf(
      columns.map(({ name }) => name),
      table.columns,
      table.name,
    );
    let k = 0;
    for await (const row of table.rows(broken)) {
      const number = count++;
      const cells = targets.map((column) => row.cells[column]);
      if (cells.some(isMissing)) continue;
      const forTest = part === 1 || isTest[k++] === 1;
      try {
        const value = targetOf(target, cells);
        if (value === undefined) continue;
        const short = encodeRow(preparation, at, row, (column) => counted.of(column));
        (forTest ? test : train).push(rows.length);
        rows.append(short);
        numbers.push(number);
        for (const one of value) values.push(one);
      } catch (error) {
        broken.report(row.place, (error as Error).message);
      }
    }
  }
  const own = target.task === 'classification' ? Uint16Array.from(values) : Float32Array.from(values);
  return { rows, targets: own, train, test, numbers: Uint32Array.from(numbers), count, notes: counted.notes() };
}

/** The rows with these numbers, counted as `encode` counts them. */
async function fileRows(
  tables: readonly Table[],
  wanted: ReadonlySet<number>,
  broken: Broken,
): Promise<Map<number, FileRow>> {
  const found = new Map<number, FileRow>();
  let number = 0;
  for (const table of tables) {
    for await (const { cells, place } of table.rows(broken)) {
      if (wanted.has(number)) {
        found.set(number, { place, cells: table.columns.map((column, k) => [column, shownText(cells[k])]) });
      }
      number++;
      if (found.size === wanted.size) return found;
    }
  }
  return found;
}

/** A cell for people; lists and bytes are told by their size. */
function shownText(cell: Cell): string {
  if (isMissing(cell)) return '';
  if (isList(cell)) return `${cell.shape.join(' × ')} numbers`;
  return cell instanceof Uint8Array ? `${cell.length} bytes` : textOf(cell);
}

function columnNotes(columns: TablePreparation['columns']): string[] {
  const shown = columns.slice(0, 30).map(({ name, code }) => {
    if (code.kind === 'category') return `${name} (category of ${code.values.length})`;
    return code.kind === 'list' || code.kind === 'picture'
      ? `${name} (${code.kind} of ${code.shape.join(' × ')})`
      : `${name} (${code.kind})`;
  });
  return [`inputs: ${shown.join(', ')}${columns.length > 30 ? `, … ${columns.length} in all` : ''}`];
}

/** Classes that one of the parts has nothing of. */
function classNotes({ train, test, targets }: Encoded, classNames: readonly string[]): string[] {
  const lacking = (rows: readonly number[]) => {
    const found = new Set(rows.map((k) => targets[k]));
    return classNames.filter((_, label) => !found.has(label));
  };
  return (
    [
      ['training', train],
      ['test', test],
    ] as const
  ).flatMap(([part, rows]) => {
    const none = lacking(rows);
    return none.length === 0 ? [] : [`no ${part} row is of class ${none.slice(0, 5).join(', ')}`];
  });
}
