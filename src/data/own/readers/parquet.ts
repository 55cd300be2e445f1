import { closeSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { Compressors } from 'hyparquet/src/types.js';
import { fault } from '../../../errors.ts';
import { openRegularSync } from '../../regular-file.ts';
import type { Table } from '../table.ts';
import { checkRuns } from './parquet-runs.ts';
import { type FieldsOfRow, fieldsOf, recordsTable } from './records.ts';

/**
 * An Apache Parquet file, in any of its encodings and compressions, one row group at a time. The values of a struct are
 * columns of their own, `image.bytes`.
 *
 * @throws UnequalError where it is none, or damaged.
 */
export function parquetTable(file: string): Promise<Table> {
  // A table is read several times.
  const checked = new Set<number>();
  return recordsTable(file, () => rowsOf(file, checked));
}

/** Nothing comes of nothing: packed by LZ4, a page without values is a byte, of which the package makes an error. */
function unpacking(compressors: Compressors): Compressors {
  const entries = Object.entries(compressors).map(([codec, unpack]): [string, typeof unpack] => [
    codec,
    (bytes, size) => (size === 0 ? new Uint8Array() : unpack(bytes, size)),
  ]);
  return Object.fromEntries(entries);
}

/** @param checked row groups that can be decoded. */
async function* rowsOf(file: string, checked: Set<number>): AsyncGenerator<FieldsOfRow> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const compressors = unpacking((await import('hyparquet-compressors')).compressors);
  const { fd, size } = openRegularSync(file);
  const buffer = {
    byteLength: size,
    slice: (from: number, to = size) => {
      if (to > size) throw new Error(`byte ${to} of a file of ${size}`);
      const bytes = new Uint8Array(Math.max(0, to - from));
      for (let done = 0; done < bytes.length; ) {
        const got = readSync(fd, bytes, done, bytes.length - done, from + done);
        if (got === 0) throw new Error(`the end of the file at byte ${from + done}`);
        done += got;
      }
      return bytes.buffer;
    },
  };
  let at = 0;
  try {
    const metadata = await parquetMetadataAsync(buffer);
    // As a field of an object it would be lost.
    if (metadata.schema.some(({ name }) => name === '__proto__')) throw new Error('a column that is called __proto__');
    for (const [group, { num_rows }] of metadata.row_groups.entries()) {
      if (!checked.has(group)) await checkRuns({ slice: buffer.slice, metadata, compressors }, group);
      checked.add(group);
      const rowEnd = at + Number(num_rows);
      const rows = await parquetReadObjects({ file: buffer, metadata, rowStart: at, rowEnd, compressors, utf8: false });
      if (rows.length !== rowEnd - at) throw new Error(`${rows.length} rows in a group of ${rowEnd - at}`);
      for (const row of rows) yield { fields: fieldsOf(row), place: `${basename(file)}, row ${++at}` };
    }
  } catch (cause) {
    throw fault({
      wrong: `${file} cannot be read after row ${at}`,
      got: (cause as Error).message,
      expected: 'an intact Parquet file',
      mend: 'write or fetch it again',
      cause,
    });
  } finally {
    closeSync(fd);
  }
}
