/** What is made of the members' parameters after their K steps. */
export type OuterOptions =
  /** Their mean: local SGD (Stich, Local SGD Converges Fast and Communicates Little, 2019). */
  | 'average'
  /** SGD with Nesterov momentum on the outer gradient θ_before − mean(θ_w): DiLoCo, with rate 0.7 and momentum 0.9. */
  | { readonly rate?: number; readonly momentum?: number };

/**
 * The outer step of DiLoCo (Douillard et al., DiLoCo: Distributed Low-Communication Training of Language Models, 2023,
 * Algorithm 1): with Δ = before − mean,
 *
 *     v ← μ v + Δ
 *     θ ← before − η (Δ + μ v)
 *
 * `velocity` is v, which is changed. With η = 1 and μ = 0 it is the mean.
 */
export function nesterov(
  before: Float32Array,
  mean: Float32Array,
  velocity: Float32Array,
  { rate = 0.7, momentum = 0.9 }: { readonly rate?: number; readonly momentum?: number } = {},
): Float32Array {
  const after = new Float32Array(before.length);
  for (let k = 0; k < before.length; k++) {
    const delta = before[k] - mean[k];
    velocity[k] = momentum * velocity[k] + delta;
    after[k] = before[k] - rate * (delta + momentum * velocity[k]);
  }
  return after;
}
