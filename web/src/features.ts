import { Random } from '../../src/sampling/random.ts';

/** Pictures are looked at in this size. */
export const side = 32;
const [filters, kernel, pooled, levels] = [24, 5, 3, 4];

/** How many numbers a picture becomes. */
const featureCount = filters * pooled * pooled + levels ** 3;

/** Fixed random filters, each of mean zero in every channel: they see edges and texture, and not how bright it is. */
const bank = (() => {
  const random = new Random(7);
  const size = kernel * kernel;
  return Array.from({ length: filters }, () => {
    const weights = Float32Array.from({ length: 3 * size }, () => random.normal());
    for (let c = 0; c < 3; c++) {
      let mean = 0;
      for (let k = 0; k < size; k++) mean += weights[3 * k + c] / size;
      for (let k = 0; k < size; k++) weights[3 * k + c] -= mean;
    }
    return weights;
  });
})();

/**
 * What a picture becomes, of RGBA bytes in {@link side}²: means of rectified random filters over a grid of 3 × 3 parts, and
 * the square roots of a histogram of 64 colours. Nothing of it is trained.
 */
export function features(rgba: Uint8ClampedArray): Float32Array {
  const out = new Float32Array(featureCount);
  const valid = side - kernel + 1;
  const share = 1 / (valid / pooled) ** 2;
  for (let f = 0; f < filters; f++) {
    for (let y = 0; y < valid; y++) {
      for (let x = 0; x < valid; x++) {
        let sum = 0;
        for (let i = 0; i < kernel; i++) {
          for (let j = 0; j < kernel; j++) {
            const [pixel, weight] = [4 * ((y + i) * side + x + j), 3 * (i * kernel + j)];
            for (let c = 0; c < 3; c++) sum += (bank[f][weight + c] * rgba[pixel + c]) / 255;
          }
        }
        const part = Math.floor((y * pooled) / valid) * pooled + Math.floor((x * pooled) / valid);
        if (sum > 0) out[f * pooled * pooled + part] += sum * share;
      }
    }
  }
  const colors = filters * pooled * pooled;
  const level = (byte: number) => Math.min(levels - 1, Math.floor((byte * levels) / 256));
  for (let p = 0; p < rgba.length; p += 4) {
    out[colors + (level(rgba[p]) * levels + level(rgba[p + 1])) * levels + level(rgba[p + 2])] += 1 / (side * side);
  }
  for (let k = colors; k < featureCount; k++) out[k] = Math.sqrt(out[k]);
  return out;
}

/** Shifts and scales every column to mean 0 and deviation 1, by what the first `known` rows say. */
export function standardise(rows: readonly Float32Array[], known: number): void {
  for (let k = 0; k < rows[0].length; k++) {
    let [mean, square] = [0, 0];
    for (let i = 0; i < known; i++) {
      mean += rows[i][k] / known;
      square += rows[i][k] ** 2 / known;
    }
    const deviation = Math.sqrt(Math.max(square - mean * mean, 1e-6));
    for (const row of rows) row[k] = (row[k] - mean) / deviation;
  }
}
