import { Fitted, type Reason } from '../../decision/index.ts';
import type { StepResult } from '../../learner/learner.ts';
import { biased } from '../../sampling/bias.ts';
import { distribution } from '../../sampling/distribution.ts';
import { Random } from '../../sampling/random.ts';
import { resampler } from '../../sampling/resamplers.ts';
import { largestScore } from '../../sampling/scores.ts';
import { Shuffle, type ShuffleState } from '../../sampling/shuffle.ts';
import { ess } from '../../sampling/tau.ts';
import { EarlyDraw } from '../early-draw.ts';
import type { Context, Pick, Sampler, Source, Standing, State } from '../method.ts';
import { givenWeights, observeFitted } from './comparable-losses.ts';
import { type ImportanceSettings, ratiosOf, scoresOf } from './importance-options.ts';
import { Instruments, type InstrumentsState } from './instruments.ts';
import { ScoreMemory, type ScoreMemoryState } from './score-memory.ts';

/** Times that a sample resists before it is spoken of, and samples that are counted. */
const stubbornAfter = 5;
const mostStubborn = 1000;

/**
 * Importance sampling by stored scores: a presample is indices in an order of their own, scored by the last pass each
 * sample was trained in. Only what is drawn is fetched, and nothing is passed forward twice.
 */
export class StoredImportance implements Sampler {
  private readonly measured: Instruments;
  private readonly memory: ScoreMemory;
  private readonly fitted: Fitted;
  /** From the first step on presamples are of all samples, whatever the epoch has come to. */
  private order: Shuffle;
  private random: Random;
  /** The last presample, whose first samples are as uniform as any. */
  private presample: Int32Array = new Int32Array(0);
  /** What the last draw was by (b,). */
  private drawnBy: Float32Array = new Float32Array(0);
  private readonly early: EarlyDraw<Choice>;

  constructor(
    private readonly settings: ImportanceSettings,
    private readonly context: Context,
  ) {
    const { learner, batchSize, random } = context;
    const length = context.length!;
    learner.requireScore(settings.score);
    this.fitted = new Fitted(length);
    this.measured = new Instruments(settings, context, {
      ratios: ratiosOf(settings, true, length / batchSize),
      stored: true,
      cost: () => 1 + settings.rule.draw,
      fitted: this.fitted,
    });
    this.memory = new ScoreMemory(length);
    this.order = new Shuffle(length, random.fork('presamples'));
    this.random = random;
    this.early = new EarlyDraw((size) => this.choose(size), settings.ahead ? batchSize : undefined);
  }

  async draw(b: number): Promise<Pick> {
    const { measured } = this;
    const { source } = this.context;
    const switched = measured.turn();
    const report = measured.report(switched);
    if (!measured.switch.on) {
      this.early.drop();
      return { ...(await source.next(b)), report: { ...report, phase: 'uniform' } };
    }
    const { step, presample, indices, drawnBy, unbiased, ess, scores, staleness, capped } = this.early.take(b);
    this.presample = presample;
    this.drawnBy = drawnBy;
    const { weightBound } = this.settings;
    const weights = biased(unbiased, measured.weightPower).map((w) => Math.min(w, weightBound));
    return {
      indices,
      batch: await source.at(indices),
      weights,
      unbiased,
      rateFactor: measured.rateFactor,
      report: {
        ...report,
        phase: 'importance',
        ess,
        scores,
        staleness: staleness + (measured.step - step),
        ...(capped.length > 0 && { capped }),
      },
    };
  }

  private choose(b: number): Choice {
    const { measured, memory, settings } = this;
    const presample = this.order.next(Math.round(measured.ratio * b));
    const priorities = memory.priorities(presample);
    const drawn = priorities.slice();
    const capped = measured.guard.cap(drawn);
    const g = distribution(drawn, { mixture: settings.mixture, indices: presample });
    const { rows, weights } = resampler(settings.resample)(g, Math.min(b, presample.length), this.random);
    return {
      step: measured.step,
      presample,
      indices: rows.map((row) => presample[row]),
      drawnBy: Float32Array.from(rows, (row) => priorities[row]),
      unbiased: weights,
      ess: ess(g) / g.length,
      scores: memory.scores(presample),
      staleness: memory.staleness(presample, measured.step),
      capped: Int32Array.from(capped, (row) => presample[row]),
    };
  }

  soon(sizes: readonly number[]): void {
    const { source } = this.context;
    const known = this.early.known(sizes[0]);
    if (!this.measured.switch.on) source.soon?.(sizes);
    else if (known) source.soonAt?.(known);
  }

  async observe(pick: Pick, result: StepResult): Promise<void> {
    const { measured, memory, context } = this;
    const { indices, unbiased, report } = pick;
    const own = scoresOf(this.settings.score, result);
    // What is no importance is named before it is stored.
    largestScore(own, indices);
    const uniformly = report.phase === 'uniform';
    const before = memory.before(indices);
    const drawnBy = uniformly ? memory.asPresample(indices, own) : this.drawnBy;
    const given = givenWeights(pick.batch);
    measured.meter.scored(own, { drawnBy, before, given, weights: unbiased });
    observeFitted(this.fitted, pick, result, (k) => before[k] !== Infinity);
    memory.store(indices, own, measured.step, { drawn: !uniformly, given });
    measured.observe(pick, own, drawnBy);
    const { presample } = this;
    await measured.look(() => (uniformly ? pick.batch : context.source.at(presample.subarray(0, indices.length))));
  }

  validated(loss: number): void {
    this.fitted.validated(loss);
  }

  explain(): Standing {
    const { details, ...told } = this.measured.explain();
    const { memory, context } = this;
    const reason = memory.unseen > context.length! / 2 ? withoutWorth(told.reason) : told.reason;
    const { value } = this.fitted;
    const more = [
      value !== undefined && `samples that came again lately lost ${value.toFixed(2)} of what new ones do`,
      memory.unseen > 0 && `${memory.unseen} of ${context.length} samples have no score yet`,
      stubborn(memory.stubborn(stubbornAfter, mostStubborn), context.source.place),
    ].filter((part) => typeof part === 'string');
    return { reason, details: [...details, ...more] };
  }

  state(): State {
    const { measured, memory, fitted, order, random } = this;
    const parts = { measured: measured.state(), memory: memory.state(), fitted: fitted.state(), order: order.state() };
    return { ...parts, random: random.state(), early: this.early.state() } satisfies Saved;
  }

  restore(state: State): void {
    const saved = state as Saved;
    this.measured.restore(saved.measured);
    this.memory.restore(saved.memory);
    this.fitted.restore(saved.fitted);
    this.order = Shuffle.from(saved.order);
    this.random = Random.from(saved.random);
    this.early.restore(saved.early);
  }
}

function stubborn(samples: readonly number[], called: Source['place'] = (index) => index): string | undefined {
  if (samples.length === 0) return undefined;
  const one = samples.length === 1;
  const number =
    samples.length === mostStubborn ? '1,000 samples or more' : `${samples.length} ${one ? 'sample' : 'samples'}`;
  const named = `${samples.slice(0, 5).map(called).join(', ')}${samples.length > 5 ? ', …' : ''}`;
  return `${number} did not get better in ${stubbornAfter} draws or more and ${one ? 'is' : 'are'} drawn less for it: ${named}`;
}

type Saved = {
  readonly measured: InstrumentsState;
  readonly memory: ScoreMemoryState;
  readonly fitted: ReturnType<Fitted['state']>;
  readonly order: ShuffleState;
  readonly random: number[];
  readonly early: Choice | null;
};

/** A draw. */
type Choice = {
  /** The step whose scores it is by. */
  readonly step: number;
  readonly presample: Int32Array;
  readonly indices: Int32Array;
  /** (b,) */
  readonly drawnBy: Float32Array;
  readonly unbiased: Float64Array;
  /** ESS as a share of the presample. */
  readonly ess: number;
  /** Of the presample. */
  readonly scores: Float32Array;
  readonly staleness: number;
  readonly capped: Int32Array;
};

/** A reason without what a step is worth: by scores that most samples do not have yet, that says nothing of them. */
function withoutWorth(reason: Reason): Reason {
  return reason.by === 'policy' && reason.decision?.against === 'worth' ? { ...reason, decision: undefined } : reason;
}
