import { fault } from '../../errors.ts';
import type { TablePreparation } from './preparation.ts';
import type { Table } from './table.ts';

/**
 * A table whose columns are known by their places alone, with the places that they had in the training: data that is to be
 * predicted may lack the targets, wherever these stood.
 * @throws UnequalError for another number of columns: it cannot be known which one is missing.
 */
export function placedAs(
  table: Table,
  { unnamed, target }: { readonly unnamed?: number; readonly target: Pick<TablePreparation['target'], 'columns'> },
): Table {
  if (unnamed === undefined || !table.unnamed || table.columns.length === unnamed) return table;
  const all = Array.from({ length: unnamed }, (_, k) => placeName(k));
  const inputs = all.filter((name) => !target.columns.includes(name));
  if (table.columns.length === inputs.length) return { ...table, columns: inputs };
  throw fault({
    wrong: `${table.name} has another number of columns than the training data, and they have no names`,
    got: table.columns.length,
    expected: `${unnamed}, or ${inputs.length} without ${target.columns.join(', ')}, the target`,
    mend: 'give all columns in the order of the training data',
  });
}

/** What a column without a name is called. */
export const placeName = (k: number): string => `column ${k + 1}`;
