import type { NdArray } from '../../data/samples.ts';

/** The class of each target: the largest of a row, or the number itself; 0 where that is no class. */
export function labelsOf({ data, shape }: NdArray): Int32Array {
  const width = data.length / shape[0];
  return Int32Array.from({ length: shape[0] }, (_, i) => {
    if (width === 1) return Number.isInteger(data[i]) && data[i] >= 0 ? data[i] : 0;
    let best = 0;
    for (let j = 1; j < width; j++) if (data[i * width + j] > data[i * width + best]) best = j;
    return best;
  });
}
