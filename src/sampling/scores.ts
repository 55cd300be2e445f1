import { fault, sampleFault } from '../errors.ts';

/** @throws UnequalError unless it is a list, of as many as `length` if that is given. */
export function requireList(name: string, list: ArrayLike<number>, length?: number): void {
  const isList = typeof list === 'object' && Number.isInteger(list?.length);
  if (isList && (length === undefined || list.length === length)) return;
  const got = isList ? `${list.length} of them` : (list ?? 'nothing');
  throw fault({
    wrong: `bad ${name}`,
    got,
    expected: length === undefined ? 'a list of numbers' : `${length} numbers`,
  });
}

/**
 * The largest of B scores, after a check that each is a finite number ≥ 0.
 *
 * @param indices (B,) the samples the scores belong to, named in the error; the positions by default.
 * @throws UnequalError naming the samples whose scores are NaN, infinite or negative.
 */
export function largestScore(scores: ArrayLike<number>, indices?: ArrayLike<number>): number {
  requireList('scores', scores);
  if (scores.length === 0) throw fault({ wrong: 'no scores', expected: 'at least one' });
  let largest = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i];
    if (!isScore(score)) throw badScores(scores, indices);
    if (score > largest) largest = score;
  }
  return largest;
}

/** A BigInt compares like a number, and cannot be divided by one. */
const isScore = (score: number): boolean => score >= 0 && score < Infinity && typeof score === 'number';

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
  // A hole in a list is no number, and every does not see it.
  const onlyNegative = Array.from(scores).every(Number.isFinite);
  return sampleFault((called) => ({
    wrong: 'scores that are no importance',
    got: listed(scores, isScore, (k) => (indices ? called(indices[k]) : k)),
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
