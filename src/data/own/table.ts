import { fault } from '../../errors.ts';
import type { Cell } from './cell.ts';
import { placesOf } from './preparation.ts';
import { placeName } from './unnamed.ts';

/** One row of a table, and where it stands for whoever has to mend it. */
export interface Row {
  readonly cells: readonly Cell[];
  /** `people.csv, line 17`. */
  readonly place: string;
}

/** Rows of named columns that are read from the first to the last, as often as asked; never held all at once. */
export interface Table {
  /** The file or the folder, for people. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Whether the file names none of its columns: they are called by their places. */
  readonly unnamed?: boolean;
  rows(broken: Broken): AsyncIterable<Row>;
  /** What has been taken for granted about the file: its separator, that it has no header. */
  readonly notes?: readonly string[];
}

/** What becomes of rows that cannot be read: an error, or a list of them for `--skip-broken`. */
export class Broken {
  /** Why, by the place of the row. */
  readonly skipped = new Map<string, string>();

  constructor(readonly skip = false) {}

  /** @throws UnequalError unless broken rows are skipped. */
  report(place: string, why: string): void {
    if (!this.skip) {
      throw fault({ wrong: `${place} is broken`, got: why, mend: 'mend it, or give --skip-broken (skipBroken: true)' });
    }
    this.skipped.set(place, why);
  }
}

/** Column names as they are used: none is empty, none comes twice. @throws UnequalError */
export function columnNames(names: readonly string[], file: string): string[] {
  if (names.length > MOST_COLUMNS) {
    throw fault({ wrong: `${file} has too many columns`, got: names.length, expected: `at most ${MOST_COLUMNS}` });
  }
  const all = names.map((name, k) => (name.trim() === '' ? placeName(k) : name.trim()));
  const seen = new Set<string>();
  for (const name of all) {
    if (seen.has(name)) {
      throw fault({ wrong: `${file} has two columns of one name`, got: name, mend: 'rename one of them' });
    }
    seen.add(name);
  }
  return all;
}

const MOST_COLUMNS = 20_000;

/** Tables of the same columns, one after the other. @throws UnequalError where their columns differ. */
export function joined(name: string, tables: readonly Table[]): Table {
  if (tables.length === 1) return tables[0];
  const [{ columns }] = tables;
  const orders = tables.map((table) => {
    const order = columns.map((column) => table.columns.indexOf(column));
    const missing = columns.find((_, k) => order[k] < 0) ?? table.columns.find((one) => !columns.includes(one));
    if (missing === undefined) return order;
    throw fault({
      wrong: `${tables[0].name} and ${table.name} have different columns`,
      got: `${missing} in one of them alone`,
      expected: 'the same columns in every file',
    });
  });
  return {
    name,
    columns,
    unnamed: tables[0].unnamed,
    notes: [...new Set(tables.flatMap(({ notes = [] }) => notes))],
    async *rows(broken) {
      for (const [k, table] of tables.entries()) {
        for await (const { cells, place } of table.rows(broken)) {
          yield { cells: orders[k].map((at) => cells[at]), place };
        }
      }
    },
  };
}

/** A table with its columns in the order of another. @throws UnequalError where one is missing. */
export function aligned(table: Table, like: Table): Table {
  const order = placesOf(like.columns, table.columns, table.name);
  return {
    name: table.name,
    columns: like.columns,
    async *rows(broken) {
      for await (const { cells, place } of table.rows(broken)) yield { cells: order.map((k) => cells[k]), place };
    },
  };
}
