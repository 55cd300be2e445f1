import { rowsOf, selectRows } from '../learner/batch.ts';
import type { IterationResult } from '../learner/learner.ts';
import { biased } from '../sampling/bias.ts';
import { distribution } from '../sampling/distribution.ts';
import { resampler } from '../sampling/resamplers.ts';
import { ess } from '../sampling/tau.ts';
import type { Pick, Resample } from './method.ts';

/**
 * Whether a sampler drew a presample that is yet to be scored, and no pick.
 *
 * @example
 * ```ts
 * const drawn = await sampler.draw(32);
 * const pick = isResample(drawn) ? await resampled(drawn) : drawn;
 * ```
 */
export function isResample(draw: Pick | Resample): draw is Resample {
  return 'request' in draw;
}

/**
 * Scores a presample in a pass of its own, unless its scores are known, and draws from it on the host.
 *
 * @example
 * ```ts
 * const drawn = await sampler.draw(32);
 * const pick = isResample(drawn) ? await resampled(drawn) : drawn;
 * ```
 */
export async function resampled(resample: Resample): Promise<Pick> {
  const { pool, request, learner } = resample;
  const scores = resample.scores ?? (await learner.scores(pool.batch, request.score));
  const { size, numbers, weightPower, weightBound } = request;
  const drawnBy = distributionOf(resample, scores);
  const drawn = resampler(request.resample).from(drawnBy.g, size, numbers);
  const weights = biased(drawn.weights, weightPower).map((w) => Math.min(w, weightBound));
  return picked(resample, scores, drawnBy, { rows: drawn.rows, unbiased: drawn.weights, weights });
}

/** The same of what one pass has scored and drawn. */
export function drawnInOnePass(resample: Resample, result: IterationResult): Pick {
  return picked(resample, result.poolScores, distributionOf(resample, result.poolScores), result, rowsOf);
}

function picked(
  resample: Resample,
  scores: Float32Array,
  { g, capped }: ReturnType<typeof distributionOf>,
  { rows, unbiased, weights }: { rows: Int32Array; unbiased: Float64Array; weights: Float64Array },
  batchOf = selectRows,
): Pick {
  const { pool, rateFactor, share, report } = resample;
  return {
    batch: batchOf(pool.batch, rows),
    indices: rows.map((row) => pool.indices[row]),
    weights,
    unbiased,
    rateFactor,
    share,
    drawnFrom: pool,
    report: {
      ...report,
      ess: ess(g) / g.length,
      scores,
      ...(capped.length > 0 && { capped: Int32Array.from(capped, (row) => pool.indices[row]) }),
    },
  };
}

/** g (B,), what the samples are drawn by, and the rows whose scores count as the cap. */
function distributionOf({ pool, request }: Resample, scores: Float32Array) {
  const { cap = Infinity, mixture } = request;
  const capped: number[] = [];
  const counted = scores.map((score, row) => {
    if (!(score > cap)) return score;
    capped.push(row);
    return cap;
  });
  return { g: distribution(counted, { mixture, indices: pool.indices }), capped };
}
