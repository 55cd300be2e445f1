import { fault } from '../../errors.ts';
import { permutation } from '../indices.ts';
import type { OwnDataOptions } from './options.ts';
import type { Drawn } from './preparation.ts';
import type { Survey } from './survey.ts';

/** Which of the rows that have a target are for the test: a byte for each row of the table; and that in words. */
export function testRows(
  counts: Survey['counts'],
  split: boolean,
  { seed = 1, testShare = 0.2 }: OwnDataOptions,
  name: string,
): { readonly rows: Uint8Array; readonly note: string; readonly drawn?: Drawn } {
  if (split) {
    if (counts.train === 0 || counts.test === 0) {
      throw fault({ wrong: `one part of ${name} is empty`, got: `${counts.train} and ${counts.test} rows` });
    }
    return { rows: new Uint8Array(counts.train), note: `${counts.train} training and ${counts.test} test rows` };
  }
  const n = counts.train;
  if (n === 0) {
    const got = counts.without === 0 ? 'no rows' : `${counts.without} rows, none of which has a target`;
    throw fault({ wrong: `${name} is empty`, got, expected: 'rows with a target' });
  }
  const test = Math.round(testShare * n);
  if (test === 0 || test === n) {
    throw fault({ wrong: `${name} has too few rows to be split`, got: n, expected: 'a row or more in each part' });
  }
  const rows = new Uint8Array(n);
  for (const k of permutation(n, seed).subarray(0, test)) rows[k] = 1;
  return {
    rows,
    note: `${n - test} training and ${test} test rows, drawn with seed ${seed}`,
    drawn: { seed, testShare },
  };
}
