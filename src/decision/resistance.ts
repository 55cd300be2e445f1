/** A sample whose score is more than this share of the largest is as far from being learned as any. */
const far = 0.5;
/** One whose score is more than this share of what it was has not given way. */
const unmoved = 0.9;

/**
 * Whether a sample that was trained on resists: it is still far from being learned, and no nearer to it than before.
 *
 * Hard samples that can be learned give way, or are not far from it. Wrong labels stay where they are however often they
 * come, and leaning towards them makes the others worse. That a sample's own scores tell the learnable from the wrong is
 * also what Mindermann et al. 2022 (RHO-LOSS) rest on.
 *
 * @param before the score it was trained on with before.
 * @param after its score in the pass that trains it.
 * @param largest the largest score of late, times the weight that the user gives this sample.
 */
export function resists(before: number, after: number, largest: number): boolean {
  return after > far * largest && after > unmoved * before;
}

/** The largest score (n,) of a sample of weight 1. A sample of weight 0 has none. */
export function largestGiven(scores: ArrayLike<number>, given: ArrayLike<number> | undefined): number {
  let largest = 0;
  for (let k = 0; k < scores.length; k++) {
    const weight = given?.[k] ?? 1;
    if (weight > 0) largest = Math.max(largest, scores[k] / weight);
  }
  return largest;
}
