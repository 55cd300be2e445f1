import * as tf from '@tensorflow/tfjs';
import { fault } from '../../errors.ts';
import { EagerLearner } from '../../learner/eager.ts';
import { mean } from '../../mean.ts';
import { type Check, type Checks, checkedOptions, range, text } from '../../options.ts';
import { requireFinite } from '../../sampling/scores.ts';
import { originalScores } from '../importance/original-scores.ts';
import type { Context, Method, Pick, Pool, Sampler, State } from '../method.ts';
import { needsLength } from '../needs.ts';
import { partOfStep } from '../part-of-step.ts';
import { checkPresample, distinct, select } from '../pool.ts';

export interface RhoLossOptions {
  /** Name in tables and curves. */
  name?: string;
  /**
   * The irreducible loss of each training sample: its loss under a model that was not trained on it, (N,), such as
   * {@link irreducibleLosses} makes, without `sampleWeight` and `classWeight`, which are counted in; or a model trained on held-out data, compiled, which then scores each sample the
   * first time it is a candidate.
   */
  irreducible: ArrayLike<number> | tf.LayersModel;
  /** n_B / n_b: candidates for each sample trained on. Default 10. */
  presample?: number;
}

/** Losses, or a model, which the learner made of it checks. */
const losses: Check = (option, value) => {
  if (value instanceof tf.LayersModel) return;
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
  if (!isList || value.length === 0) {
    throw fault({ wrong: `bad ${option}`, got: value, expected: 'an array of losses or a compiled tf.LayersModel' });
  }
  const bad = Array.from(value as ArrayLike<unknown>).findIndex((loss) => !Number.isFinite(loss));
  if (bad < 0) return;
  const got = `${(value as ArrayLike<unknown>)[bad]} for sample ${bad}`;
  throw fault({ wrong: `bad ${option}`, got, expected: 'finite numbers' });
};

export const rhoLossChecks: Checks<RhoLossOptions> = { name: text, irreducible: losses, presample: range(1) };

/**
 * RHO-LOSS: of B different candidates trains on the b with the largest reducible loss, lᵢ − irreducible lossᵢ: not learned yet,
 * and learnable. No weights: biased by design against samples that are noisy as well as those that are known.
 *
 * Works on streams if `irreducible` is a model. Keeps 4 bytes a sample.
 *
 * References: Mindermann et al., Prioritized Training on Points that are Learnable, Worth Learning, and Not Yet Learnt,
 * ICML 2022 (arXiv:2206.07137), eq. 3 and algorithm 1.
 *
 * @example
 * ```ts
 * const irreducible = await irreducibleLosses(makeModel, samples);
 * await fit(model, samples, { epochs: 10, method: rhoLoss({ irreducible }) });
 * ```
 */
export function rhoLoss(options: RhoLossOptions): Method {
  options = checkedOptions('rhoLoss', options, rhoLossChecks);
  const { name = 'rhoLoss', irreducible, presample = 10 } = options;
  if (irreducible === undefined) {
    throw fault({
      wrong: 'rhoLoss without irreducible losses',
      expected: 'irreducible: a loss for each training sample, or a model trained on held-out data',
      mend: 'make them with irreducibleLosses()',
    });
  }
  const losses = isModel(irreducible) ? undefined : Float32Array.from(irreducible);
  const learner = isModel(irreducible) ? new EagerLearner(irreducible) : undefined;
  return {
    name,
    options: { presample, irreducible: losses ? 'losses' : 'model' },
    check: (plan) => {
      checkPresample(presample, plan);
      if (losses === undefined) return;
      needsLength(name, plan);
      if (losses.length !== plan.length) {
        throw fault({
          wrong: 'irreducible losses of other data',
          got: `${losses.length} of them`,
          expected: `one for each of the ${plan.length} samples`,
        });
      }
    },
    sampler: (context) => new RhoLossSampler(presample, context, losses, learner),
  };
}

class RhoLossSampler implements Sampler {
  /** NaN where a loss is not known yet. */
  private irreducible: Float32Array | undefined;

  constructor(
    private readonly presample: number,
    private readonly context: Context,
    given: Float32Array | undefined,
    private readonly model: EagerLearner | undefined,
  ) {
    if (given) this.irreducible = given;
    else if (context.length !== undefined) this.irreducible = new Float32Array(context.length).fill(Number.NaN);
  }

  async draw(size: number): Promise<Pick> {
    const { presample } = this;
    const { source, learner, batchSize } = this.context;
    const asked = Math.round(presample * size);
    const pool = distinct(await source.next(asked));
    const share = partOfStep(this.context, pool, asked, Math.round(presample * batchSize));
    // Of fewer candidates as large a part as ever, lest what cannot be learned be among it.
    const count = share === undefined ? size : Math.max(1, Math.round(share * Math.max(size, batchSize)));
    const losses = await learner.scores(pool.batch, 'loss');
    requireFinite(losses, pool.indices);
    const { values, scored } = await this.irreducibleOf(pool);
    const reducible = losses.map((loss, k) => loss - values[k]);
    // The sort is stable: of equal losses the first is taken.
    const rows = Int32Array.from(reducible.keys())
      .sort((a, b) => reducible[b] - reducible[a])
      .slice(0, count);
    let taken = 0;
    for (const row of rows) taken += reducible[row] / rows.length;
    const report = {
      phase: 'importance' as const,
      scores: reducible,
      reducible: taken,
      ...(scored > 0 && { pass: { samples: scored } }),
    };
    return { ...select(pool, rows), poolLoss: mean(originalScores(losses)), share, drawnFrom: pool, report };
  }

  soon(sizes: readonly number[]): void {
    this.context.source.soon?.(sizes.map((size) => Math.round(this.presample * size)));
  }

  /** The irreducible losses of a pool, and how many of them had to be computed. */
  private async irreducibleOf(pool: Pool): Promise<{ values: ArrayLike<number>; scored: number }> {
    const { irreducible: known } = this;
    if (known === undefined) return { values: await this.model!.scores(pool.batch, 'loss'), scored: pool.batch.size };
    const rows = Int32Array.from(pool.indices.keys()).filter((row) => Number.isNaN(known[pool.indices[row]]));
    if (rows.length > 0) {
      const unknown = select(pool, rows);
      const losses = await this.model!.scores(unknown.batch, 'loss');
      requireFinite(losses, unknown.indices);
      for (let k = 0; k < rows.length; k++) known[unknown.indices[k]] = losses[k];
    }
    const values = Float64Array.from(pool.indices, (index) => known[index]);
    // Given ones are without the user's weights, and the losses that they are compared with are not.
    if (this.model === undefined) weighed(values, pool.batch.lossWeights);
    return { values, scored: rows.length };
  }

  state(): State {
    return { irreducible: this.model && this.irreducible ? this.irreducible.slice() : null };
  }

  restore(state: State): void {
    const { irreducible } = state as { irreducible: Float32Array | null };
    if (irreducible) this.irreducible = irreducible.slice();
  }
}

/** Multiplies losses by the user's weights of the samples. @throws UnequalError where outputs weigh a sample differently. */
function weighed(losses: Float64Array, weights: readonly Float32Array[] | undefined): void {
  const [first, ...others] = weights ?? [];
  for (let k = 0; first && k < losses.length; k++) {
    const other = others.find((one) => one[k] !== first[k]);
    if (other) {
      throw fault({
        wrong: 'irreducible losses of all outputs together, whose weights differ',
        got: `weights ${first[k]} and ${other[k]} of one sample`,
        expected: 'the same weight for every output',
        mend: 'give rhoLoss a model: irreducible: model',
      });
    }
    losses[k] *= first[k];
  }
}

function isModel(value: ArrayLike<number> | tf.LayersModel): value is tf.LayersModel {
  return value instanceof tf.LayersModel;
}
