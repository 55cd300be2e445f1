import { GainMeter, Limit, largestRateFactor, presampleRatios, Response, Switch } from '../decision/index.ts';
import { selectRows } from '../learner/batch.ts';
import type { DrawRequest, StepResult } from '../learner/learner.ts';
import { biased } from '../sampling/bias.ts';
import { distribution } from '../sampling/distribution.ts';
import { Random } from '../sampling/random.ts';
import { resampler } from '../sampling/resamplers.ts';
import { largestScore } from '../sampling/scores.ts';
import { ess, TauAverage } from '../sampling/tau.ts';
import type { ImportanceOptions } from './importance.ts';
import type { Context, Iterate, Pick, Pool, Sampler, SamplerReport, State } from './method.ts';
import { NoiseGuard } from './noise-guard.ts';
import { ScoreMemory } from './score-memory.ts';

export type ImportanceSettings = Required<Omit<ImportanceOptions, 'name' | 'scores' | 'presample'>> & {
  readonly scores: ImportanceOptions['scores'];
  readonly presample: ImportanceOptions['presample'];
};

/** Times that a sample resists before it is spoken of. */
const stubbornAfter = 5;
/** k of the weights where samples learn best what they are drawn for: none at all. */
const leastPower = 0;
/** Exact norms may take this share of the time; the first look at them waits as if it took this many first steps. */
const probeShare = 0.005;
const firstProbe = 20;

/** Samples of which some are to be trained on. */
interface Presample {
  readonly indices: Int32Array;
  /** Absent until a forward pass has found them. */
  readonly scores?: Float32Array;
  /** What the samples are drawn by, if not by these scores. */
  readonly priorities?: Float32Array;
  /** The samples themselves, where they have been fetched. */
  readonly pool?: Pool;
}

/** Algorithm 1; see `importance`. */
export class ImportanceSampler implements Sampler {
  private readonly stored: boolean;
  private memory: ScoreMemory | undefined;
  private readonly meter: GainMeter;
  private readonly limit = new Limit();
  private readonly response = new Response();
  private readonly guard: NoiseGuard;
  private readonly switch: Switch;
  private tau: TauAverage;
  private random: Random;
  private step = 0;
  /** The presample that is drawn from again, and how often still. */
  private kept: { presample: Presample; left: number } | undefined;
  /** Why scoring and training take two passes, once that is known. */
  private twoPasses: string | undefined;
  private probing = { spent: 0, last: 0, possible: true };

  constructor(
    private readonly settings: ImportanceSettings,
    private readonly context: Context,
  ) {
    const { learner, length, batchSize, costs, random } = context;
    const { score, reuse, mixture, resample, start, learningRate, guard, tau, tauDecay } = settings;
    learner.requireScore(score);
    this.stored = length !== undefined && isStored(settings);
    if (this.stored) this.memory = new ScoreMemory(length!);
    const ratios = ratiosOf(settings, this.stored, (length ?? Infinity) / batchSize);
    this.meter = new GainMeter(Math.ceil(Math.max(...presampleRatios, ...ratios) * batchSize));
    const options = {
      start,
      ratios,
      mixture,
      resample,
      rateFollows: learningRate === 'gain',
      free: this.stored,
      reuse,
    };
    this.switch = new Switch(options, costs, this.meter, this.limit);
    this.guard = new NoiseGuard(guard);
    this.tau = new TauAverage({ form: tau, decay: tauDecay });
    this.random = random;
  }

  async draw(b: number, iterate?: Iterate): Promise<Pick> {
    const { source, progress, batchSize } = this.context;
    const { end } = this.settings;
    const ending = end > 0 && progress() >= 1 - end;
    const ready = this.memory === undefined || this.memory.unseen === 0;
    const switched = this.switch.decide(this.tau.value, batchSize, { ending, ready });
    const other = !ending && ready && this.switch.timing();
    if (this.switch.on !== other) return this.byImportance(b, switched, iterate);
    this.kept = undefined;
    const pool = await source.next(b);
    await this.probe(pool);
    return { ...pool, report: { ...this.report(switched), phase: 'uniform' } };
  }

  /** One pass where that is possible, otherwise a pass that scores, unless the scores are known, and a draw on the host. */
  private async byImportance(b: number, switched: SamplerReport['switched'], iterate?: Iterate): Promise<Pick> {
    const { score, mixture, resample, weightBound, learningRate } = this.settings;
    const { weightPower } = this;
    const { learner, source } = this.context;
    const presample = await this.presample(b);
    const { indices, pool } = presample;
    const size = Math.min(b, indices.length);
    const draw = resampler(resample);
    const numbers = draw.numbers(indices.length, size, this.random);
    const gain = this.meter.realised(b) ?? 1;
    const rateFactor = learningRate === 'gain' ? Math.min(largestRateFactor, Math.max(1, gain)) : undefined;
    const cap = this.guard.limit;
    const request = { size, score, resample, mixture, weightPower, weightBound, cap, numbers, indices };
    const one = presample.scores ? undefined : await this.inOnePass(pool!, request, iterate, rateFactor);

    const found = one?.poolScores ?? presample.scores ?? (await learner.scores(pool!.batch, score));
    this.keep(presample, found);
    if (!presample.scores || this.stored) this.meter.uniform(found);
    this.tau.update(found);
    const scores = presample.priorities ?? found.slice();
    const capped = this.guard.cap(scores);
    const g = distribution(scores, { mixture, indices });
    const { rows, weights: unbiased } = one ? { ...one, weights: one.unbiased } : draw.from(g, size, numbers);
    const chosen = rows.map((row) => indices[row]);
    return {
      indices: chosen,
      batch: pool ? selectRows(pool.batch, rows) : await source.at(chosen),
      weights: one?.weights ?? biased(unbiased, weightPower).map((w) => Math.min(w, weightBound)),
      unbiased,
      rateFactor,
      result: one,
      report: {
        ...this.report(switched),
        phase: 'importance',
        ess: ess(g) / g.length,
        scores: found,
        ...(this.memory && { staleness: this.memory.staleness(indices, this.step) }),
        ...(capped.length > 0 && { capped: Int32Array.from(capped, (row) => indices[row]) }),
      },
    };
  }

  /** k of the weights wᵏ now. */
  private get weightPower(): number {
    const { weightPower } = this.settings;
    if (weightPower !== 'measured') return weightPower;
    return this.memory ? this.response.power(leastPower) : 1;
  }

  private async inOnePass(pool: Pool, request: DrawRequest, iterate?: Iterate, rateFactor?: number) {
    const answer = await iterate?.(pool, request, rateFactor);
    this.twoPasses = answer && 'why' in answer ? answer.why : undefined;
    return answer && 'why' in answer ? undefined : answer;
  }

  /** B samples, with their scores if these are stored or kept from a step before. */
  private async presample(b: number): Promise<Presample> {
    const { source } = this.context;
    const B = Math.round(this.switch.ratio * b);
    if (this.memory) {
      const indices = source.nextIndices(B);
      return { indices, scores: this.memory.scores(indices), priorities: this.memory.priorities(indices) };
    }
    // One that was kept in a smaller last step of an epoch would not do for a whole one.
    if (this.kept && this.kept.left > 0 && this.kept.presample.indices.length >= B) {
      this.kept.left--;
      return this.kept.presample;
    }
    const pool = await source.next(B);
    return { pool, indices: pool.indices };
  }

  /** A presample that has just been scored is drawn from again `reuse` − 1 times. */
  private keep(presample: Presample, scores: Float32Array): void {
    const { reuse } = this.settings;
    if (reuse > 1 && presample.scores === undefined)
      this.kept = { presample: { ...presample, scores }, left: reuse - 1 };
  }

  private report(switched: SamplerReport['switched']) {
    const { tau, meter, limit, context } = this;
    const { ratio, weighed } = this.switch;
    return {
      tau: tau.value,
      threshold: this.switch.threshold,
      presample: ratio,
      gain: meter.realised(context.batchSize) ?? weighed?.gain,
      worth: weighed?.worth,
      cost: weighed?.cost,
      noiseShare: meter.noiseShare(context.batchSize),
      fall: limit.fall,
      left: this.response.left,
      weightPower: this.weightPower,
      switched,
    };
  }

  /** Looks at exact norms now and then, for what scores cannot tell. Takes a fixed small share of the time. */
  private async probe({ batch }: Pool): Promise<void> {
    const { learner, costs, batchSize, seconds } = this.context;
    const { probing } = this;
    const first = costs.first;
    if (!probing.possible || first === undefined || this.settings.start !== 'measured') return;
    const expected = probing.last || firstProbe * first * batchSize;
    if (probing.spent + expected > probeShare * seconds()) return;
    const from = seconds();
    try {
      const norms = await learner.scores(batch, 'gradient-norm');
      const { gradient, scores, losses } = await learner.gradient(batch);
      let meanSquare = 0;
      for (const part of gradient) for (const value of part) meanSquare += value * value;
      this.meter.probe({ norms, scores: scores ?? losses, meanSquare });
    } catch {
      // A model whose norms cannot be had is trained without them.
      probing.possible = false;
    }
    const took = seconds() - from;
    probing.spent += took;
    // The first look pays for compilation; the next ones are cheaper than it.
    probing.last = probing.last === 0 ? took / 2 : took;
  }

  /** A uniform step's own scores keep τ up to date; an importance step has already told what it saw of its pool. */
  observe({ indices, unbiased, report }: Pick, { losses, scores }: StepResult): void {
    const { score, resample } = this.settings;
    const own = score === 'uniform' ? losses.map(() => 1) : ((score === 'loss' ? losses : scores) ?? losses);
    // What is no importance is named before it is stored.
    largestScore(own, indices);
    const step = this.step++;
    if (this.memory && report.phase === 'importance') this.response.observe(this.memory.scores(indices), own);
    this.memory?.store(indices, own, step);
    if (report.phase === 'uniform') {
      this.tau.update(own);
      // A pass does not tell exact norms, and what it tells instead is of another size.
      if (score !== 'gradient-norm') this.meter.uniform(own);
    } else this.meter.drawn(own, unbiased!, resample, report.scores!.length);
    if (this.step % 20 === 0) this.guard.learn(this.meter.scores);
    let loss = 0;
    for (let i = 0; i < losses.length; i++) loss += ((unbiased?.[i] ?? 1) * losses[i]) / losses.length;
    this.limit.observe(loss);
  }

  explain(): string {
    const { memory, meter, context, settings } = this;
    if (memory !== undefined && memory.unseen > 0) {
      return `importance sampling has not begun: ${memory.unseen} of ${context.length} samples have no score yet, which the first pass over the data gives them`;
    }
    const realised = meter.realised(context.batchSize);
    const noise = meter.noiseShare(context.batchSize);
    const parts = [
      `${this.switch.on ? 'on' : 'off'}, τ ${this.tau.value.toFixed(2)}`,
      settings.start === 'measured' && this.switch.standing,
      realised !== undefined &&
        `E‖g‖² of the unbiased step realised ${realised.toFixed(2)} times smaller than a uniform one's`,
      noise !== undefined && `${(100 * noise).toFixed(0)} % of a uniform step is noise`,
      ...this.leaning(),
      this.twoPasses && `a pass to score and one to train: ${this.twoPasses}`,
    ];
    return parts.filter((part) => part !== false && part !== undefined).join('; ');
  }

  /** How far the weights lean towards the hard samples, why, and which of these are left alone. */
  private *leaning(): Generator<string> {
    const { memory, response, weightPower, settings } = this;
    if (memory === undefined || settings.weightPower !== 'measured' || response.left === undefined) return;
    const kept = `the samples drawn keep ${(100 * response.left).toFixed(0)} % of their scores at each visit`;
    if (weightPower === 1) yield `weights are unbiased: ${kept}, too much to lean towards them`;
    else yield `weights w^${weightPower.toFixed(1)} lean towards hard samples: ${kept}`;
    const stubborn = memory.stubborn(stubbornAfter, 1000);
    if (stubborn.length === 0) return;
    const list = `${stubborn.slice(0, 5).join(', ')}${stubborn.length > 5 ? ', …' : ''}`;
    const number = stubborn.length === 1000 ? '1,000 samples or more' : `${stubborn.length} samples`;
    yield `${number} kept theirs ${stubbornAfter} times and more, as wrong labels do, and are drawn less for it: ${list}`;
  }

  state(): State {
    const { length } = this.context;
    return {
      tau: this.tau.state(),
      switch: this.switch.state(),
      meter: this.meter.state(),
      limit: this.limit.state(),
      response: this.response.state(),
      guard: this.guard.state(),
      memory: this.memory?.state() ?? null,
      random: this.random.state(),
      step: this.step,
      // A stream cannot give the same samples again; what was kept of it is left out.
      kept:
        this.kept && length !== undefined
          ? { indices: this.kept.presample.indices, scores: this.kept.presample.scores, left: this.kept.left }
          : null,
      probing: { ...this.probing },
    } as unknown as State;
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    this.tau = new TauAverage(saved.tau);
    this.switch.restore(saved.switch);
    this.meter.restore(saved.meter);
    this.limit.restore(saved.limit);
    this.response.restore(saved.response);
    this.guard.restore(saved.guard);
    if (saved.memory) this.memory = new ScoreMemory(saved.memory.values.length, saved.memory);
    this.random = Random.from(saved.random);
    this.step = saved.step;
    this.kept = saved.kept ? { presample: saved.kept, left: saved.kept.left } : undefined;
    this.probing = { ...saved.probing };
  }
}

interface Saved {
  readonly tau: ReturnType<TauAverage['state']>;
  readonly switch: ReturnType<Switch['state']>;
  readonly meter: ReturnType<GainMeter['state']>;
  readonly limit: Float64Array;
  readonly response: ReturnType<Response['state']>;
  readonly guard: number;
  readonly memory: ReturnType<ScoreMemory['state']> | null;
  readonly random: number[];
  readonly step: number;
  readonly kept: { readonly indices: Int32Array; readonly scores: Float32Array; readonly left: number } | null;
  readonly probing: { spent: number; last: number; possible: boolean };
}

/** Scores are stored unless that is not wanted, or a sample whose score is zero would never be looked at again. */
export function isStored({ scores, reuse, mixture }: ImportanceSettings): boolean {
  return scores !== 'fresh' && reuse === 1 && mixture > 0;
}

/** The ratios to weigh for these settings, none of which asks for more samples than there are. */
export function ratiosOf({ presample }: ImportanceSettings, stored: boolean, most: number): readonly number[] {
  const wanted = presample ?? (stored ? 5 : 'measured');
  if (wanted !== 'measured') return [presample === undefined ? Math.min(wanted, most) : wanted];
  const possible = presampleRatios.filter((ratio) => ratio <= most);
  return possible.length > 0 ? possible : [Math.max(1, most)];
}
