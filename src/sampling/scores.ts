import { fault, sampleFault } from '../errors.ts';

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

/** @throws UnequalError naming the samples whose losses are NaN or infinite; for methods that only compare them. */
export function requireFinite(losses: ArrayLike<number>, indices: ArrayLike<number>): void {
  for (let i = 0; i < losses.length; i++) {
    if (Number.isFinite(losses[i])) continue;
    throw sampleFault((called) => ({
      wrong: 'losses that cannot be compared',
      got: listed(losses, Number.isFinite, (k) => called(indices[k])),
      expected: 'finite numbers',
      mend: mendOfSamples,
    }));
  }
}

const mendOfSamples = 'look at these samples for bad inputs or labels, or lower the learning rate';

function badScores(scores: ArrayLike<number>, indices?: ArrayLike<number>) {
  const onlyNegative = Array.prototype.every.call(scores, Number.isFinite);
  return sampleFault((called) => ({
    wrong: 'scores that are no importance',
    got: listed(
      scores,
      (score) => score >= 0 && score < Infinity,
      (k) => (indices ? called(indices[k]) : k),
    ),
    expected: 'finite numbers ≥ 0',
    mend: onlyNegative
      ? "nothing is drawn in proportion to a negative loss: take a loss that never is, or a method that goes by gradients or ranks, such as importance({ score: 'upper-bound' })"
      : mendOfSamples,
  }));
}

/** The first eight for which it does not hold, with their samples. */
function listed(values: ArrayLike<number>, holds: (value: number) => boolean, sample: (k: number) => number): string {
  const bad: string[] = [];
  for (let i = 0; i < values.length; i++) {
    if (!holds(values[i])) bad.push(`${values[i]} for sample ${sample(i)}`);
  }
  return bad.slice(0, 8).join(', ') + (bad.length > 8 ? `, … ${bad.length} in all` : '');
}
