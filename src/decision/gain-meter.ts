import { distribution } from '../sampling/distribution.ts';
import { drawVariance } from '../sampling/draw-variance.ts';
import type { ResamplerName } from '../sampling/resamplers.ts';
import { inclusionProbabilities } from '../sampling/without-replacement.ts';
import { LatestScores, type LatestScoresState } from './latest-scores.ts';
import { largestGiven, resists } from './resistance.ts';

/** Share of what was before that stays in the averages at each step. */
const decay = 0.95;

/** Scores that are remembered at least: among the few that a small presample draws, those that resist are a matter of chance. */
const leastCapacity = 512;
/** Scores that are seen before anything is predicted. */
const enough = 64;

/** What is measured of a number of samples by one exact pass, beside their scores. */
export interface Probe {
  /** ‖Gᵢ‖ of samples taken uniformly, exact. */
  readonly norms: ArrayLike<number>;
  /** Their scores. */
  readonly scores: ArrayLike<number>;
  /** ‖mean Gᵢ‖² of the same samples. */
  readonly meanSquare: number;
}

/** What may be known of samples beside their scores, each (n,). */
interface Known {
  /** What they are drawn by, where that is older than their scores: stale scores gain less, and may lose. */
  readonly drawnBy?: ArrayLike<number>;
  /** What they were trained on with before, ∞ if they never were: only what did not get better resists. */
  readonly before?: ArrayLike<number>;
  /** The weights that the user gives them: how far a sample is from being learned is told without. Default 1. */
  readonly given?: ArrayLike<number>;
  /** Unbiased weights, where these samples were drawn. */
  readonly weights?: ArrayLike<number>;
}

/** How a presample would be resampled. */
export interface Plan {
  readonly presample: number;
  readonly batch: number;
  readonly mixture: number;
  readonly resample: ResamplerName;
}

/** The samples that would be drawn. */
export interface Lean {
  /** Their mean score ÷ that of all. */
  readonly lead: number;
  /** Share of their scores that belongs to samples that resist training. */
  readonly resistance: number;
}

/**
 * How much shorter the steps of importance sampling are than uniform ones for the same mean: the realised variance gain
 * E‖g_U‖² / E‖g_IS‖², which is 1 where all samples are alike, and the factor by which a noise-limited training gets
 * further in a step (Johnson & Guestrin 2018, RAIS, eq. 12; McCandlish et al. 2018, eq. 2.7).
 *
 * Scores stand for ‖Gᵢ‖ up to a factor. What scores cannot tell is how much of a step is signal: that ‖E G‖² is measured
 * by probes with exact norms; until the first, all of a step counts as noise, which is the most that can be gained.
 */
export class GainMeter {
  private readonly latest: LatestScores;
  /** Moving averages of E s² under uniform, of E (w s)² as drawn, and of (b − 1)/B; what they weigh. */
  private uniformSquare = 0;
  private drawnSquare = 0;
  private poolNoise = 0;
  private weight = 0;
  /** ‖E G‖² / E‖G‖². */
  private signal: number | undefined;
  private probes = 0;

  /** @param largest the largest presample there may be; as many scores are remembered, and 512 at least. */
  constructor(largest: number) {
    this.latest = new LatestScores(Math.max(leastCapacity, largest));
  }

  /**
   * Takes in scores of samples: a uniform step's own, those of a presample, or, with its unbiased weights, those of an
   * importance step.
   *
   * @param known what is known of these samples beside: without it they are drawn by these very scores.
   */
  scored(own: ArrayLike<number>, known: Known = {}): void {
    const { drawnBy = own, before = drawnBy, given = new Float32Array(own.length).fill(1), weights } = known;
    this.latest.add({ own, drawnBy, before, given }, weights);
  }

  /**
   * Takes in an importance step: the scores that its own pass found, and the unbiased weights of its draw.
   *
   * @param pool B: independent draws have in common what the presample itself varies by; without replacement the weights
   *   tell all, and so they do of a systematic draw but for the samples that it takes more than once.
   */
  drawn(scores: ArrayLike<number>, weights: ArrayLike<number>, resample: ResamplerName, pool: number): void {
    let uniform = 0;
    let drawn = 0;
    for (let i = 0; i < scores.length; i++) {
      uniform += weights[i] * scores[i] ** 2;
      const times = scores.length / (pool * weights[i]);
      const repeated =
        resample === 'systematic' && times > 1 ? ((times % 1) * (1 - (times % 1))) / times + times - 1 : 0;
      drawn += (weights[i] * scores[i]) ** 2 * (1 + repeated);
    }
    this.uniformSquare = decay * this.uniformSquare + uniform / scores.length;
    this.drawnSquare = decay * this.drawnSquare + drawn / scores.length;
    this.poolNoise = decay * this.poolNoise + (resample === 'multinomial' ? (scores.length - 1) / pool : 0);
    this.weight = decay * this.weight + 1;
  }

  /** Takes in exact norms. The mean gradient of n samples is longer than that of all: ‖E G‖² = (n ‖ḡ‖² − E‖G‖²)/(n − 1). */
  probe({ norms, meanSquare }: Probe): void {
    const n = norms.length;
    let square = 0;
    for (let i = 0; i < n; i++) square += norms[i] ** 2 / n;
    if (n < 2 || !(square > 0)) return;
    const seen = Math.min(1, Math.max(0, (n * meanSquare - square) / ((n - 1) * square)));
    this.signal = this.signal === undefined ? seen : 0.5 * this.signal + 0.5 * seen;
    this.probes++;
  }

  /** Whether enough has been seen to predict anything. */
  get ready(): boolean {
    return this.latest.length >= enough;
  }

  /** Whether any of what was seen last had been trained on before: until then none can be seen to resist, or to give way. */
  get hasReturned(): boolean {
    return this.latest.take(Infinity).before.some((score) => score < Infinity);
  }

  /** Share of E‖g_U‖² that is noise, in [0, 1], for batches of b; `undefined` before the first probe. */
  noiseShare(batch: number): number | undefined {
    if (this.signal === undefined) return undefined;
    const noise = (1 - this.signal) / batch;
    return noise / (this.signal + noise);
  }

  /** The scores that were seen last. */
  get scores(): Float64Array {
    return this.latest.take(Infinity).own;
  }

  /** Gradient noise scale tr Σ / ‖E G‖², in samples (McCandlish et al. 2018, eq. 2.9). */
  get noiseScale(): number | undefined {
    return this.signal === undefined ? undefined : (1 - this.signal) / this.signal;
  }

  /** E s² / E (w s)² of the importance steps so far: 1 where they were no better than uniform ones. */
  get variance(): number | undefined {
    return this.weight > 0 && this.drawnSquare > 0 ? this.uniformSquare / this.drawnSquare : undefined;
  }

  /** E‖g_U‖² / E‖g_IS‖² of the importance steps so far. */
  realised(batch: number): number | undefined {
    if (this.variance === undefined) return undefined;
    const signal = this.signal ?? 0;
    const drawn = Math.max(0, 1 / this.variance - signal) + ((1 - signal) * this.poolNoise) / this.weight;
    return (signal + (1 - signal) / batch) / (signal + drawn / batch);
  }

  /** E‖g_U‖² / E‖g_IS‖² that steps of this plan would have, from the scores that were seen last. */
  predicted({ presample, batch, mixture, resample }: Plan): number {
    const { own: scores, drawnBy } = this.latest.take(presample);
    const B = scores.length;
    const b = Math.min(batch, B);
    let square = 0;
    for (const s of scores) square += s ** 2 / B;
    if (square === 0) return 1;
    const signal = (this.signal ?? 0) * square;
    const p = distribution(drawnBy, { mixture });
    // The presample itself is a uniform sample; drawing from it adds to that. Its mean is longer than E G by its own
    // noise, but where no sample comes twice that is what B − 1 for B takes back.
    const presampled = (square - signal) / B;
    const meanSquare = resample === 'multinomial' ? signal + presampled : signal;
    const noise = presampled + drawVariance(scores, p, b, resample, meanSquare);
    return (signal + (square - signal) / b) / (signal + noise);
  }

  /**
   * What the samples that this plan would draw are like, beside all: 1 and more in `lead` where they are harder by their
   * own scores, which may be newer than what they are drawn by. From as large a presample as is remembered, of which the
   * plan's share is drawn. `undefined` without any scores.
   */
  lean({ presample, batch, mixture, resample }: Plan): Lean | undefined {
    const { own, drawnBy, before, given } = this.latest.take(Infinity);
    const B = own.length;
    const b = Math.min(Math.round((batch / presample) * B), B);
    if (B === 0) return undefined;
    const p = distribution(drawnBy, { mixture });
    const pi = resample === 'without-replacement' ? inclusionProbabilities(p, b) : p.map((share) => b * share);
    const largest = largestGiven(own, given);
    let [all, drawn, resisting] = [0, 0, 0];
    for (let i = 0; i < B; i++) {
      const part = (pi[i] / b) * own[i];
      all += own[i] / B;
      drawn += part;
      if (resists(before[i], own[i], given[i] * largest)) resisting += part;
    }
    return drawn > 0 ? { lead: drawn / all, resistance: resisting / drawn } : undefined;
  }

  state(): GainMeterState {
    const { uniformSquare, drawnSquare, poolNoise, weight, signal, probes } = this;
    return { latest: this.latest.state(), uniformSquare, drawnSquare, poolNoise, weight, signal, probes };
  }

  restore({ latest, ...rest }: GainMeterState): void {
    this.latest.restore(latest);
    Object.assign(this, rest);
  }
}

export type GainMeterState = {
  readonly latest: LatestScoresState;
  readonly uniformSquare: number;
  readonly drawnSquare: number;
  readonly poolNoise: number;
  readonly weight: number;
  readonly signal: number | undefined;
  readonly probes: number;
};
