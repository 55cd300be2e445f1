import { GainMeter } from '../decision/index.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { Learner, Parameters, ScoreKind } from '../learner/learner.ts';
import { mean } from '../mean.ts';
import type { ResamplerName } from '../sampling/resamplers.ts';
import { ess, tau } from '../sampling/tau.ts';

/** What importance sampling has to work with at the weights of one moment. */
export interface Outlook {
  /** τ and effective sample size (as a share) of the scores of a presample. */
  readonly tau: number;
  readonly ess: number;
  /** Predicted E‖g_U‖² / E‖g_IS‖² of drawing from such presamples. */
  readonly gain: number;
  /** Share of E‖g_U‖² of a uniform step that is noise, in [0, 1]; absent for fewer than two batches. */
  readonly noiseShare?: number;
  /** Seconds of scoring a sample. */
  readonly scoring: number;
}

export interface OutlookOptions {
  /** Presamples of uniformly taken samples, of one size. */
  readonly presamples: readonly ModelBatch[];
  /** Batches of b uniformly taken samples. */
  readonly batches: readonly ModelBatch[];
  readonly score: ScoreKind;
  readonly mixture: number;
  readonly resample: ResamplerName;
  readonly now: () => number;
}

/** Looks at the model as it is; leaves no trace in it. */
export async function outlook(learner: Learner, options: OutlookOptions): Promise<Outlook> {
  const { presamples, batches, score, mixture, resample, now } = options;
  const noise = new GradientNoise();
  for (const [seed, batch] of batches.entries())
    noise.add((await learner.gradient(batch, undefined, { seed })).gradient);
  const { share } = noise;
  const scores: Float32Array[] = [];
  const times: number[] = [];
  // The first pass may have to be compiled; it is made once more for its time.
  for (const presample of [presamples[0], ...presamples]) {
    const start = now();
    scores.push(await learner.scores(presample, score));
    times.push((now() - start) / presample.size);
  }
  const found = scores.slice(1);
  const b = batches[0].size;
  const gains = found.map((pool) => {
    const meter = new GainMeter(pool.length);
    meter.scored(pool);
    if (share !== undefined) meter.probe(probeOf(signalOf(share, b)));
    return meter.predicted({ presample: pool.length, batch: b, mixture, resample });
  });
  return {
    tau: mean(found.map((pool) => tau(pool))),
    ess: mean(found.map((pool) => ess(pool) / pool.length)),
    gain: mean(gains),
    noiseShare: share,
    scoring: median(times.slice(1)),
  };
}

/**
 * How much of a step is noise, from the gradients g of m batches: E‖g‖² is ‖E g‖² and noise, and the mean of m of them
 * has an mth of that noise, so (m ‖ḡ‖² − mean ‖g‖²) / (m − 1) estimates ‖E g‖² without bias (McCandlish et al. 2018,
 * An Empirical Model of Large-Batch Training, appendix A.1).
 */
export class GradientNoise {
  private sum: Float64Array[] | undefined;
  private squares = 0;
  private count = 0;

  add(gradient: Parameters): void {
    this.sum ??= gradient.map((part) => new Float64Array(part.length));
    for (const [k, part] of gradient.entries()) {
      for (let i = 0; i < part.length; i++) {
        this.sum[k][i] += part[i];
        this.squares += part[i] * part[i];
      }
    }
    this.count++;
  }

  /** In [0, 1]; `undefined` for fewer than two gradients or where all are zero. */
  get share(): number | undefined {
    const { sum, squares, count: m } = this;
    if (m < 2 || sum === undefined || !(squares > 0)) return undefined;
    let square = 0;
    for (const part of sum) for (const value of part) square += (value / m) ** 2;
    const signal = (m * square - squares / m) / (m - 1);
    return Math.min(1, Math.max(0, 1 - signal / (squares / m)));
  }
}

/** ‖E G‖² / E‖G‖² of samples, from the share of noise in steps of b. */
function signalOf(share: number, b: number): number {
  return (1 - share) / (1 - share + share * b);
}

/** Two samples that tell the meter of that much signal. */
function probeOf(signal: number) {
  return { norms: [1, 1], scores: [1, 1], meanSquare: (1 + signal) / 2 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
