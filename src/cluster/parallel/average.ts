/** Numbers of one member, and how many samples they are a mean of. */
export interface Part {
  readonly samples: number;
  readonly values: Float32Array;
}

/** Σ n_w v_w / Σ n_w: the mean over all samples, where each part is the mean over its own. */
export function average(parts: readonly Part[]): Float32Array {
  const total = parts.reduce((sum, { samples }) => sum + samples, 0);
  const sums = new Float64Array(parts[0].values.length);
  for (const { samples, values } of parts) {
    if (samples === 0) continue;
    const share = samples / total;
    for (let k = 0; k < sums.length; k++) sums[k] += share * values[k];
  }
  return Float32Array.from(sums);
}
