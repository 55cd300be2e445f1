import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '../../errors.ts';
import { Waiting } from '../waiting.ts';
import { isLed } from './is-led.ts';
import type { Leader, LeaderOptions } from './leader.ts';
import type { Rounds } from './rounds.ts';

/**
 * Whether this process leads: it does where nobody else does. A run that is ending is waited for, as it is nobody's then; one that
 * goes on is followed.
 */
export async function leadsOrFollows(
  store: Rounds,
  leader: Leader,
  { patience, signal, owner }: LeaderOptions,
): Promise<boolean> {
  if (owner !== undefined) {
    if (await leader.lead()) return true;
    throw fault({
      wrong: 'another process leads the run by now',
      got: 'one that came while this one was not heard of',
      mend: 'start this one again: it joins that run',
    });
  }
  for (const waiting = new Waiting(1_000 * patience); ; await sleep(100)) {
    if (!(await isLed(store)) && (await leader.lead())) return true;
    // What is there may be of a process that is ending, or of one before whoever leads now and has not begun.
    const run = await store.meta();
    if (run !== undefined && !run.ended && (await store.isDescribed())) return false;
    if (signal?.aborted || waiting.isOver()) return false;
  }
}
