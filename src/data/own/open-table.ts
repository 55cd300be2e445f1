import { basename } from 'node:path';
import { fault } from '../../errors.ts';
import { type Files, type Format, formatIfAny, formatOfFile } from './files.ts';
import type { OwnDataOptions } from './options.ts';
import { npyTables, npzTables } from './readers/arrays.ts';
import { csvTable } from './readers/csv.ts';
import { jsonLinesTable } from './readers/json-lines.ts';
import { parquetTable } from './readers/parquet.ts';
import { tfrecordTable } from './readers/tfrecord.ts';
import { joined, type Table } from './table.ts';

type RowFormat = Exclude<Format, 'npy' | 'npz'>;

const openers: { readonly [F in RowFormat]: (file: string, options: OwnDataOptions) => Promise<Table> } = {
  csv: csvTable,
  'json lines': jsonLinesTable,
  parquet: parquetTable,
  tfrecord: tfrecordTable,
};

/** Tables of a training and a test part, where the names of the files say which is which; else of all of them. */
export interface OpenTables {
  readonly train: Table;
  readonly test?: Table;
  readonly notes: readonly string[];
}

const TEST = /(^|[._-])(test|testing|val|valid|validation|dev)([._-]|$)/i;
const TRAIN = /(^|[._-])(train|training)([._-]|$)/i;

/** Opens the files of one format among `files`. @throws UnequalError where there are none, or of several formats. */
export async function openTables(path: string, found: Files, options: OwnDataOptions): Promise<OpenTables> {
  const known = found.kind === 'files' ? found.files : found.files.filter((file) => formatIfAny(file) !== undefined);
  const left = found.files.filter((file) => !known.includes(file)).map((file) => basename(file));
  const formats = [...new Set(known.map(formatOfFile))];
  if (formats.length === 0) {
    const got = left.length === 0 ? 'no files' : left.slice(0, 5).join(', ');
    throw fault({
      wrong: `${path} holds no data that is read`,
      got,
      expected: 'CSV, TSV, JSON lines, npy, npz, Parquet or TFRecord files, or a folder of pictures for each class',
    });
  }
  if (formats.length > 1) {
    throw fault({ wrong: `${path} holds files of several formats`, got: formats.join(', '), mend: `give a pattern` });
  }
  const [format] = formats;
  const notes = left.length === 0 ? [] : [`left out of ${path}: ${left.slice(0, 5).join(', ')}`];
  if (format === 'npy') return { ...(await npyTables(path, known)), notes };
  if (format === 'npz') return { ...(await npzTablesOf(path, known)), notes };
  const test = known.filter((file) => TEST.test(basename(file)));
  const train = known.filter((file) => TRAIN.test(basename(file)));
  const open = async (files: readonly string[]) =>
    joined(path, await Promise.all(files.map((file) => openers[format](file, options))));
  const split = test.length > 0 && train.length > 0 && options.test === undefined;
  if (!split) return { train: await open(known), notes };
  if (test.length + train.length !== known.length) {
    const other = known.find((file) => !test.includes(file) && !train.includes(file)) as string;
    throw fault({
      wrong: `${path} has a training and a test part and something else`,
      got: basename(other),
      mend: 'give a pattern for the training files, and --test (test) for the others',
    });
  }
  notes.push(`test part: ${test.map((file) => basename(file)).join(', ')}, by its name`);
  return { train: await open(train), test: await open(test), notes };
}

async function npzTablesOf(path: string, files: readonly string[]): Promise<{ train: Table; test?: Table }> {
  const opened = await Promise.all(files.map(npzTables));
  const tests = opened.flatMap(({ test }) => (test === undefined ? [] : [test]));
  const train = joined(
    path,
    opened.map((one) => one.train),
  );
  return tests.length === 0 ? { train } : { train, test: joined(path, tests) };
}
