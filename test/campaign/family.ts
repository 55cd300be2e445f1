import { UnequalError } from '../../src/errors.ts';
import type { Random } from '../../src/sampling/random.ts';

/**
 * How a trial ended: `ok` with the right result, `refused` by an UnequalError, `foreign` with any other error, `hang` not at
 * all, `lost` with a result that is wrong or less than was kept.
 */
export type Outcome = 'ok' | 'refused' | 'foreign' | 'hang' | 'lost';

export const bad: readonly Outcome[] = ['foreign', 'hang', 'lost'];

/** Hostile trials of one kind; all that a trial does follows from its random stream. */
export interface Family {
  readonly name: string;
  /** Trials where none are asked for. */
  readonly trials: number;
  /** Whether it is run only where it is asked for by its name. */
  readonly alone?: boolean;
  /** Milliseconds that one trial may take. Default one minute. */
  readonly patience?: number;
  /** Whether one trial may take no more than 1 GiB. */
  readonly bounded?: boolean;
  /** Whatever all trials need, made once; a reason where they cannot be run here. */
  start(folder: string): Promise<Trial | string>;
  /** Takes away what a folder that is removed does not. */
  end?(): void;
}

/** @returns how it ended, or throws. @throws Lost */
export type Trial = (random: Random) => Promise<'ok' | 'refused' | undefined>;

/** A result that is wrong, or less than was kept. */
export class Lost extends Error {}

/** Runs one trial; what it throws is its outcome. */
export async function outcomeOf(trial: Trial, random: Random): Promise<{ outcome: Outcome; detail?: string }> {
  try {
    return { outcome: (await trial(random)) ?? 'ok' };
  } catch (error) {
    if (error instanceof Lost) return { outcome: 'lost', detail: error.message };
    if (error instanceof UnequalError) return { outcome: 'refused' };
    return {
      outcome: 'foreign',
      detail: String((error as Error)?.stack ?? error)
        .split('\n')
        .slice(0, 4)
        .join(' | '),
    };
  }
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(list.length)];
}
