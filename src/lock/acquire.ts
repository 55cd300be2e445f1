import { type Holder, holderOf, lifeOf } from './holder.ts';
import { breakLock, isSame, look, type Sight, take } from './lock-file.ts';

const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises');

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

/** What is known of a lock that somebody else has. */
export interface Busy {
  /** Nobody where its content says nothing. */
  readonly holder: Holder | undefined;
  /** Whether it was seen to live: it runs on this machine, or has touched its lock meanwhile. */
  readonly lives: boolean;
  /** Milliseconds. */
  readonly waited: number;
}

/**
 * Takes a lock, once nobody has it. One is taken over when its process has ended (seen at once on the same machine, also
 * where another process has its number by now) or, where that cannot be seen, when it has not been touched for long.
 *
 * @param onBusy is told at every look while somebody has it; ends the waiting if it throws.
 * @throws UnequalError where something else is in the lock's place.
 */
export async function acquire(
  lock: string,
  mine: string,
  { poll, stale }: LockTimes,
  onBusy: (busy: Busy) => void,
): Promise<void> {
  let waited = 0;
  let seen: Sight | undefined;
  let quiet = 0;
  for (let last = performance.now(); !(await take(lock, mine)); await sleep(poll)) {
    const sight = await look(lock);
    const now = performance.now();
    // A machine that slept has not watched the lock meanwhile.
    const passed = Math.min(now - last, 10 * poll);
    waited += passed;
    quiet = sight !== undefined && isSame(sight, seen) ? quiet + passed : 0;
    const touched = sight !== undefined && sight.content === seen?.content && sight.touched !== seen.touched;
    last = now;
    seen = sight;
    if (sight === undefined) continue;
    const holder = holderOf(sight.content);
    const life = lifeOf(holder);
    if (life === 'dead' || (life === 'unknown' && quiet >= stale)) await breakLock(lock, sight);
    else onBusy({ holder, lives: life === 'alive' || touched, waited });
  }
}
