import { fault, type UnequalError } from '../../errors.ts';
import { counted } from '../../plural.ts';
import type { Survey } from './survey.ts';

/** What is to be predicted. */
export interface Asked {
  readonly names: readonly string[];
  /** How it was chosen, where nobody said it. */
  readonly guess?: 'by its name' | 'the last column';
}

/** @throws UnequalError where it was guessed that the last column is the target, and most rows have none. */
export function checkGuess(asked: Asked, counts: Survey['counts']): void {
  if (asked.guess === 'the last column' && counts.without > counts.train + counts.test) {
    throw missingTarget(asked, counts);
  }
}

/** The error for a target that too many rows lack. */
export function missingTarget({ names, guess }: Asked, { train, test, without }: Survey['counts']): UnequalError {
  const [are, has] = names.length === 1 ? ['is', ''] : ['are', 's'];
  const how = guess === undefined ? '' : `, ${guess},`;
  const rows = train + test + without;
  const those = without === rows ? `all of ${counted(rows, 'row')}` : `${without} of ${counted(rows, 'row')}`;
  const enough = train + test > 1 && guess !== undefined;
  const own = enough ? `, or say --target ${names.join(',')} to leave those rows out` : '';
  return fault({
    wrong: `the target${has} ${names.join(', ')}${how} ${are} missing in ${those}`,
    mend: `name another with --target (target)${own}`,
  });
}
