import { fault } from '../../errors.ts';
import { subfolders } from '../class-folders.ts';
import { type Files, filesOf } from './files.ts';
import { openTables } from './open-table.ts';
import { type OwnDataOptions, ownOptions } from './options.ts';
import { type PictureData, pictureData } from './picture-data.ts';
import { type TableData, tableData } from './table-data.ts';
import { unusedNotes } from './unused-options.ts';

/** Data of one’s own, ready to train on: rows of a table, or pictures. */
export type OwnData = TableData | PictureData;

/**
 * Data of one's own as a training and a test part: a folder of pictures with a folder for each class (or `train` and
 * `test` folders of such), or CSV, TSV, JSON lines, npy, npz, Parquet or TFRecord: a file, a folder of them, a pattern.
 *
 * Columns are told apart by what they hold; numbers are scaled, categories become one input each, texts are hashed, all
 * of it fitted on the training part alone. What was guessed stands in `notes`, and `preparation` has all that is needed
 * to prepare other data in the same way.
 *
 * @throws UnequalError where there is nothing to read, something cannot be read, or it is not clear what is meant.
 *
 * @example
 * ```ts
 * const { train, test, notes } = await ownData('people.csv', { target: 'bought' });
 * ```
 */
export async function ownData(path: string, options: OwnDataOptions = {}): Promise<OwnData> {
  options = ownOptions(options);
  const found = await filesOf(path);
  if (found.kind === 'folder' && (await subfolders(path)).length > 0) {
    if (options.test !== undefined) {
      throw fault({
        wrong: 'test does not go with a folder of pictures',
        mend: 'put them into train and test folders',
      });
    }
    return pictureData(path, options);
  }
  const { train, test, notes } = await openTables(path, found, options);
  if (options.test === undefined) {
    const data = await tableData({ train, test }, options);
    return withNotes(notes, data, options, { files: [found], isSplit: test !== undefined });
  }
  const others = await filesOf(options.test);
  const other = await openTables(options.test, others, options);
  const data = await tableData({ train, test: other.train }, options);
  return withNotes([...notes, ...other.notes], data, options, { files: [found, others], isSplit: true });
}

function withNotes(
  notes: readonly string[],
  data: TableData,
  options: OwnDataOptions,
  given: { readonly files: readonly Files[]; readonly isSplit: boolean },
): TableData {
  return { ...data, notes: [...notes, ...data.notes, ...unusedNotes(options, given)] };
}
