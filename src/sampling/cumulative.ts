/** Σ over i ≤ k of values, added one after the other: (n,) float64. */
export function cumulativeSum(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sums[i] = sum += values[i];
  return sums;
}

/** How many of the cumulative sums are ≤ point, which is the first row above it. What adds nothing is never that row. */
export function firstAbove(cumulative: Float64Array, point: number): number {
  let low = 0;
  let high = cumulative.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] > point) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The last row that adds to the sum. */
export function lastAdding(cumulative: Float64Array): number {
  const total = cumulative[cumulative.length - 1];
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] === total) high = middle;
    else low = middle + 1;
  }
  return low;
}
