/** Below it shares of a number are rounded so much that it shows: doubles under 2⁻¹⁰²² have fewer bits. */
export const tiny = 2 ** -960;

/** Probabilities (B,) whose sum is neither infinite nor tiny: divided by the largest where it would be, else as they are. */
export function withinRange(probabilities: ArrayLike<number>, largest: number): ArrayLike<number> {
  if (largest >= tiny && largest * probabilities.length < Infinity) return probabilities;
  return Float64Array.from(probabilities, (p) => p / largest);
}
