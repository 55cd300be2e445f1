import { setTimeout as sleep } from 'node:timers/promises';
import type { Rounds } from './rounds.ts';

/** Milliseconds from one look to the next. */
const pause = 200;

/**
 * Whether a process leads the run. One that is there lives, though a callback may keep it from saying so; one that was killed has the
 * run for a while yet. Where the store cannot tell, it lives if it says so anew.
 */
export async function isLed(store: Rounds): Promise<boolean> {
  let before = await store.held();
  while (!(await store.isStaying())) {
    if (before === undefined) return false;
    await sleep(pause);
    const now = await store.held();
    // It has said so again since, where less is gone than the time that went by.
    if (now !== undefined && now > before - pause / 2) return true;
    before = now;
  }
  return true;
}
