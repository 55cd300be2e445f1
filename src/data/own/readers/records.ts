import { fault } from '../../../errors.ts';
import { cellOf } from '../cell.ts';
import { type Broken, columnNames, type Row, type Table } from '../table.ts';

/** One object of a file, and where it stands. */
export interface FieldsOfRow {
  readonly fields: ReadonlyMap<string, unknown>;
  readonly place: string;
}

/** Objects that are looked at for the names of columns; a name that comes later is an error and not left out. */
const LOOKED_AT = 1000;

/**
 * A table of objects whose names are the columns; one that an object lacks is missing.
 * @param objects reads them from the first on; without `broken` it passes over what it cannot read.
 */
export async function recordsTable(
  file: string,
  objects: (broken: Broken | undefined) => AsyncIterable<FieldsOfRow>,
): Promise<Table> {
  const names = new Map<string, number>();
  let seen = 0;
  for await (const { fields } of objects(undefined)) {
    for (const name of fields.keys()) if (!names.has(name)) names.set(name, names.size);
    if (++seen === LOOKED_AT) break;
  }
  if (names.size === 0) throw fault({ wrong: `${file} has no rows`, expected: 'one or more' });
  const columns = columnNames([...names.keys()], file);
  return {
    name: file,
    columns,
    async *rows(broken): AsyncGenerator<Row> {
      for await (const { fields, place } of objects(broken)) {
        const cells = new Array(columns.length).fill(undefined);
        try {
          for (const [name, value] of fields) {
            const at = names.get(name);
            if (at === undefined) throw new Error(`the name ${name}, which none of the first ${LOOKED_AT} rows has`);
            cells[at] = cellOf(value, name);
          }
        } catch (error) {
          broken.report(place, (error as Error).message);
          continue;
        }
        yield { cells, place };
      }
    },
  };
}

/** Objects within objects are no deeper. */
const DEEPEST = 64;

/**
 * An object's values by their names; those of an object within it as `outer.inner`.
 * @throws Error where it is too deep, or two values have one name.
 */
export function fieldsOf(value: object): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  const visit = (part: object, before: string, depth: number) => {
    if (depth > DEEPEST) throw new Error(`objects within objects, deeper than ${DEEPEST}`);
    for (const [name, inner] of Object.entries(part)) {
      const whole = `${before}${name}`;
      if (isPlain(inner)) visit(inner, `${whole}.`, depth + 1);
      else if (fields.has(whole)) throw new Error(`two values named ${whole}`);
      else fields.set(whole, inner);
    }
  };
  visit(value, '', 0);
  return fields;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Date);
}
