import type { UnequalError } from '../errors.ts';
import { printable } from '../printable.ts';
import { acquire, LOCK_TIMES, type LockTimes } from './acquire.ts';
import { holderOf, myself, nameOf } from './holder.ts';
import { keepTouching, look, removeLeftovers, take } from './lock-file.ts';

const { readFileSync, unlinkSync } = process.getBuiltinModule('node:fs');

/** What a process has for as long as it writes somewhere. */
export interface Hold {
  /** @throws UnequalError if another process has it by now, as after a long sleep of this machine. */
  keep(): Promise<void>;
  /** Gives it back, at once. */
  release(): void;
}

/**
 * A step of training may take long, and nothing is touched in it: so long is waited for a process that cannot be asked. What
 * was taken from one that goes on is seen by it before it writes again.
 */
const times: LockTimes = { ...LOCK_TIMES, stale: 30_000 };

/**
 * Takes a lock file for as long as a run lasts. Whoever comes second is refused at once where the first is seen to live. The
 * lock of a process that was killed is taken over at once on the same machine; that of another machine when it has not been
 * touched for half a minute, which is said. Where the file system takes no locks this is said, once, and nobody is refused.
 *
 * @param refused makes the error for whoever comes second, told who has it.
 */
export async function hold(
  lock: string,
  refused: (who: string) => UnequalError,
  more: Partial<LockTimes> = {},
): Promise<Hold> {
  const all = { ...times, ...more };
  const mine = myself();
  let told = false;
  try {
    await acquire(lock, mine, all, ({ holder, lives, waited }) => {
      if (lives) throw refused(nameOf(holder));
      if (told || waited < all.tell) return;
      told = true;
      const silent = `it counts as ended when it has been silent for ${all.stale / 1000} s`;
      console.warn(`unequal: waiting ${printable(`for ${nameOf(holder)}, which holds ${lock}; ${silent}`)}`);
    });
    await removeLeftovers(lock);
  } catch (error) {
    if (!isOfSystem(error)) throw error;
    sayOnce(lock, error as Error);
    return { keep: async () => {}, release: () => {} };
  }
  const stopTouching = keepTouching(lock, mine, all.beat);
  return {
    async keep() {
      try {
        const sight = await look(lock);
        if (sight?.content === mine) return;
        // Somebody has removed it, and nobody has it.
        if (sight === undefined && (await take(lock, mine))) return;
        throw refused(nameOf(holderOf((sight ?? (await look(lock)))?.content ?? '')));
      } catch (error) {
        if (!isOfSystem(error)) throw error;
      }
    },
    release() {
      stopTouching();
      try {
        if (readFileSync(lock, 'latin1') === mine) unlinkSync(lock);
      } catch {
        // It is gone already.
      }
    },
  };
}

const isOfSystem = (error: unknown) => ((error as Error).cause as NodeJS.ErrnoException)?.code !== undefined;

const said = new Set<string>();

function sayOnce(lock: string, { cause }: Error): void {
  if (said.has(lock)) return;
  said.add(lock);
  const why = `${lock} cannot be made or read (${(cause as Error).message})`;
  console.warn(`unequal: ${printable(why)}: see that no other process writes there, for nothing else does`);
}
