import { mean } from '../../mean.ts';
import { type Checks, checkedOptions, range, text, when } from '../../options.ts';
import { distribution } from '../../sampling/distribution.ts';
import { Random } from '../../sampling/random.ts';
import { largestScore } from '../../sampling/scores.ts';
import { withoutReplacement } from '../../sampling/without-replacement.ts';
import { originalScores } from '../importance/original-scores.ts';
import type { Context, Method, Pick, Sampler, State } from '../method.ts';
import { needsLength } from '../needs.ts';
import { checkPresample, distinct, select } from '../pool.ts';

export interface EvolvedSamplingOptions {
  /** Name in tables and curves. */
  name?: string;
  /** B/b: candidates for each sample trained on. Default 4. */
  presample?: number;
  /** β₁, in [0, 1]: the share of the loss so far, beside the loss now, in what a sample is drawn by. Default 0.2. */
  beta1?: number;
  /** β₂, in [0, 1]: what stays of the loss so far when a new one comes. Default 0.9. */
  beta2?: number;
  /** Share of the run at its beginning, and at its end, that is trained uniformly; below 0.5. Default 0.05. */
  anneal?: number;
}

export const evolvedSamplingChecks: Checks<EvolvedSamplingOptions> = {
  name: text,
  presample: range(1),
  beta1: range(0, 1),
  beta2: range(0, 1),
  anneal: when((value) => typeof value === 'number' && value >= 0 && value < 0.5, 'a number from 0 to below 0.5'),
};

type Settings = Required<Omit<EvolvedSamplingOptions, 'name'>>;

/**
 * Evolved Sampling: of B different candidates trains on b, drawn without replacement in proportion to
 *
 *     wᵢ(t) = β₁ sᵢ(t − 1) + (1 − β₁) lᵢ(t)
 *     sᵢ(t) = β₂ sᵢ(t − 1) + (1 − β₂) lᵢ(t),    sᵢ(0) = 1/N
 *
 * where lᵢ(t) is the loss now and sᵢ a moving average of the losses so far. Since w = s(t) + (β₂ − β₁)(l(t) − s(t − 1)), what got worse
 * since it was last looked at counts for more than its loss. No weights: biased by design.
 *
 * Costs a forward pass of the candidates. Keeps 4 bytes a sample.
 *
 * References: Cheng, Li & Bian, Data-Efficient Training by Evolved Sampling, 2025 (arXiv:2509.23461), the method without the
 * pruning of whole epochs (ESWP).
 *
 * @throws UnequalError where a loss is negative or no number: nothing is drawn in proportion to it.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: evolvedSampling() });
 * ```
 */
export function evolvedSampling(options: EvolvedSamplingOptions = {}): Method {
  options = checkedOptions('evolvedSampling', options, evolvedSamplingChecks);
  const { name = 'evolvedSampling', presample = 4, beta1 = 0.2, beta2 = 0.9, anneal = 0.05 } = options;
  const settings = { presample, beta1, beta2, anneal };
  return {
    name,
    options: settings,
    byBudget: anneal > 0,
    check: (plan) => {
      needsLength(name, plan);
      checkPresample(presample, plan);
    },
    sampler: (context) => new EvolvedSampler(settings, context),
  };
}

class EvolvedSampler implements Sampler {
  /** s, (N,). */
  private averages: Float32Array;
  private random: Random;

  constructor(
    private readonly settings: Settings,
    private readonly context: Context,
  ) {
    const n = context.length!;
    this.averages = new Float32Array(n).fill(1 / n);
    this.random = context.random;
  }

  async draw(size: number): Promise<Pick> {
    const { source, learner } = this.context;
    if (this.uniformly) return { ...(await source.next(size)), report: { phase: 'uniform' } };
    const pool = distinct(await source.next(Math.round(this.settings.presample * size)));
    const losses = await learner.scores(pool.batch, 'loss');
    const w = this.evolve(pool.indices, losses);
    const { rows } = withoutReplacement(distribution(w), Math.min(size, pool.batch.size), this.random);
    const report = { phase: 'importance' as const, scores: w };
    return { ...select(pool, rows), poolLoss: mean(originalScores(losses)), drawnFrom: pool, report };
  }

  soon(sizes: readonly number[]): void {
    const { presample } = this.settings;
    this.context.source.soon?.(this.uniformly ? sizes : sizes.map((size) => Math.round(presample * size)));
  }

  observe({ indices, report }: Pick, { losses }: { readonly losses: Float32Array }): void {
    // What was drawn by its loss has counted with it already.
    if (report.phase === 'uniform') this.evolve(indices, losses);
  }

  /** Whether this is the beginning or the end of the run. */
  private get uniformly(): boolean {
    const { anneal } = this.settings;
    const progress = this.context.progress();
    return progress < anneal || progress >= 1 - anneal;
  }

  /** w of these samples, whose losses are counted in. */
  private evolve(indices: Int32Array, losses: Float32Array): Float32Array {
    largestScore(losses, indices);
    const { beta1, beta2 } = this.settings;
    const w = new Float32Array(losses.length);
    for (let k = 0; k < losses.length; k++) {
      const s = this.averages[indices[k]];
      w[k] = beta1 * s + (1 - beta1) * losses[k];
      this.averages[indices[k]] = beta2 * s + (1 - beta2) * losses[k];
    }
    return w;
  }

  state(): State {
    return { averages: this.averages.slice(), random: this.random.state() };
  }

  restore(state: State): void {
    const { averages, random } = state as { averages: Float32Array; random: number[] };
    this.averages = averages.slice();
    this.random = Random.from(random);
  }
}
