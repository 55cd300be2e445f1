import { Timing } from '../../decision/index.ts';
import { selectRows } from '../../learner/batch.ts';
import type { StepResult } from '../../learner/learner.ts';
import { Random } from '../../sampling/random.ts';
import { resampler } from '../../sampling/resamplers.ts';
import { largestScore } from '../../sampling/scores.ts';
import type { Context, Pick, Resample, Sampler, Standing, State } from '../method.ts';
import { partOfStep } from '../part-of-step.ts';
import { type ImportanceSettings, ratiosOf, scoresOf } from './importance-options.ts';
import { Instruments, type InstrumentsState } from './instruments.ts';
import { Reused } from './reused.ts';

/** Algorithm 1 of the paper: presample B uniformly, score them in a forward pass, train on b drawn by their scores. */
export class AlgorithmOne implements Sampler {
  private readonly measured: Instruments;
  private readonly timing: Timing;
  private readonly reused: Reused;
  private random: Random;
  /** Whether the last draw was uniform; the next one is likely to be so too. */
  private uniformly = true;

  constructor(
    private readonly settings: ImportanceSettings,
    private readonly context: Context,
  ) {
    const { learner, costs, length = Infinity, batchSize, random } = context;
    const { score, reuse, costs: costsOf, rule } = settings;
    learner.requireScore(score);
    const assumed = costsOf === 'measured' ? undefined : rule.forward;
    const cost = (ratio: number) => {
      const whole = costs.relative(ratio, assumed);
      return whole && 1 + (whole - 1) / reuse;
    };
    this.measured = new Instruments(settings, context, {
      ratios: ratiosOf(settings, false, length / batchSize),
      stored: false,
      cost,
    });
    // Exact norms are told by no uniform step.
    const unseen = assumed === undefined || score === 'gradient-norm';
    this.timing = new Timing(unseen && settings.start === 'measured', costs, cost);
    this.reused = new Reused(reuse, context.source);
    this.random = random;
  }

  async draw(b: number): Promise<Pick | Resample> {
    const { measured, settings } = this;
    const switched = measured.turn();
    const report = measured.report(switched);
    this.uniformly = measured.switch.on === this.timing.due(measured.switch.on, measured.ratio);
    if (this.uniformly) {
      this.reused.forget();
      return { ...(await this.context.source.next(b)), report: { ...report, phase: 'uniform' } };
    }
    const { batchSize } = this.context;
    const [asked, whole] = [Math.round(measured.ratio * b), Math.round(measured.ratio * batchSize)];
    const { pool, scores } = await this.reused.next(asked);
    const { score, resample, mixture, weightPower, weightBound } = settings;
    const [B, size] = [pool.batch.size, Math.min(b, pool.batch.size)];
    const numbers = resampler(resample).numbers(B, size, this.random);
    const cap = measured.guard.limit;
    const power = weightPower === 'measured' ? 1 : weightPower;
    const request = {
      size,
      score,
      resample,
      mixture,
      weightPower: power,
      weightBound,
      cap,
      numbers,
      indices: pool.indices,
    };
    return {
      pool,
      learner: this.context.learner,
      scores,
      request,
      rateFactor: measured.rateFactor,
      share: partOfStep(this.context, pool, asked, whole),
      report: { ...report, phase: 'importance' },
    };
  }

  soon(sizes: readonly number[]): void {
    if (this.uniformly) this.context.source.soon?.(sizes);
    else this.reused.soon(sizes.map((b) => Math.round(this.measured.ratio * b)));
  }

  async observe(pick: Pick, result: StepResult): Promise<void> {
    const { score } = this.settings;
    const own = scoresOf(score, result);
    largestScore(own, pick.indices);
    const { report, drawnFrom } = pick;
    if (report.phase === 'importance') {
      this.measured.meter.scored(report.scores!);
      this.reused.scored(drawnFrom!, report.scores!);
    }
    // A pass does not tell exact norms, and what it tells instead is of another size.
    else if (score !== 'gradient-norm') this.measured.meter.scored(own);
    this.measured.observe(pick, own);
    // The first rows of a presample are as uniform as any.
    const rows = () => Int32Array.from({ length: pick.batch.size }, (_, row) => row);
    await this.measured.look(() => (drawnFrom ? selectRows(drawnFrom.batch, rows()) : pick.batch));
  }

  explain = (): Standing => this.measured.explain();

  state(): State {
    const { measured, timing, reused, random } = this;
    const parts = { measured: measured.state(), timing: timing.state(), reused: reused.state() };
    return { ...parts, random: random.state() } satisfies Saved;
  }

  restore(state: State): void {
    const saved = state as Saved;
    this.measured.restore(saved.measured);
    this.timing.restore(saved.timing);
    this.reused.restore(saved.reused);
    this.random = Random.from(saved.random);
  }
}

type Saved = {
  readonly measured: InstrumentsState;
  readonly timing: ReturnType<Timing['state']>;
  readonly reused: State;
  readonly random: number[];
};
