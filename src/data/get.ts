import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fault } from '../errors.ts';
import { cached, cacheFolder } from './cache.ts';
import { CATALOG, type DataSet, type LoadOptions } from './catalog.ts';
import { checkFiles, checkSums } from './checksums.ts';
import type { ImageSplits } from './images.ts';
import type { Splits } from './labelled.ts';
import { fetchSource, importFrom } from './obtain.ts';
import { checkModel, PRETRAINED, type Pretrained } from './pretrained.ts';
import type { OnProgress } from './progress.ts';
import { areImages } from './subset.ts';
import { whitenSplits, type ZcaOptions } from './zca.ts';

export interface GetOptions {
  /** An archive or a folder that is on disk already. */
  readonly from?: string;
  readonly onProgress?: OnProgress;
  /** Default: the folder `unequal` in the cache of the user. */
  readonly cache?: string;
}

/** What a check found. */
export interface DataReport {
  readonly name: string;
  readonly folder: string;
  /** How many files have the checksum they had when they were made or that the catalog knows. */
  readonly files: number;
  readonly train?: number;
  readonly test?: number;
  readonly classes?: number;
  /** The smallest and the largest class of the training part. */
  readonly perClass?: readonly [smallest: number, largest: number];
  /** For a network. */
  readonly weights?: number;
}

/** Every data set and network that has a name. */
export const ENTRIES: readonly (DataSet | Pretrained)[] = [...CATALOG, ...PRETRAINED];

/** The data set or network with this name. */
export function find(name: string): DataSet | Pretrained {
  const entry = ENTRIES.find((entry) => entry.name === name);
  if (entry !== undefined) return entry;
  throw fault({ wrong: 'Unknown data set', got: name, expected: ENTRIES.map((entry) => entry.name).join(', ') });
}

/** The folder of a data set if this machine has it, in the cache or installed. */
export function located(entry: DataSet | Pretrained, cache = cacheFolder()): string | undefined {
  const folder = join(cache, entry.name);
  if (existsSync(folder)) return folder;
  return 'installed' in entry ? entry.installed?.() : undefined;
}

/**
 * Gives the folder of a data set or network, fetching it first where it is missing. Archives are hashed, records are
 * checked, and only a complete set gets its name in the cache.
 *
 * @example
 * ```ts
 * const folder = await getData('mnist'); // fetched into the cache if it is not there
 * ```
 */
export async function getData(name: string, options: GetOptions = {}): Promise<string> {
  const { from, onProgress, cache = cacheFolder() } = options;
  const entry = find(name);
  const known = located(entry, cache);
  if (known !== undefined && (from === undefined || known === join(cache, name))) return known;
  return cached(
    cache,
    name,
    async (folder) => {
      if (from !== undefined) await importFrom(entry, resolve(from), folder, onProgress);
      else await fetchSource(entry, cache, folder, onProgress);
      if (entry.files !== undefined) await checkFiles(folder, new Map(Object.entries(entry.files)));
      await inspect(entry, folder);
    },
    onProgress,
  );
}

/**
 * Reads every file of a set again: checksums, number of records, labels. With `from`, that archive or folder is checked
 * instead of what the cache holds, and nothing is kept.
 *
 * @example
 * ```ts
 * const report = await checkData('mnist');
 * ```
 */
export async function checkData(name: string, options: GetOptions = {}): Promise<DataReport> {
  const { from, onProgress, cache = cacheFolder() } = options;
  const entry = find(name);
  if (from !== undefined) {
    const scratch = await mkdtemp(join(tmpdir(), 'unequal-check-'));
    try {
      await getData(name, { from, onProgress, cache: scratch });
      return { ...(await checkData(name, { cache: scratch })), folder: resolve(from) };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  const folder = located(entry, cache);
  if (folder === undefined) {
    throw fault({ wrong: `${name} is not on this machine`, mend: `get it with: unequal data get ${name}` });
  }
  const files =
    folder === join(cache, name)
      ? await checkSums(folder, onProgress)
      : await checkFiles(folder, new Map(Object.entries(entry.files ?? {})), onProgress);
  return { name, folder, files, ...(await inspect(entry, folder)) };
}

export interface ImageLoadOptions extends LoadOptions, GetOptions {
  /** ZCA whitening of the scaled inputs by the statistics of the training part; see {@link zca}. Default none. */
  readonly whitening?: ZcaOptions;
}

/**
 * Fetches a set of images if need be and reads it.
 *
 * @example
 * ```ts
 * const { train, test } = await loadData('cifar-10');
 * ```
 */
export async function loadData(name: string, options: ImageLoadOptions = {}): Promise<ImageSplits> {
  const { train, test } = await loadSamples(name, options);
  if (areImages(train) && areImages(test)) {
    return options.whitening ? whitenSplits({ train, test }, options.whitening) : { train, test };
  }
  throw fault({ wrong: `${name} holds no images`, got: train.name, expected: 'images', mend: 'use loadSamples' });
}

/**
 * Fetches any set if need be and reads it.
 *
 * @example
 * ```ts
 * const { train, test } = await loadSamples('spam-assassin');
 * ```
 */
export async function loadSamples(name: string, options: LoadOptions & GetOptions = {}): Promise<Splits> {
  const entry = find(name);
  if (!('load' in entry)) throw fault({ wrong: `${name} is a network, not a data set`, mend: 'use getData' });
  return entry.load(await getData(name, options), options);
}

async function inspect(entry: DataSet | Pretrained, folder: string): Promise<Partial<DataReport>> {
  if (!('load' in entry)) return { weights: await checkModel(folder) };
  const { train, test } = await entry.load(folder, {});
  for (const [part, got, expected] of [
    ['train', train.length, entry.train],
    ['test', test.length, entry.test],
    ['classes', train.classes, entry.classes],
  ] as const) {
    if (got !== expected) {
      throw fault({ wrong: `${folder} is not all of ${entry.name}`, got: `${part}: ${got}`, expected: `${expected}` });
    }
  }
  const counts = new Int32Array(train.classes);
  for (let i = 0; i < train.length; i++) counts[train.labels[i]]++;
  for (const part of [train, test]) if ('close' in part) (part as { close(): void }).close();
  return {
    train: train.length,
    test: test.length,
    classes: train.classes,
    perClass: [counts.reduce((a, b) => Math.min(a, b)), counts.reduce((a, b) => Math.max(a, b))],
  };
}
