import type { ScoreKind } from '../learner/learner.ts';
import type { Context } from './method.ts';

/**
 * Scores samples of the data in batches of b, outside training: a pass that a method has to pay for. It runs inside
 * `draw`, so that its time counts.
 *
 * @param indices the samples, or how many from the first one on.
 * @param store told the scores of each batch.
 * @returns how many samples were scored.
 */
export async function scorePass(
  { learner, source, batchSize }: Context,
  indices: Int32Array | number,
  kind: ScoreKind,
  store: (indices: Int32Array, scores: Float32Array) => void,
): Promise<number> {
  const count = typeof indices === 'number' ? indices : indices.length;
  const partFrom = (from: number) => {
    const to = Math.min(count, from + batchSize);
    return typeof indices === 'number'
      ? Int32Array.from({ length: to - from }, (_, k) => from + k)
      : indices.slice(from, to);
  };
  for (let from = 0; from < count; from += batchSize) {
    const part = partFrom(from);
    const batch = await source.at(part);
    if (from + batchSize < count) source.soonAt?.(partFrom(from + batchSize));
    store(part, await learner.scores(batch, kind));
  }
  return count;
}

/** ESS of a distribution over n as a share of n, 1/(n Σp²), estimated from the probabilities of samples drawn by it. */
export function essOfDrawn(probabilities: ArrayLike<number>, n: number): number {
  // E[p] over draws by p is Σp².
  let sum = 0;
  for (let k = 0; k < probabilities.length; k++) sum += probabilities[k];
  return Math.min(1, probabilities.length / (n * sum));
}
