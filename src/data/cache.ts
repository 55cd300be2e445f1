import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
  if (existsSync(final)) return final;
  await mkdir(root, { recursive: true });
  return withLock(join(root, `${name}.lock`), async () => {
    if (existsSync(final)) return final;
    // The lock is ours, so a folder of this name can only be what an interrupted build has left.
    const folder = join(root, `.${name}.unfinished`);
    await rm(folder, { recursive: true, force: true });
    try {
      await mkdir(folder);
      await build(folder);
      await writeSums(folder, name, onProgress);
      await rename(folder, final);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return final;
  });
}

/** Runs `work` while no other process holds the lock file; a lock whose process has ended is taken over. */
export async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const mine = `${process.pid} ${hostname()} ${randomBytes(6).toString('hex')}`;
  while (!(await take(lock, mine))) {
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (isAbandoned(holder)) await breakLock(lock, holder);
    else await sleep(100);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => {});
  }
}

async function take(lock: string, content: string): Promise<boolean> {
  // A hard link to a finished file, so that a lock is never seen empty.
  const temporary = `${lock}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, content);
  try {
    await link(temporary, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await unlink(temporary);
  }
}

function isAbandoned(holder: string): boolean {
  const [pid, host] = holder.split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function breakLock(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(lock, aside);
    // Another process may have broken the old lock and taken its own since we looked; then that one goes back.
    if ((await readFile(aside, 'utf8')) !== holder) await link(aside, lock);
    await unlink(aside);
  } catch {
    // It was broken by somebody else.
  }
}
