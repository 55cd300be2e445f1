import { randomBytes } from 'node:crypto';
import { link, lstat, open, readdir, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '../errors.ts';
import { printable } from '../printable.ts';
import { type Holder, holderOf, lifeOf, myself } from './lock-holder.ts';
import type { OnProgress } from './progress.ts';

/** Milliseconds. */
export interface LockTimes {
  /** How often a waiting process looks. */
  readonly poll: number;
  /** How often a holder touches its lock. */
  readonly beat: number;
  /** After how long without a touch the lock of a process that cannot be asked counts as left behind. */
  readonly stale: number;
  /** After how long it is said whom is waited for. */
  readonly tell: number;
  /** After how long waiting ends in an error. */
  readonly giveUp: number;
}

export const LOCK_TIMES: LockTimes = { poll: 100, beat: 2_000, stale: 20_000, tell: 5_000, giveUp: 3_600_000 };

export interface LockOptions {
  /** Told once, after 5 seconds, whom is waited for (phase `wait`). Default a warning on the console. */
  readonly onProgress?: OnProgress;
  readonly times?: Partial<LockTimes>;
}

/**
 * Runs `work` while no other process holds the lock file. A lock is taken over when its process has ended (seen at once
 * on the same machine, also where another process has its number by now) or, where that cannot be seen, when it has not
 * been touched for 20 seconds.
 *
 * @param work is given a function that tells whether the lock is still held.
 * @throws UnequalError where something else is in the lock's place, or after an hour of waiting.
 */
export async function withLock<T>(
  lock: string,
  work: (isHeld: () => Promise<boolean>) => Promise<T>,
  { onProgress = warn, times }: LockOptions = {},
): Promise<T> {
  const all = { ...LOCK_TIMES, ...times };
  const mine = `${myself()} ${token()}`;
  await wait(lock, mine, onProgress, all);
  const isHeld = async () => (await look(lock))?.content === mine;
  const beat = setInterval(() => touch(lock), all.beat);
  beat.unref();
  try {
    await removeLeftovers(lock);
    return await work(isHeld);
  } finally {
    clearInterval(beat);
    if (await isHeld().catch(() => false)) await unlink(lock).catch(() => {});
  }
}

async function wait(lock: string, mine: string, onProgress: OnProgress, times: LockTimes): Promise<void> {
  const { poll, stale, tell, giveUp } = times;
  const start = performance.now();
  let seen: Sight | undefined;
  let quiet = 0;
  let told = false;
  for (let last = start; !(await take(lock, mine)); ) {
    const sight = await look(lock);
    const now = performance.now();
    // A machine that slept has not watched the lock meanwhile.
    quiet = sight !== undefined && isSame(sight, seen) ? quiet + Math.min(now - last, 10 * poll) : 0;
    last = now;
    seen = sight;
    if (sight !== undefined) {
      const holder = holderOf(sight.content);
      const life = lifeOf(holder);
      if (life === 'dead' || (life === 'unknown' && quiet >= stale)) await breakLock(lock, sight);
      else if (now - start >= giveUp) {
        throw fault({
          wrong: `${lock} has been held too long`,
          got: `${nameOf(holder)} after ${Math.round((now - start) / 1000)} seconds`,
          expected: 'its end',
          mend: 'end that process, or remove the lock where there is none',
        });
      } else if (!told && now - start >= tell) {
        told = true;
        onProgress({ phase: 'wait', item: `for ${nameOf(holder)}, which holds ${lock}`, done: 0 });
      }
    }
    await sleep(poll);
  }
}

const nameOf = (holder: Holder | undefined) =>
  holder === undefined ? 'an unknown process' : `process ${holder.pid} on ${holder.host}`;

const warn: OnProgress = ({ item }) => console.warn(`unequal: waiting ${printable(item)}`);

const token = () => randomBytes(6).toString('hex');

/** File systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

async function take(lock: string, content: string): Promise<boolean> {
  // A hard link to a finished file, so that a lock is never seen empty.
  const temporary = `${lock}.${token()}`;
  const code = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await link(temporary, lock).catch((error) => {
      if (!NO_LINKS.has(code(error))) throw error;
      return writeFile(lock, content, { flag: 'wx' });
    });
    return true;
  } catch (cause) {
    if (code(cause) === 'EEXIST') return false;
    const mend = 'make its folder one that can be written';
    throw fault({ wrong: `${lock} cannot be written`, got: (cause as Error).message, mend, cause });
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** What a lock file looked like. */
interface Sight {
  readonly content: string;
  readonly touched: number;
}

const isSame = (a: Sight, b: Sight | undefined) => a.content === b?.content && a.touched === b.touched;

/** @throws UnequalError where there is something that is no lock file. */
async function look(lock: string): Promise<Sight | undefined> {
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
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === undefined) throw cause;
    throw fault({ wrong: `${lock} cannot be read`, got: (cause as Error).message, mend: 'remove it', cause });
  }
}

function touch(lock: string): void {
  const now = new Date();
  utimes(lock, now, now).catch(() => {});
}

async function breakLock(lock: string, sight: Sight): Promise<void> {
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
async function removeLeftovers(lock: string): Promise<void> {
  const folder = dirname(lock);
  const start = `${basename(lock)}.`;
  for (const item of await readdir(folder)) {
    if (!item.startsWith(start) || !/^[0-9a-f]{12}$/.test(item.slice(start.length))) continue;
    const stats = await lstat(join(folder, item)).catch(() => undefined);
    // A young one is that of a process which is taking the lock now.
    if (stats && Date.now() - stats.mtimeMs > 60_000) await rm(join(folder, item), { force: true }).catch(() => {});
  }
}
