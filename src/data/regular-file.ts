import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { fault, UnequalError } from '../errors.ts';
import { counted } from '../plural.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { closeSync, constants, fstatSync, openSync } = process.getBuiltinModule('node:fs');
const { open, readdir, stat } = process.getBuiltinModule('node:fs/promises');
const { join } = process.getBuiltinModule('node:path');

// A named pipe without a writer would be waited for at `open`.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** A regular file, open for reading. Whoever opened it closes it. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/** Opens a regular file or a link to one. @throws UnequalError where it is missing, a folder, a pipe or a device. */
export async function openRegular(file: string): Promise<OpenFile> {
  checkPath(file);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, READ);
    return { handle, size: regularSize(file, await handle.stat()) };
  } catch (cause) {
    await handle?.close();
    throw unreadable(file, cause);
  }
}

/** {@link openRegular}, at once: the file descriptor and the size in bytes. */
export function openRegularSync(file: string): { readonly fd: number; readonly size: number } {
  checkPath(file);
  let fd: number | undefined;
  try {
    fd = openSync(file, READ);
    return { fd, size: regularSize(file, fstatSync(fd)) };
  } catch (cause) {
    if (fd !== undefined) closeSync(fd);
    throw unreadable(file, cause);
  }
}

/** The size of a regular file in bytes. @throws UnequalError where it is none. */
export async function sizeOfRegular(file: string): Promise<number> {
  checkPath(file);
  try {
    return regularSize(file, await stat(file));
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** All of a regular file of at most `limit` bytes; its size is looked at before memory is taken. */
export async function readWhole(file: string, limit: number): Promise<Buffer> {
  const { handle, size } = await openRegular(file);
  try {
    if (size > limit) {
      throw fault({ wrong: `${file} is too large`, got: counted(size, 'byte'), expected: `at most ${limit}` });
    }
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(size - at, 2 ** 30), at);
      if (bytesRead === 0) {
        throw fault({ wrong: `${file} has become shorter`, got: counted(at, 'byte'), expected: `${size}` });
      }
      at += bytesRead;
    }
    return bytes;
  } catch (cause) {
    throw unreadable(file, cause);
  } finally {
    await handle.close();
  }
}

/** {@link readWhole} of text in UTF-8. */
export async function readText(file: string, limit: number): Promise<string> {
  return (await readWhole(file, limit)).toString('utf8');
}

/** Something in a folder; links are followed. */
export interface FolderEntry {
  readonly name: string;
  readonly path: string;
  /** What else it is than a file or a folder is said in words. */
  readonly kind: 'a file' | 'a folder' | (string & {});
}

/** What is in a folder, without hidden names (those that begin with a dot), in the order of the names. */
export async function listFolder(folder: string): Promise<FolderEntry[]> {
  checkPath(folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw unreadable(folder, cause);
  });
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  const kinds = visible.map(async (entry): Promise<FolderEntry> => {
    const path = join(folder, entry.name);
    if (!entry.isSymbolicLink()) return { name: entry.name, path, kind: kindOf(entry) };
    const target = await stat(path).catch(() => undefined);
    return { name: entry.name, path, kind: target === undefined ? 'a link that leads nowhere' : kindOf(target) };
  });
  return (await Promise.all(kinds)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function checkPath(file: unknown): void {
  if (typeof file !== 'string' || file === '' || file.includes('\0')) {
    throw fault({
      wrong: 'That is no path of a file',
      got: file === '' ? 'an empty string' : file,
      expected: 'a path',
    });
  }
}

function regularSize(file: string, stats: Stats): number {
  if (stats.isFile()) return stats.size;
  throw fault({ wrong: `${file} cannot be read`, got: kindOf(stats), expected: 'a file' });
}

type Kinds = Pick<Stats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket' | 'isSymbolicLink'>;

function kindOf(entry: Kinds): string {
  if (entry.isFile()) return 'a file';
  if (entry.isDirectory()) return 'a folder';
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSymbolicLink()) return 'a link';
  return entry.isSocket() ? 'a socket' : 'a device';
}

function unreadable(file: string, cause: unknown): UnequalError {
  if (cause instanceof UnequalError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const got = Object.hasOwn(reasons, code) ? reasons[code] : message;
  return fault({ wrong: `${file} cannot be read`, got, expected: 'a readable file', cause });
}

/** What the system says in words of its own. */
const reasons: { readonly [code: string]: string } = {
  ENOENT: 'nothing of that name',
  ENOTDIR: 'a file on the way, where there should be a folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
};
