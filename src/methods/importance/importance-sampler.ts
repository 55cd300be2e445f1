import {
  GainMeter,
  Limit,
  largestRateFactor,
  powerAt,
  presampleRatios,
  Response,
  Switch,
} from '../../decision/index.ts';
import { greatest } from '../../extent.ts';
import { type ModelBatch, rowsOf, selectRows } from '../../learner/batch.ts';
import type { DrawRequest, StepResult } from '../../learner/learner.ts';
import { biased } from '../../sampling/bias.ts';
import { Random } from '../../sampling/random.ts';
import { resampler } from '../../sampling/resamplers.ts';
import { largestScore } from '../../sampling/scores.ts';
import { ess, TauAverage } from '../../sampling/tau.ts';
import type { Context, Iterate, Pick, Pool, Sampler, SamplerReport, Source, State } from '../method.ts';
import { choose, rehearse } from './choose.ts';
import { type ImportanceSettings, ratiosOf } from './importance-options.ts';
import { importanceWords } from './importance-words.ts';
import { NoiseGuard } from './noise-guard.ts';
import { NormProbe } from './norm-probe.ts';
import { type Presample, Presamples } from './presamples.ts';

/** Algorithm 1; see `importance`. */
export class ImportanceSampler implements Sampler {
  private readonly presamples: Presamples;
  private readonly meter: GainMeter;
  private readonly probe: NormProbe;
  private readonly limit = new Limit();
  private readonly response = new Response();
  private readonly guard: NoiseGuard;
  private readonly switch: Switch;
  private tau: TauAverage;
  private random: Random;
  private step = 0;
  /** A uniform batch of the last presample, for a look at exact norms. */
  private uniformBatch: (() => ModelBatch | Promise<ModelBatch>) | undefined;
  /** Why scoring and training take two passes, once that is known. */
  private twoPasses: string | undefined;

  constructor(
    private readonly settings: ImportanceSettings,
    private readonly context: Context,
  ) {
    const { learner, length, batchSize, costs, random } = context;
    const { score, reuse, mixture, resample, start, learningRate, guard, tau, tauDecay } = settings;
    learner.requireScore(score);
    this.presamples = new Presamples(settings, context);
    const free = this.presamples.memory !== undefined;
    const ratios = ratiosOf(settings, free, (length ?? Infinity) / batchSize);
    this.meter = new GainMeter(Math.ceil(greatest([...presampleRatios, ...ratios]) * batchSize));
    this.probe = new NormProbe(context, this.meter);
    const options = {
      start,
      ratios,
      mixture,
      resample,
      rateFollows: learningRate === 'gain',
      free,
      reuse,
      weightPower: free ? settings.weightPower : 1,
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
    const switched = this.switch.decide(this.tau.value, batchSize, ending);
    const timing = !ending && this.switch.timing();
    if (timing && this.presamples.memory) this.rehearse(b);
    else if (this.switch.on !== timing) return this.byImportance(b, switched, iterate);
    this.presamples.forget();
    const pool = await source.next(b);
    if (this.probes) await this.probe.look(() => pool.batch);
    return { ...pool, report: { ...this.report(switched), phase: 'uniform' } };
  }

  /** One pass where that is possible, otherwise a pass that scores, unless the scores are known, and a draw on the host. */
  private async byImportance(b: number, switched: SamplerReport['switched'], iterate?: Iterate): Promise<Pick> {
    const { score, mixture, resample, weightBound, learningRate } = this.settings;
    const { weightPower, step } = this;
    const { memory } = this.presamples;
    const { learner, source, costs, seconds } = this.context;
    const from = seconds();
    const presample = await this.presamples.next(Math.round(this.switch.ratio * b));
    const { indices, pool } = presample;
    const size = Math.min(b, indices.length);
    const numbers = resampler(resample).numbers(indices.length, size, this.random);
    const gain = this.meter.realised(b) ?? 1;
    const rateFactor = learningRate === 'gain' ? Math.min(largestRateFactor, Math.max(1, gain)) : undefined;
    const cap = this.guard.limit;
    const request = { size, score, resample, mixture, weightPower, weightBound, cap, numbers, indices };
    const one = presample.scores ? undefined : await this.inOnePass(pool!, request, iterate, rateFactor);

    const found = one?.poolScores ?? presample.scores ?? (await learner.scores(pool!.batch, score));
    this.presamples.scored(presample, found);
    if (!presample.scores) this.meter.scored(found);
    this.tau.update(found);
    const { g, capped, rows, unbiased } = choose(presample, found, request, this.guard, one);
    const chosen = rows.map((row) => indices[row]);
    const weights = one?.weights ?? biased(unbiased, weightPower).map((w) => Math.min(w, weightBound));
    if (presample.scores) costs.recordDraw(size, seconds() - from);
    // The first rows of a presample are as uniform as any; they are not fetched before a look is due.
    if (this.probes) this.uniformBatch = () => firstOf(presample, size, source);
    return {
      indices: chosen,
      batch: pool ? (one ? rowsOf : selectRows)(pool.batch, rows) : await source.at(chosen),
      weights,
      unbiased,
      rateFactor,
      result: one,
      report: {
        ...this.report(switched),
        phase: 'importance',
        ess: ess(g) / g.length,
        scores: found,
        ...(memory && { staleness: memory.staleness(indices, step) }),
        ...(capped.length > 0 && { capped: Int32Array.from(capped, (row) => indices[row]) }),
      },
    };
  }

  private rehearse(b: number): void {
    const { costs, seconds, length } = this.context;
    const { mixture, resample } = this.settings;
    const from = seconds();
    const B = Math.round(this.switch.ratio * b);
    const choice = { B, size: Math.min(b, B), mixture, resample, length: length! };
    rehearse((indices) => this.presamples.stored(indices), choice, this.guard, this.random.fork('rehearsal'));
    costs.recordDraw(b, seconds() - from);
  }

  /** Whether what is decided depends on how much of a step is noise. */
  private get probes(): boolean {
    return this.settings.start === 'measured' || this.settings.learningRate === 'gain';
  }

  /** k of the weights wᵏ now. */
  private get weightPower(): number {
    const { weightPower } = this.settings;
    if (weightPower !== 'measured') return weightPower;
    return this.presamples.memory ? powerAt(this.response.resistance ?? this.switch.resistance) : 1;
  }

  private async inOnePass(pool: Pool, request: DrawRequest, iterate?: Iterate, rateFactor?: number) {
    const answer = await iterate?.(pool, request, rateFactor);
    this.twoPasses = answer && 'why' in answer ? answer.why : undefined;
    return answer && 'why' in answer ? undefined : answer;
  }

  private report(switched: SamplerReport['switched']) {
    const { tau, meter, limit, context } = this;
    const { ratio, weighed } = this.switch;
    return {
      tau: tau.value,
      threshold: this.switch.threshold,
      presample: ratio,
      gain: (this.switch.on ? meter.realised(context.batchSize) : undefined) ?? weighed?.gain,
      worth: weighed?.worth,
      cost: weighed?.cost,
      noiseShare: meter.noiseShare(context.batchSize),
      fall: limit.fall,
      resistance: this.response.resistance,
      weightPower: this.weightPower,
      switched,
    };
  }

  /** A uniform step's own scores keep τ up to date; an importance step has already told what it saw of its pool. */
  async observe({ indices, unbiased, report }: Pick, { losses, scores }: StepResult): Promise<void> {
    const { score, resample } = this.settings;
    const own = score === 'uniform' ? losses.map(() => 1) : ((score === 'loss' ? losses : scores) ?? losses);
    // What is no importance is named before it is stored.
    largestScore(own, indices);
    const step = this.step++;
    const { memory } = this.presamples;
    const uniformly = report.phase === 'uniform';
    let drawnBy = own;
    if (memory) {
      const before = memory.before(indices);
      if (!uniformly) this.response.observe(before, own, memory.largest);
      drawnBy = uniformly ? memory.asPresample(indices, own) : memory.priorities(indices);
      this.meter.scored(own, { drawnBy, before, weights: unbiased });
      memory.store(indices, own, step, !uniformly);
    }
    if (uniformly) {
      this.tau.update(drawnBy);
      // A pass does not tell exact norms, and what it tells instead is of another size.
      if (!memory && score !== 'gradient-norm') this.meter.scored(own);
    } else this.meter.drawn(own, unbiased!, resample, report.scores!.length);
    if (this.step % 20 === 0) this.guard.learn(this.meter.scores);
    let loss = 0;
    for (let i = 0; i < losses.length; i++) loss += ((unbiased?.[i] ?? 1) * losses[i]) / losses.length;
    this.limit.observe(loss);
    // Here, and not in the draw, so that it is no part of what a step is measured to cost.
    const { uniformBatch } = this;
    this.uniformBatch = undefined;
    if (uniformBatch) await this.probe.look(uniformBatch);
  }

  explain(): string {
    const { meter, context, settings, response, weightPower } = this;
    const { memory } = this.presamples;
    return importanceWords({
      ...{ settings, memory, length: context.length, twoPasses: this.twoPasses },
      ...{ on: this.switch.on, standing: this.switch.standing, tau: this.tau.value },
      realised: meter.realised(context.batchSize),
      noise: meter.noiseShare(context.batchSize),
      resistance: response.resistance,
      weightPower,
    });
  }

  /** All that has a state of its own and can take it back. */
  private get parts(): Record<string, { state(): unknown; restore(state: never): void }> {
    const { presamples, meter, probe, limit, response, guard } = this;
    return { presamples, meter, probe, limit, response, guard, switch: this.switch };
  }

  state(): State {
    const parts = Object.entries(this.parts).map(([name, part]) => [name, part.state()]);
    const { tau, random, step } = this;
    return { ...Object.fromEntries(parts), tau: tau.state(), random: random.state(), step };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    for (const [name, part] of Object.entries(this.parts)) part.restore(saved[name] as never);
    this.tau = new TauAverage(saved.tau);
    this.random = Random.from(saved.random);
    this.step = saved.step;
  }
}

/** The first `size` samples of a presample. */
function firstOf({ indices, pool }: Presample, size: number, source: Source): ModelBatch | Promise<ModelBatch> {
  return pool
    ? selectRows(
        pool.batch,
        Array.from({ length: size }, (_, row) => row),
      )
    : source.at(indices.subarray(0, size));
}

interface Saved {
  readonly tau: ReturnType<TauAverage['state']>;
  readonly random: number[];
  readonly step: number;
  readonly [part: string]: unknown;
}
