import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { fault } from '../errors.ts';
import { isPlain } from '../options.ts';
import { Random } from '../sampling/random.ts';

/** A value of an option of `unequal train`. */
export type Value = string | number | boolean;
/** Options of one run by name, as on the command line, without dashes: `learning-rate`. */
export type RunOptions = { readonly [option: string]: Value };

/** What a sweep tries. */
export interface SweepConfig {
  /** Name on the server and in the report. */
  readonly name: string;
  /** Options of `unequal train` that all runs share. */
  readonly train: RunOptions;
  /** Options that differ, with the values each has, or the ends of a range (of `random` alone). */
  readonly vary: { readonly [option: string]: readonly Value[] | Range };
  /** Every combination, so many random ones, or random ones of which the worse half is dropped again and again. */
  readonly search: 'grid' | 'random' | 'halving';
  /** How many random ones. */
  readonly runs: number;
  readonly seed: number;
  /** Epochs of every run; of `halving` those of the last. */
  readonly epochs: number;
  /** Times that a run which fails is tried in all. */
  readonly attempts: number;
}

export interface Range {
  readonly from: number;
  readonly to: number;
  /** Whether its logarithm is spread evenly. */
  readonly log?: boolean;
}

const known = ['name', 'train', 'vary', 'search', 'runs', 'seed', 'epochs', 'attempts'];
/** Given by the sweep itself, or no part of a run: never taken from a file or a queue. */
export const reserved = [
  ...['out', 'resume', 'epochs', 'seconds', 'json', 'quiet', 'watch', 'serve'],
  ...['redis', 'run', 'workers', 'cluster', 'every', 'outer'],
];

/** @throws UnequalError for what is no name of a sweep, or leads out of the folder of its runs. */
export function checkName(name: unknown): string {
  if (typeof name === 'string' && /^(?!\.\.?$)[\w.-]{1,64}$/.test(name)) return name;
  throw fault({ wrong: 'bad name of a sweep', got: name, expected: '1 to 64 letters, digits, dots, dashes' });
}

/** Reads `config.yaml`. @throws UnequalError for what is no sweep. */
export async function readSweep(path: string): Promise<SweepConfig> {
  let value: unknown;
  try {
    value = parse(await readFile(path, 'utf8'), { maxAliasCount: 0 });
  } catch (cause) {
    // The parser draws the place on lines of their own.
    const got = (cause as Error).message.split('\n')[0].replace(/:$/, '');
    throw fault({ wrong: `the sweep ${path} cannot be read`, got, cause });
  }
  return checkSweep(value, path);
}

export function checkSweep(value: unknown, path: string): SweepConfig {
  const bad = (part: string, got: unknown, expected: string) =>
    fault({ wrong: `bad ${part} in ${path}`, got, expected });
  if (!isPlain(value)) throw bad('sweep', value, 'name, train, vary, search');
  const strange = Object.keys(value).find((key) => !known.includes(key));
  if (strange !== undefined) throw bad('part', strange, known.join(', '));
  const { name = 'sweep', train = {}, vary, search = 'grid', runs = 8, seed = 1, epochs = 1, attempts = 2 } = value;
  checkName(name);
  if (!['grid', 'random', 'halving'].includes(search as string)) throw bad('search', search, 'grid, random or halving');
  for (const [part, number] of Object.entries({ runs, epochs, attempts })) {
    if (!(Number.isSafeInteger(number) && (number as number) > 0)) throw bad(part, number, 'a whole number > 0');
  }
  if (!Number.isSafeInteger(seed)) throw bad('seed', seed, 'a whole number');
  if (!isPlain(train)) throw bad('train', train, 'options of unequal train by name');
  if (!isPlain(vary) || Object.keys(vary).length === 0) throw bad('vary', vary, 'options, each with a list of values');
  for (const option of [...Object.keys(train), ...Object.keys(vary)]) {
    if (!/^[a-z][a-z-]*$/.test(option) || reserved.includes(option)) {
      throw bad('option', option, `an option of unequal train, except ${reserved.join(', ')}`);
    }
  }
  for (const [option, one] of Object.entries(train)) {
    if (!isValue(one)) throw bad(option, one, 'one value');
    if (Object.hasOwn(vary, option)) throw bad('option', option, 'a name that is in train or in vary, not in both');
  }
  for (const [option, one] of Object.entries(vary)) {
    if (Array.isArray(one) && one.length > 0 && one.every(isValue)) continue;
    if (!isRange(one) || search === 'grid')
      throw bad(option, one, 'a list of values, or { from, to, log } of a random search');
  }
  return { name, train, vary, search, runs, seed, epochs, attempts } as SweepConfig;
}

function isRange(value: unknown): value is Range {
  if (!isPlain(value)) return false;
  const { from, to, log = false, ...rest } = value as Partial<Range>;
  if (typeof from !== 'number' || typeof to !== 'number' || typeof log !== 'boolean') return false;
  return Object.keys(rest).length === 0 && from < to && Number.isFinite(to - from) && (!log || from > 0);
}

const isValue = (value: unknown): value is Value =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

/**
 * What each run differs in; the same may come more than once.
 * @param isWhole whether an option is a whole number.
 */
export function combinations(
  { vary, search, runs, seed }: SweepConfig,
  isWhole: (option: string) => boolean,
): RunOptions[] {
  const options = Object.entries(vary);
  if (search === 'grid') {
    return options.reduce<RunOptions[]>(
      (all, [option, values]) =>
        all.flatMap((before) => (values as readonly Value[]).map((value) => ({ ...before, [option]: value }))),
      [{}],
    );
  }
  const random = new Random(seed).fork('sweep');
  return Array.from({ length: runs }, () =>
    Object.fromEntries(
      options.map(([option, values]) => [option, valueAt(values, random.uniform(), () => isWhole(option))]),
    ),
  );
}

function valueAt(values: readonly Value[] | Range, u: number, isWhole: () => boolean): Value {
  if (!('from' in values)) return values[Math.floor(u * values.length)];
  const { from, to, log } = values;
  const value = log ? from * (to / from) ** u : from + u * (to - from);
  return isWhole() ? Math.round(value) : Number(value.toPrecision(4));
}

/** Those that are not the same command line as one before. */
export function distinct(all: readonly RunOptions[]): RunOptions[] {
  const lines = new Map<string, RunOptions>();
  for (const one of all) {
    const line = JSON.stringify(Object.entries(one).flatMap(flagOf));
    if (!lines.has(line)) lines.set(line, one);
  }
  return [...lines.values()];
}

/** As on the command line; `true` and `false` are those of options without a value. */
export function flagOf([name, value]: readonly [string, Value]): string[] {
  if (typeof value !== 'boolean') return [`--${name}`, `${value}`];
  return value ? [`--${name}`] : name === 'header' ? ['--no-header'] : [];
}

/** Epochs after which the worse half of so many runs is dropped, and the last: of 8 runs and 8 epochs 1, 2, 4, 8. */
export function rungs({ search, epochs }: Pick<SweepConfig, 'search' | 'epochs'>, runs: number): number[] {
  if (search !== 'halving') return [epochs];
  const count = Math.min(Math.floor(Math.log2(runs)), Math.floor(Math.log2(epochs))) + 1;
  return Array.from({ length: count }, (_, k) => Math.max(1, Math.round(epochs / 2 ** (count - 1 - k))));
}
