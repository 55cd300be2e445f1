import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fault, UnequalError } from '../errors.ts';
import { withLock } from '../lock/with-lock.ts';
import { makeFolder, syncFile, syncFolder } from '../whole-file.ts';
import { writeSums } from './checksums.ts';
import type { Progress } from './progress.ts';

/** `UNEQUAL_DATA`, or the folder `unequal` in this user's cache by the convention of the system. */
export function cacheFolder(env = process.env, platform = process.platform, home = homedir()): string {
  if (env.UNEQUAL_DATA) return resolve(env.UNEQUAL_DATA);
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'unequal');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'unequal');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'unequal', 'Cache');
  return join(home, '.cache', 'unequal');
}

/**
 * Gives the folder `name` in `root`, building it first where it is missing. `build` fills another folder, which is
 * hashed file by file and then renamed, so that whoever sees the folder sees all of it.
 */
export async function cached(
  root: string,
  name: string,
  build: (folder: string) => Promise<void>,
  onProgress?: (progress: Progress) => void,
): Promise<string> {
  const final = join(root, name);
  if (isFinished(final)) return final;
  await makeFolder(root).catch((cause: Error) => {
    throw fault({
      wrong: `${root} cannot be made`,
      got: cause.message,
      mend: 'set UNEQUAL_DATA to another folder',
      cause,
    });
  });
  const work = async (isHeld: () => Promise<boolean>) => {
    if (isFinished(final)) return final;
    // The lock is ours, so what has such a name is what an interrupted build has left.
    for (const item of await readdir(root)) {
      if (isUnfinished(item, name)) await rm(join(root, item), { recursive: true, force: true });
    }
    const folder = join(root, `.${name}.${randomBytes(6).toString('hex')}.unfinished`);
    try {
      await mkdir(folder);
      await build(folder);
      await writeSums(folder, name, onProgress);
      await syncFiles(folder);
      if (!(await isHeld())) {
        throw fault({
          wrong: `${name} is being built by another process`,
          got: 'a lock that was taken over',
          mend: 'try again',
        });
      }
      await rename(folder, final);
      await syncFolder(root);
    } catch (cause) {
      // What the system says, such as that there is no room, is told of the data set.
      if (cause instanceof UnequalError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
      throw fault({ wrong: `${name} cannot be kept in ${root}`, got: (cause as Error).message, cause });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return final;
  };
  const onWait = onProgress && ((item: string) => onProgress({ phase: 'wait', item, done: 0 }));
  return withLock(join(root, `${name}.lock`), work, { onWait });
}

/** Each file synced takes a millisecond or more: folders of images, whose checksums tell of damage, would take minutes. */
const mostSynced = 1000;

/** What is renamed must be on the disk before. */
async function syncFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  for (const { parentPath, name } of files.length > mostSynced ? [] : files) {
    const file = await open(join(parentPath, name), 'r+');
    await syncFile(file).finally(() => file.close());
  }
  await syncFolder(folder);
}

function isFinished(folder: string): boolean {
  if (!existsSync(folder)) return false;
  if (statSync(folder).isDirectory()) return true;
  throw fault({ wrong: `${folder} is in the way`, got: 'a file', expected: 'a folder or nothing', mend: 'remove it' });
}

/** Whether it is the folder of a build of `name`. */
function isUnfinished(item: string, name: string): boolean {
  return item.startsWith(`.${name}.`) && /^([0-9a-f]{12}\.)?unfinished$/.test(item.slice(name.length + 2));
}
