import { fault } from '../errors.ts';

/**
 * The largest of B scores, after a check that each is a finite number ≥ 0.
 *
 * @param indices (B,) the samples the scores belong to, named in the error; the positions by default.
 * @throws UnequalError naming the samples whose scores are NaN, infinite or negative.
 */
export function largestScore(scores: ArrayLike<number>, indices?: ArrayLike<number>): number {
  if (scores.length === 0) throw fault({ wrong: 'no scores', expected: 'at least one' });
  let largest = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i];
    if (!(score >= 0 && score < Infinity)) throw badScores(scores, indices);
    if (score > largest) largest = score;
  }
  return largest;
}

function badScores(scores: ArrayLike<number>, indices?: ArrayLike<number>) {
  const bad: string[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i] >= 0 && scores[i] < Infinity)) bad.push(`${scores[i]} for sample ${indices?.[i] ?? i}`);
  }
  const more = bad.length > 8 ? `, … ${bad.length} in all` : '';
  return fault({
    wrong: 'scores that are no importance',
    got: bad.slice(0, 8).join(', ') + more,
    expected: 'finite numbers ≥ 0',
    mend: 'look at these samples for bad inputs or labels, or lower the learning rate',
  });
}
