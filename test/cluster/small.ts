import type { Batch, Samples } from '../../src/data/samples.ts';
import { tinyData, tinyModel } from '../conformance/harness.ts';

export { tinyModel };

/** Three clouds. */
export function tinySamples(n = 400): Samples {
  const { x, y } = tinyData(n);
  const [xs, ys] = [x.dataSync(), y.dataSync()].map((all) => Float32Array.from(all));
  const rows = (data: Float32Array, width: number, indices: ArrayLike<number>) => ({
    data: Float32Array.from({ length: indices.length * width }, (_, k) => {
      return data[indices[Math.floor(k / width)] * width + (k % width)];
    }),
    shape: [indices.length, width],
    dtype: 'float32' as const,
  });
  return { length: n, batch: (indices): Batch => ({ xs: rows(xs, 4, indices), ys: rows(ys, 3, indices) }) };
}
