import { stat } from 'node:fs/promises';
import { fault } from '../../errors.ts';
import { text } from '../../options.ts';
import { missingPath } from '../missing-path.ts';
import { listFolder } from '../regular-file.ts';

/** Formats of tables by the ends of their files' names. */
const FORMATS = {
  csv: /\.(csv|tsv|tab|txt)(\.gz)?$/i,
  'json lines': /\.(jsonl|ndjson|jsonlines)(\.gz)?$/i,
  npy: /\.npy$/i,
  npz: /\.npz$/i,
  parquet: /\.(parquet|pq)$/i,
  tfrecord: /\.(tfrecords?|tfrec)(\.gz)?$|\.tfrecords?-\d+-of-\d+$/i,
} as const;

export type Format = keyof typeof FORMATS;

/** What else people have data in, and how it becomes one of the above. */
const FOREIGN: readonly (readonly [pattern: RegExp, what: string, mend: string])[] = [
  [/\.(xlsx?|ods)$/i, 'a spreadsheet', 'save it as CSV'],
  [/\.json(\.gz)?$/i, 'JSON of one piece', 'write one object a line: jq -c ".[]" FILE.json > FILE.jsonl'],
  [/\.(h5|hdf5)$/i, 'HDF5', 'write its arrays with numpy.savez'],
  [/\.(pkl|pickle)$/i, 'a pickle, which may run any program when it is read', 'write it with to_csv or to_parquet'],
  [/\.(feather|arrow)$/i, 'Arrow', 'write it with to_parquet'],
  [/\.mat$/i, 'MATLAB', 'write its arrays with numpy.savez'],
  [/\.(zip|tar|tgz|7z|rar)$|\.tar\.gz$/i, 'an archive', 'unpack it, and give the folder'],
  [/\.(sqlite3?|db)$/i, 'a database', 'write its table as CSV'],
  [
    /\.data$/i,
    'a name that says nothing of what is in it',
    'call it FILE.csv if it is a table, as those of the UCI repository',
  ],
];

/** The format of a file by its name. @throws UnequalError that says what it is and how to convert it. */
export function formatOfFile(file: string): Format {
  const format = formatIfAny(file);
  if (format !== undefined) return format;
  const foreign = FOREIGN.find(([pattern]) => pattern.test(file));
  throw fault({
    wrong: `${file} is no data that is read`,
    got: foreign?.[1] ?? 'another kind of file',
    expected: 'CSV, TSV, JSON lines, npy, npz, Parquet, TFRecord, or a folder of pictures',
    mend: foreign?.[2],
  });
}

export function formatIfAny(file: string): Format | undefined {
  return (Object.keys(FORMATS) as Format[]).find((format) => FORMATS[format].test(file));
}

/** The files of a path: itself, those of a folder, or those that a pattern fits. */
export interface Files {
  readonly kind: 'files' | 'folder';
  readonly files: readonly string[];
}

/** @throws UnequalError where there is nothing, with the nearest name beside it. */
export async function filesOf(path: string): Promise<Files> {
  text('path of data', path);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const entries = await listFolder(path);
    return { kind: 'folder', files: entries.filter(({ kind }) => kind === 'a file').map((entry) => entry.path) };
  }
  if (found !== undefined) return { kind: 'files', files: [path] };
  if (isPattern(path)) {
    const { glob } = await import('tinyglobby');
    const files = (await glob(path.replaceAll('\\', '/'), { onlyFiles: true, expandDirectories: false })).sort();
    if (files.length === 0) throw fault({ wrong: `no file fits ${path}`, expected: 'one or more' });
    return { kind: 'files', files };
  }
  throw await missingPath(path, 'file, folder or pattern', 'a path of data');
}

function isPattern(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}
