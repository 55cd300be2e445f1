import type { Learner } from '../index.ts';
import { distribution } from '../sampling/index.ts';
import { type ModelBatch, norm } from './probe.ts';
import { average } from './statistics.ts';

/**
 * Var_u/b ÷ (Var_u/B + Var_P/b) from exact gradients: an importance step has the variance of its presample, and on top
 * that of drawing from it by p, averaged over pools of B, which is b times `presample`.
 *
 * @param U the samples whose gradients tell it.
 */
export async function varianceGain(
  learner: Learner,
  batch: (indices: Int32Array) => Promise<ModelBatch>,
  U: Int32Array,
  { batchSize: b, presample }: { readonly batchSize: number; readonly presample: number },
): Promise<number> {
  const B = presample * b;
  const pools: Pool[] = [];
  for (let from = 0; from < U.length; from += B) {
    pools.push(await poolOf(learner, await batch(U.subarray(from, from + B))));
  }
  const N = U.length;
  const mean = pools[0].sum.map((_, j) => pools.reduce((sum, pool) => sum + pool.sum[j], 0) / N);
  const squares = pools.reduce((sum, { norms }) => sum + norms.reduce((s, g) => s + g ** 2, 0), 0) / N;
  const varU = (squares - norm([mean]) ** 2) * (N / (N - 1));
  const within = pools.map(({ norms, scores, sum }) => {
    const n = norms.length;
    const p = distribution(scores, { mixture: 0.1 });
    return norms.reduce((s, g, i) => s + g ** 2 / p[i], 0) / n ** 2 - (norm([sum]) / n) ** 2;
  });
  return varU / b / (varU / B + Math.max(0, average(within)) / b);
}

interface Pool {
  readonly norms: Float32Array;
  readonly scores: Float32Array;
  /** Sum of the gradients. */
  readonly sum: Float64Array;
}

async function poolOf(learner: Learner, batch: ModelBatch): Promise<Pool> {
  const { gradient } = await learner.gradient(batch);
  const sum = new Float64Array(gradient.reduce((size, { length }) => size + length, 0));
  let k = 0;
  for (const array of gradient) for (const value of array) sum[k++] = batch.size * value;
  return {
    norms: await learner.scores(batch, 'gradient-norm'),
    scores: await learner.scores(batch, 'upper-bound'),
    sum,
  };
}
