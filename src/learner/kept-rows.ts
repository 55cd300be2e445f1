import * as tf from '@tensorflow/tfjs';

/** What a look at a batch has seen. */
export interface Seen {
  /** What it is, in words. */
  readonly of: string;
  /** Its numbers, row by row; without them it is not of rows at all. */
  readonly values?: ArrayLike<number>;
  /** What it was made of, row by row: where that is other already, nothing can be told. */
  readonly from?: readonly ArrayLike<number>[];
}

/** Rows of a tensor, by their numbers. */
export const rowsOf = (tensor: tf.Tensor, rows: readonly number[]): tf.Tensor =>
  tf.gather(tensor, tf.tensor1d([...rows], 'int32'));

/** Of what is in a row, less is rounding. */
const tolerance = 1e-4;

/** Which rows are kept, and the row that takes the place of another. */
type Exchange = readonly [keeps: (row: number) => boolean, instead: (row: number) => number];

/** By turns and by halves, so that pairs, neighbours and sets of any size are noticed. */
function exchanges(size: number): Exchange[] {
  const half = Math.ceil(size / 2);
  const byTurns: Exchange[] = [
    [(row) => row % 2 === 0, (row) => row - 1],
    [(row) => row % 2 === 1, (row) => (row + 1) % size],
  ];
  if (size === 2) return byTurns;
  return [...byTurns, [(row) => row < half, (row) => row - half], [(row) => row >= half, (row) => (row + half) % size]];
}

/**
 * What of that which is seen of a row becomes something else when other rows do, in words; `undefined` if nothing does.
 *
 * @param look at so many rows, by the number that each has in the batch.
 */
export function dependsOnOthers(look: (rows: readonly number[]) => readonly Seen[], size: number): string | undefined {
  const all = Array.from({ length: size }, (_, row) => row);
  const before = look(all);
  const whole = before.find(({ values }) => values === undefined);
  if (whole !== undefined || size < 2) return whole?.of;
  for (const [keeps, instead] of exchanges(size)) {
    const after = look(all.map((row) => (keeps(row) ? row : instead(row))));
    const suspects = before.filter((one, k) => differs(one, after[k], size, tolerance, keeps));
    if (suspects.length === 0) continue;
    // Who draws from a generator of their own, or counts, gives something else each time.
    const [again, more] = [look(all), look(all)];
    const isSame = (one: Seen | undefined, other: Seen | undefined) => !differs(one, other, size, tolerance / 10);
    const found = before.find((one, k) => suspects.includes(one) && isSame(one, again[k]) && isSame(again[k], more[k]));
    if (found !== undefined) return found.of;
  }
  return undefined;
}

/** Whether rows that were kept have other numbers. NaN is what is not known. */
function differs(
  one: Seen | undefined,
  other: Seen | undefined,
  size: number,
  share: number,
  keeps: Exchange[0] = () => true,
): boolean {
  const [before, after] = [one?.values, other?.values];
  if (before === undefined || after?.length !== before.length) return false;
  const isMadeOfTheSame = (row: number) =>
    (one?.from ?? []).every((values, k) => isSameRow(row, values, other?.from?.[k] ?? [], size, share / 100));
  for (let row = 0; row < size; row++) {
    if (keeps(row) && !isSameRow(row, before, after, size, share) && isMadeOfTheSame(row)) return true;
  }
  return false;
}

function isSameRow(
  row: number,
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  size: number,
  share: number,
): boolean {
  const width = before.length / size;
  let [apart, scale] = [0, 0];
  for (let i = row * width; i < (row + 1) * width; i++) {
    apart = Math.max(apart, Math.abs(after[i] - before[i]) || 0);
    scale = Math.max(scale, Math.abs(before[i]) || 0);
  }
  return apart <= share * scale;
}
