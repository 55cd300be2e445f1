import { counted } from '../../plural.ts';
import { type Cell, isList, isMissing, textOf } from './cell.ts';
import type { Broken, Table } from './table.ts';

/** A row as it stands in its file. */
export interface FileRow {
  /** `people.csv, line 17`. */
  readonly place: string;
  /** What stands in each column, by its name. */
  readonly cells: readonly (readonly [column: string, text: string])[];
}

/** Reads the rows with these numbers once more; all rows of all tables are counted, from 0. */
export async function fileRows(
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
  return cell instanceof Uint8Array ? counted(cell.length, 'byte') : textOf(cell);
}
