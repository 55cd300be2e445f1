import type { ResamplerName } from './resamplers.ts';
import { inclusionProbabilities } from './without-replacement.ts';

/**
 * Tr V[mean(wᵢ Gᵢ) | pool]: how much the mean of b samples drawn from a pool of B varies about the pool's own mean.
 *
 * - with replacement: (1/b) (B⁻² Σ‖Gᵢ‖²/pᵢ − ‖Ḡ‖²);
 * - without: B⁻² Σ (1/πᵢ − 1) ‖Gᵢ‖², as if rows came independently, less what a fixed number of them saves, (1/b − 1/B) ‖Ḡ‖²;
 *   for equal π a simple random sample, but for a factor B/(B − 1);
 * - systematic: the same with f (1 − f)/(b pᵢ)² for 1/πᵢ − 1, f being the part of b pᵢ behind the point, by which alone
 *   varies how often a row comes.
 *
 * @param norms (B,) ‖Gᵢ‖, or scores in their place, in units of their own.
 * @param p (B,) probabilities, of sum 1.
 * @param meanSquare ‖Ḡ‖² in the same units.
 */
export function drawVariance(
  norms: ArrayLike<number>,
  p: ArrayLike<number>,
  b: number,
  resample: ResamplerName,
  meanSquare = 0,
): number {
  const B = norms.length;
  let sum = 0;
  if (resample === 'systematic') {
    for (let i = 0; i < B; i++) {
      const rest = (b * p[i]) % 1;
      if (norms[i] !== 0) sum += ((rest * (1 - rest)) / (b * p[i]) ** 2) * norms[i] ** 2;
    }
    return Math.max(0, sum / B ** 2 - (1 / b - 1 / B) * meanSquare);
  }
  if (resample === 'without-replacement') {
    const pi = inclusionProbabilities(p, b);
    for (let i = 0; i < B; i++) if (norms[i] !== 0) sum += (1 / pi[i] - 1) * norms[i] ** 2;
    return Math.max(0, sum / B ** 2 - (1 / b - 1 / B) * meanSquare);
  }
  for (let i = 0; i < B; i++) if (norms[i] !== 0) sum += norms[i] ** 2 / p[i];
  return Math.max(0, sum / B ** 2 - meanSquare) / b;
}
