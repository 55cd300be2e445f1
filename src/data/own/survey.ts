import { isMissing } from './cell.ts';
import { ColumnProfile } from './profile.ts';
import type { Broken, Table } from './table.ts';

/** What a first reading tells: what every column holds, and how many rows there are. */
export interface Survey {
  readonly profiles: readonly ColumnProfile[];
  /** Rows with a target in the first table and in the second, and rows without. */
  readonly counts: { readonly train: number; readonly test: number; readonly without: number };
}

/**
 * @param tables of the same columns: one, or one to train on and one to test on.
 * @param targets places of the target columns.
 */
export async function survey(tables: readonly Table[], targets: readonly number[], broken: Broken): Promise<Survey> {
  const profiles = tables[0].columns.map((name) => new ColumnProfile(name));
  const counts = { train: 0, test: 0, without: 0 };
  for (const [part, table] of tables.entries()) {
    for await (const row of table.rows(broken)) {
      for (const [k, profile] of profiles.entries()) profile.see(row.cells[k], row);
      if (targets.some((k) => isMissing(row.cells[k]))) counts.without++;
      else counts[part === 0 ? 'train' : 'test']++;
    }
  }
  return { profiles, counts };
}
