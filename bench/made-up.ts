import type { Samples } from '../src/data/samples.ts';

/** Numbers of a sample, and its classes. */
export const width = 784;
export const classes = 10;

/** Samples made of a thousand vectors. */
export function madeUp(length: number): Samples {
  const table = Float32Array.from({ length: 1000 * width }, (_, i) => Math.sin(i * 12.9898));
  return {
    length,
    batch(indices) {
      const size = indices.length;
      const xs = new Float32Array(size * width);
      const ys = new Float32Array(size * classes);
      for (let k = 0; k < size; k++) {
        const row = indices[k] % 1000;
        xs.set(table.subarray(row * width, (row + 1) * width), k * width);
        ys[k * classes + (row % classes)] = 1;
      }
      return {
        xs: { data: xs, shape: [size, width], dtype: 'float32' },
        ys: { data: ys, shape: [size, classes], dtype: 'float32' },
      };
    },
  };
}
