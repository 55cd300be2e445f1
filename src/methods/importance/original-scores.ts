/** What smoothed scores were made of: they are what samples are picked by, and no estimate of a loss. */
const originals = new WeakMap<Float32Array, Float32Array>();

export function rememberOriginal(smoothed: Float32Array, original: Float32Array): Float32Array {
  originals.set(smoothed, original);
  return smoothed;
}

/** The scores as the model gave them. */
export function originalScores(scores: Float32Array): Float32Array {
  return originals.get(scores) ?? scores;
}
