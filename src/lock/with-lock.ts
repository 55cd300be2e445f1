import { fault } from '../errors.ts';
import { printable } from '../printable.ts';
import { acquire, LOCK_TIMES, type LockTimes } from './acquire.ts';
import { myself, nameOf } from './holder.ts';
import { keepTouching, look, removeLeftovers } from './lock-file.ts';

const { unlink } = process.getBuiltinModule('node:fs/promises');

export interface LockOptions {
  /** Told once, after 5 seconds, whom is waited for. Default a warning on the console. */
  readonly onWait?: (whom: string) => void;
  readonly times?: Partial<LockTimes>;
}

/**
 * Runs `work` while no other process holds the lock file, which is waited for. For work that is done once, whoever does it,
 * such as fetching data.
 *
 * @param work is given a function that tells whether the lock is still held.
 * @throws UnequalError where something else is in the lock's place, or after an hour of waiting.
 */
export async function withLock<T>(
  lock: string,
  work: (isHeld: () => Promise<boolean>) => Promise<T>,
  { onWait = warn, times }: LockOptions = {},
): Promise<T> {
  const all = { ...LOCK_TIMES, ...times };
  const mine = myself();
  let told = false;
  await acquire(lock, mine, all, ({ holder, waited }) => {
    if (waited >= all.giveUp) {
      throw fault({
        wrong: `${lock} has been held too long`,
        got: `${nameOf(holder)} after ${Math.round(waited / 1000)} seconds`,
        expected: 'its end',
        mend: 'end that process, or remove the lock where there is none',
      });
    }
    if (told || waited < all.tell) return;
    told = true;
    onWait(`for ${nameOf(holder)}, which holds ${lock}`);
  });
  const isHeld = async () => (await look(lock))?.content === mine;
  const stopTouching = keepTouching(lock, mine, all.beat);
  try {
    await removeLeftovers(lock);
    return await work(isHeld);
  } finally {
    stopTouching();
    if (await isHeld().catch(() => false)) await unlink(lock).catch(() => {});
  }
}

const warn = (whom: string) => console.warn(`unequal: waiting ${printable(whom)}`);
