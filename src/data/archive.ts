import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { x as extract } from 'tar';
import { fault } from '../errors.ts';
import { sha256 } from './checksums.ts';
import type { OnProgress } from './progress.ts';
import { openRegular, sizeOfRegular } from './regular-file.ts';

/** An archive known by its content. */
export interface Archive {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An archive holds no more than this for each of its bytes, nor more files; sets of images hardly shrink at all. */
const MOST_RATIO = 100;
const MOST_ENTRIES = 4_000_000;

export interface UnpackOptions {
  /** How many leading folders of every path to drop. */
  readonly strip?: number;
  /** Which entries to take, by their path in the archive; default all. */
  readonly filter?: (path: string) => boolean;
  readonly onProgress?: OnProgress;
}

/**
 * Unpacks a tar archive, gzipped or not, into an empty folder. Links and devices are skipped.
 *
 * @throws UnequalError that names the archive and about where in it (the decoder reads ahead) the damage is.
 */
export async function untar(archive: string, folder: string, options: UnpackOptions = {}): Promise<void> {
  const { strip = 0, filter, onProgress } = options;
  const { handle, size: total } = await openRegular(archive);
  let done = 0;
  let files = 0;
  let entries = 0;
  const unpack = extract({
    cwd: folder,
    strip,
    strict: true,
    maxDecompressionRatio: MOST_RATIO,
    filter: (path, entry) => {
      if (++entries > MOST_ENTRIES) source.destroy(new Error(`more than ${MOST_ENTRIES} entries`));
      if (!('type' in entry) || (entry.type !== 'File' && entry.type !== 'Directory')) return false;
      const taken = filter?.(path) ?? true;
      if (taken && entry.type === 'File') files++;
      return taken;
    },
  });
  const source = handle.createReadStream({ highWaterMark: 1 << 18 });
  source.on('data', (chunk) => {
    done += chunk.length;
    onProgress?.({ phase: 'unpack', item: basename(archive), done, total });
  });
  try {
    await pipeline(source, unpack);
  } catch (cause) {
    throw fault({
      wrong: `${archive} is damaged or truncated at or before byte ${done} of ${total}`,
      got: (cause as Error).message,
      expected: 'a complete tar archive',
      mend: 'fetch it again',
      cause,
    });
  }
  if (files === 0) {
    throw fault({ wrong: `${archive} holds nothing of this data set`, got: `${total} bytes`, expected: 'its files' });
  }
  const found = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((item) =>
    item.isFile(),
  ).length;
  if (found < files) {
    throw fault({
      wrong: `${archive} holds two files of one name, or of names that this file system takes for one`,
      got: `${found} files of ${files}`,
      expected: 'every file once',
    });
  }
}

/**
 * Finds which of `known` archives `file` is.
 *
 * @throws UnequalError that says whether it is truncated, corrupt or something else.
 */
export async function identify(file: string, known: readonly Archive[], onProgress?: OnProgress): Promise<Archive> {
  const size = await sizeOfRegular(file);
  const hash = await sha256(file, onProgress);
  const match = known.find((archive) => archive.sha256 === hash);
  if (match !== undefined) return match;
  const named = known.find((archive) => archive.file === basename(file)) ?? known[0];
  const state = known.some(({ bytes }) => bytes === size)
    ? 'is corrupt (its length is right, its content is not)'
    : size < named.bytes
      ? `is truncated at byte ${size} of ${named.bytes}, or another file`
      : `is ${size - named.bytes} bytes too long, or another file`;
  throw fault({
    wrong: `${file} ${state}`,
    got: `SHA-256 ${hash}`,
    expected: known.map((archive) => `${archive.sha256} (${archive.file}, ${archive.bytes} bytes)`).join(' or '),
    mend: 'fetch it again',
  });
}
