import { fault } from '../../errors.ts';
import { type Format, filesOf, formatIfAny } from './files.ts';
import type { OwnDataOptions } from './options.ts';
import { ownData } from './own-data.ts';
import type { TableData } from './table-data.ts';

/** Reads files of one format as data of one’s own. */
export type Reader = (path: string, options?: OwnDataOptions) => Promise<TableData>;

/**
 * Comma- or tab-separated values (`.csv`, `.tsv`, each also `.gz`): a file, a folder of them or a pattern. See
 * {@link ownData}, of which this and the readers below are the one for a format, with the type of what it gives.
 *
 * @example
 * ```ts
 * const { train, test } = await csvSamples('people.csv', { target: 'bought' });
 * ```
 */
export const csvSamples: Reader = reader('csv');
/**
 * JSON lines (`.jsonl`, `.ndjson`), one object a line.
 *
 * @example
 * ```ts
 * const { train, test } = await jsonLinesSamples('people.jsonl', { target: 'bought' });
 * ```
 */
export const jsonLinesSamples: Reader = reader('json lines');
/**
 * NumPy's `.npy`: one array of two dimensions, or a folder of them with a column each.
 *
 * @example
 * ```ts
 * const { train, test } = await npySamples('table.npy');
 * ```
 */
export const npySamples: Reader = reader('npy');
/**
 * NumPy's `.npz`: a column for each array; `x_train` and `x_test` are x of the two parts.
 *
 * @example
 * ```ts
 * const { train, test } = await npzSamples('mnist.npz');
 * ```
 */
export const npzSamples: Reader = reader('npz');
/**
 * Apache Parquet.
 *
 * @example
 * ```ts
 * const { train, test } = await parquetSamples('people.parquet', { target: 'bought' });
 * ```
 */
export const parquetSamples: Reader = reader('parquet');
/**
 * TFRecord files of `tf.train.Example`s.
 *
 * @example
 * ```ts
 * const { train, test } = await tfrecordSamples('images.tfrecord', { target: 'label' });
 * ```
 */
export const tfrecordSamples: Reader = reader('tfrecord');

function reader(format: Format): Reader {
  return async (path, options) => {
    const { files } = await filesOf(path);
    const other = files.map(formatIfAny).find((one) => one !== undefined && one !== format);
    if (other !== undefined) throw fault({ wrong: `${path} is not ${format}`, got: other, expected: format });
    const data = await ownData(path, options);
    if ('skipped' in data && data.preparation.format === 'table') return data as TableData;
    throw fault({ wrong: `${path} is not ${format}`, got: 'pictures', expected: format, mend: 'use ownData' });
  };
}
