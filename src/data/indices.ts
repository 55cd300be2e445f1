import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { fault } from '../errors.ts';

/**
 * A uniformly random order of 0 … n − 1, the same for the same seed (Fisher and Yates).
 *
 * @example
 * ```ts
 * const order = permutation(10, 1);
 * ```
 */
export function permutation(n: number, seed: number): Int32Array {
  const random = xoroshiro128plus(seed);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const other = order[j];
    order[j] = order[i];
    order[i] = other;
  }
  return order;
}

/**
 * The indices of `counts[c]` randomly drawn samples of every class c, in the order of the data set. `Infinity` takes all
 * of a class.
 *
 * @throws UnequalError where a class has fewer.
 *
 * @example
 * ```ts
 * const chosen = perClass([0, 0, 1, 1], [2, 1], 1); // two of the first class, one of the second
 * ```
 */
export function perClass(labels: ArrayLike<number>, counts: readonly number[], seed: number): Int32Array {
  if (!(Array.isArray(counts) && counts.every((count) => count >= 0))) {
    throw fault({ wrong: 'bad counts', got: counts ?? 'nothing', expected: 'a list of how many, one for each class' });
  }
  const left = Array.from(counts);
  const chosen: number[] = [];
  const order = permutation(labels.length, seed);
  for (const i of order) {
    if (left[labels[i]] > 0) {
      left[labels[i]]--;
      chosen.push(i);
    }
  }
  const short = left.findIndex((missing) => missing > 0 && missing !== Infinity);
  if (short >= 0) {
    throw fault({
      wrong: `There are too few samples of class ${short}`,
      got: counts[short] - left[short],
      expected: `${counts[short]}`,
    });
  }
  return Int32Array.from(chosen).sort();
}
