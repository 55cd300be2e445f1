import { fault } from '../errors.ts';
import { token } from './holder.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { link, lstat, open, readdir, rename, rm, utimes, writeFile } = process.getBuiltinModule('node:fs/promises');
const { basename, dirname, join } = process.getBuiltinModule('node:path');
// Node's own: jsdom puts those of a browser in their place.
const { clearInterval, setInterval } = process.getBuiltinModule('node:timers');

/** What a lock file looked like. */
export interface Sight {
  readonly content: string;
  readonly touched: number;
}

export const isSame = (a: Sight, b: Sight | undefined): boolean => a.content === b?.content && a.touched === b.touched;

/** File systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** Makes a lock file where there is none; whether it did. @throws UnequalError, with the system's as its cause. */
export async function take(lock: string, content: string): Promise<boolean> {
  // A hard link to a finished file, so that a lock is never seen empty.
  const temporary = `${lock}.${token()}`;
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await link(temporary, lock).catch((error) => {
      if (!NO_LINKS.has(codeOf(error) ?? '')) throw error;
      return writeFile(lock, content, { flag: 'wx' });
    });
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    const mend = 'make its folder one that can be written';
    throw fault({ wrong: `${lock} cannot be written`, got: (cause as Error).message, mend, cause });
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** @throws UnequalError where there is something that is no lock file; with the system's as its cause where it cannot be read. */
export async function look(lock: string): Promise<Sight | undefined> {
  try {
    const stats = await lstat(lock);
    if (!stats.isFile()) {
      const got = stats.isDirectory() ? 'a folder' : 'no file';
      throw fault({ wrong: `${lock} is no lock`, got, expected: 'a file that unequal wrote', mend: 'remove it' });
    }
    const handle = await open(lock, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(512), 0, 512, 0);
      return { content: buffer.toString('latin1', 0, bytesRead), touched: stats.mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT') return undefined;
    if (code === undefined) throw cause;
    throw fault({ wrong: `${lock} cannot be read`, got: (cause as Error).message, mend: 'remove it', cause });
  }
}

/** Says every so many milliseconds, until the function returned is called, that whoever holds the lock still does. */
export function keepTouching(lock: string, mine: string, beat: number): () => void {
  const touch = async () => {
    // Not that of whoever has taken it over.
    if ((await look(lock))?.content === mine) await utimes(lock, new Date(), new Date());
  };
  const timer = setInterval(() => touch().catch(() => {}), beat);
  timer.unref();
  return () => clearInterval(timer);
}

export async function breakLock(lock: string, sight: Sight): Promise<void> {
  const aside = `${lock}.${token()}`;
  try {
    await rename(lock, aside);
    // Another process may have broken the old lock and taken its own since we looked; then that one goes back.
    const found = await look(aside);
    if (found !== undefined && !isSame(found, sight)) await link(aside, lock);
  } catch {
    // It was broken by somebody else.
  } finally {
    await rm(aside, { force: true }).catch(() => {});
  }
}

/** Removes what processes that were killed between two steps of taking the lock have left beside it. */
export async function removeLeftovers(lock: string): Promise<void> {
  const folder = dirname(lock);
  for (const item of await readdir(folder)) {
    if (!isLeftover(item, basename(lock))) continue;
    const stats = await lstat(join(folder, item)).catch(() => undefined);
    // A young one is that of a process which is taking the lock now.
    if (stats && Date.now() - stats.mtimeMs > 60_000) await rm(join(folder, item), { force: true }).catch(() => {});
  }
}

/** Whether a file beside a lock is there only while that is taken. */
export function isLeftover(item: string, lock: string): boolean {
  return item.startsWith(`${lock}.`) && /^[0-9a-f]{12}$/.test(item.slice(lock.length + 1));
}
