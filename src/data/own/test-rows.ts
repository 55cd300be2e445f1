import { fault, type UnequalError } from '../../errors.ts';
import { counted } from '../../plural.ts';
import { permutation } from '../indices.ts';
import { type Asked, missingTarget } from './missing-target.ts';
import type { OwnDataOptions } from './options.ts';
import type { Drawn } from './preparation.ts';
import type { Survey } from './survey.ts';

/** Which of the rows that have a target are for the test: a byte for each row of the table; and that in words. */
export function testRows(
  counts: Survey['counts'],
  split: boolean,
  { seed = 1, testShare = 0.2 }: OwnDataOptions,
  name: string,
  asked: Asked,
): { readonly rows: Uint8Array; readonly note: string; readonly drawn?: Drawn } {
  if (split) {
    if (counts.train === 0 || counts.test === 0) {
      if (counts.without > 0) throw missingTarget(asked, counts);
      throw fault({
        wrong: `one part of ${name} is empty`,
        got: `${counted(counts.train, 'training row')} and ${counted(counts.test, 'test row')}`,
        expected: 'one or more in each',
      });
    }
    return { rows: new Uint8Array(counts.train), note: `${counts.train} training and ${counts.test} test rows` };
  }
  const n = counts.train;
  const test = Math.round(testShare * n);
  if (test === 0 || test === n) {
    if (counts.without > n) throw missingTarget(asked, counts);
    if (n === 0) throw fault({ wrong: `${name} is empty`, got: 'no rows', expected: 'rows with a target' });
    throw tooFew(name, n, 'row', 'give rows to test on with --test FILE (test)');
  }
  const rows = new Uint8Array(n);
  for (const k of permutation(n, seed).subarray(0, test)) rows[k] = 1;
  return {
    rows,
    note: `${n - test} training and ${test} test rows, drawn with seed ${seed}`,
    drawn: { seed, testShare },
  };
}

/** The error for data that no random test part can be taken from. @param otherwise how to give a test part. */
export function tooFew(name: string, n: number, what: string, otherwise: string): UnequalError {
  return fault({
    wrong: `${name} has too few ${what}s to be split`,
    got: n,
    expected: `a ${what} or more in each part`,
    mend: n === 1 ? otherwise : `${otherwise}, or choose another share with --test-share (testShare)`,
  });
}
