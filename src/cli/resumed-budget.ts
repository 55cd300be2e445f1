import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import { readCheckpoint } from '../fit/checkpoint.ts';
import { checkSavedRun } from '../fit/saved-run.ts';
import { many } from '../report/format.ts';

interface Budget {
  readonly epochs?: number;
  readonly seconds?: number;
}

/**
 * The record of a run would say of a budget below what it has that it was trained for no more.
 * @throws UnequalError for one. Nothing is written before.
 */
export async function checkBudget(folder: string, { epochs, seconds }: Budget, before: Budget): Promise<void> {
  const checkpoint = join(folder, 'checkpoint');
  if ((epochs === undefined && seconds === undefined) || !existsSync(checkpoint)) return;
  const { place, trainer } = checkSavedRun(checkpoint, await readCheckpoint(checkpoint));
  const refuse = (has: string, got: string, expected: string) =>
    fault({
      wrong: `${folder} has ${has} already`,
      got,
      expected: `${expected} or more`,
      mend: 'give a larger budget',
    });
  const least = place.epoch + (place.batch > 0 ? 1 : 0);
  if (epochs !== undefined && epochs < least) {
    const begun = place.batch > 0 ? ` and ${many(place.batch, 'step')}` : '';
    throw refuse(`${many(place.epoch, 'epoch')}${begun}`, `--epochs ${epochs}`, `${least}`);
  }
  const has = (trainer as { readonly seconds?: unknown }).seconds;
  // A run has a step more than its seconds.
  if (seconds === undefined || seconds === before.seconds || typeof has !== 'number' || seconds >= has) return;
  const shown = Math.ceil(has * 100) / 100;
  throw refuse(`${shown} s`, `--seconds ${seconds}`, `${shown}`);
}
