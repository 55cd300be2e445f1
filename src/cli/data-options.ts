import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { CATALOG } from '../data/catalog.ts';
import { type ColumnKind, columnKinds, tasks } from '../data/own/options.ts';
import type { Task } from '../data/own/preparation.ts';
import { unknownName } from '../nearest.ts';
import { choice, headerOption, noHeaderOption, option, pathOption, wordOption } from './arguments.ts';

/** What of the command line says what is trained on. */
export interface DataArguments {
  /** A name of the catalog, or a path. */
  readonly data: string;
  /** The model that is trained: data is prepared as that of its training was, if it says how. */
  readonly model?: string;
  /** The folder that `data` and `test` were given in. */
  readonly from?: string;
  readonly test?: string;
  readonly target?: string;
  readonly task?: Task;
  readonly testShare?: number;
  readonly as?: readonly (readonly [column: string, kind: ColumnKind])[];
  readonly size?: readonly [height: number, width: number];
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly skipBroken?: boolean;
  /** A file of labels that go before those of the data. */
  readonly labels?: string;
  readonly seed: number;
  readonly samples?: number;
  readonly testSamples?: number;
}

const names = CATALOG.map(({ name }) => name);

export const dataOption = () =>
  option(
    '--data <name or path>',
    `${CATALOG.flatMap(({ name, texts }) => (texts ? [] : [name])).join(', ')}; or a CSV, TSV, JSON lines, npy, npz, Parquet or TFRecord file, a folder or pattern of them, or a folder of pictures`,
  )
    .argParser(dataName)
    .default('mnist');

/** A name of the catalog, or what may be a path: a bare word that is no file is a name mistyped. */
function dataName(text: string): string {
  if (text.trim() === '' || text.includes('\0')) throw new InvalidArgumentError('Expected a name or a path.');
  if ((names as readonly string[]).includes(text) || /[\\/.*?[{]/.test(text) || existsSync(text)) return text;
  throw new InvalidArgumentError(unknownName('data set', text, names).message);
}

/** How data of one's own is read. */
export const ownDataOptions = () => [
  wordOption('--target <columns>', 'the column to predict (default: by its name, or the last)'),
  option('--task <task>', 'classification or regression (default: by what the target has)').argParser(
    choice('task', tasks),
  ),
  pathOption('--test <path>', 'data to test on (default: a random share of --data)'),
  option('--test-share <share>', 'share of the data that is kept for the test (default: 0.2)').argParser(share),
  option('--as <column=kind>', `what a column is: ${columnKinds.join(', ')}; may be repeated`).argParser(as),
  option('--size <height x width>', 'what pictures are scaled to, such as 64x64').argParser(size),
  wordOption('--delimiter <character>', 'what stands between the cells of a CSV file (default: found out)'),
  headerOption(),
  noHeaderOption(),
  option('--skip-broken', 'leave out what cannot be read, and list it'),
  pathOption(
    '--labels <file>',
    'CSV of index and label, as unequal inspect makes it: labels in place of those of the data',
  ),
];

function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('Expected a number between 0 and 1.');
}

function as(text: string, before: readonly (readonly [string, ColumnKind])[] = []): (readonly [string, ColumnKind])[] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected column=kind.');
  return [...before, [text.slice(0, at), choice('kind', columnKinds)(text.slice(at + 1))]];
}

/** Pixels along a side. */
const longest = 4096;

function size(text: string): [number, number] {
  const match = /^(\d+)(?:[x×,](\d+))?$/.exec(text);
  const height = Number(match?.[1]);
  const width = Number(match?.[2] ?? height);
  if ([height, width].every((length) => length > 0 && length <= longest)) return [height, width];
  throw new InvalidArgumentError(`Expected height x width, such as 64x64, each at most ${longest}.`);
}

/** These arguments alone, of all that a command was given. */
export function dataArguments(args: DataArguments): DataArguments {
  const { data, test, target, task, testShare, as, size, delimiter, header, skipBroken, labels } = args;
  const { seed, samples, testSamples } = args;
  return {
    ...{ data, test, target, task, testShare, as, size, delimiter, header, skipBroken, labels },
    ...{ seed, samples, testSamples },
  };
}

/** The words of a command line that say the same. */
export function dataWords(args: DataArguments): string[] {
  const { data, test, target, task, testShare, as = [], size, delimiter, header, skipBroken, labels } = args;
  const flags = { data, test, target, task, 'test-share': testShare, size: size?.join('x'), delimiter, labels };
  return [
    ...Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...as.flatMap(([column, kind]) => ['--as', `${column}=${kind}`]),
    ...(header === undefined ? [] : [header ? '--header' : '--no-header']),
    ...(skipBroken ? ['--skip-broken'] : []),
  ];
}

/** The words that say which samples are trained on: of what data, prepared as that of which model, which part of it. */
export function samplesWords(args: DataArguments): string[] {
  const { model, seed, samples } = args;
  const flags = { model, seed, samples };
  const part = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`]));
  return [...dataWords(args), ...part];
}
