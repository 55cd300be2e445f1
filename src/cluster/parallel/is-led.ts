import { setTimeout as sleep } from 'node:timers/promises';
import type { Rounds } from './rounds.ts';

/** Milliseconds from one look to the next. */
const pause = 200;

/**
 * Whether a process leads the run. One that was killed has it for a while yet: it lives if it says so anew.
 */
export async function isLed(store: Rounds): Promise<boolean> {
  let before = await store.held();
  while (before !== undefined) {
    await sleep(pause);
    const now = await store.held();
    // It has said so again since, where less is gone than the time that went by.
    if (now !== undefined && now > before - pause / 2) return true;
    before = now;
  }
  return false;
}
