import { isMissing } from './cell.ts';
import { Counted } from './counted.ts';
import { encodeRow, placesOf, type TablePreparation, targetOf } from './preparation.ts';
import { RowStore } from './row-store.ts';
import type { Broken, Table } from './table.ts';

interface Encoding {
  /** One, or one to train on and one to test on. */
  readonly tables: readonly Table[];
  /** Places of the target columns. */
  readonly targets: readonly number[];
  /** A byte for each row of the first table that has a target. */
  readonly isTest: Uint8Array;
  readonly broken: Broken;
}

/** The rows of tables in their short form, and which of them are for what. */
export interface EncodedRows {
  readonly rows: RowStore;
  readonly targets: Uint16Array | Float32Array;
  readonly train: readonly number[];
  readonly test: readonly number[];
  /** The number of every row among all that were read, and how many these are. */
  readonly numbers: Uint32Array;
  readonly count: number;
  readonly notes: readonly string[];
}

/** Reads the rows that have a target, as the preparation says. */
export async function encodeRows(
  { tables, targets, isTest, broken }: Encoding,
  preparation: TablePreparation,
): Promise<EncodedRows> {
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

/** Classes that one of the parts has nothing of. */
export function classNotes({ train, test, targets }: EncodedRows, classNames: readonly string[]): string[] {
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
