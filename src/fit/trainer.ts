import type * as tf from '@tensorflow/tfjs';
import { withSamplesCalled } from '../errors.ts';
import type { Learner } from '../learner/learner.ts';
import {
  type Context,
  type Method,
  type Plan,
  type Sampler,
  type Schedule,
  type Standing,
  type State,
  type Update,
  weightedStep,
} from '../methods/method.ts';
import { countedInPart } from '../methods/part-of-step.ts';
import { isResample, resampled } from '../methods/resample.ts';
import { checkedFactor } from '../methods/schedule.ts';
import type { Random } from '../sampling/random.ts';
import type { Balance } from './balance.ts';
import type { Clock } from './clock.ts';
import type { StepReport } from './report.ts';
import type { PlacedSource } from './source.ts';
import { StepCosts } from './step-costs.ts';
import { stepReport } from './step-report.ts';
import { TrainerState } from './trainer-state.ts';
import { type Turn, Updater } from './updater.ts';

export interface TrainerOptions extends Plan {
  readonly learner: Learner;
  readonly source: PlacedSource;
  readonly method: Method;
  readonly clock: Clock;
  readonly random: Random;
  readonly metricNames: readonly string[];
  /** Learning rate at a share of the budget, as a factor of the rate the optimizer starts with. */
  readonly schedule?: Schedule;
  /** Share of the budget used so far. */
  readonly progress: () => number;
  /** Shapes of the trainable parameters, to check what is restored. */
  readonly parameterShapes?: readonly (readonly number[])[];
  /** Runs what reads or sets the weights when nobody else needs them as they are. Default: at once. */
  readonly turn?: Turn;
}

/**
 * One run of a method, a step at a time: draws, updates, tells the sampler. It knows neither epochs nor callbacks, so
 * that `fit` and `race` drive it alike, and all that a later step depends on is in its `state`.
 */
export class Trainer {
  private readonly sampler: Sampler;
  private readonly update: Update;
  private readonly measured: StepCosts;
  private readonly updater: Updater;
  private readonly reached: TrainerState;

  constructor(private readonly options: TrainerOptions) {
    const { learner, source, method, clock, random, batchSize, length, epochs, progress } = options;
    method.check?.({ batchSize, length, epochs });
    const inOnePass = method.update === undefined && learner.iterate !== undefined;
    this.measured = new StepCosts(source, learner, clock.now, inOnePass);
    const seeds = random.fork('dropout');
    const context: Context = {
      ...{ learner, batchSize, length, epochs, progress },
      source: this.measured.source,
      random: random.fork('method'),
      costs: this.measured.costs,
      // A method may ask while it is made.
      epoch: () => (this.reached?.samples ?? 0) / (length ?? batchSize),
      seconds: () => clock.seconds,
    };
    this.sampler = method.sampler(context);
    this.update = (method.update ?? weightedStep)(context);
    this.updater = new Updater(this.update, learner, () => this.step, source.place, this.turn);
    const { measured, sampler, update } = this;
    this.reached = new TrainerState(seeds, { ...options, measured, sampler, update });
  }

  private get turn(): Turn {
    return this.options.turn ?? ((work) => work());
  }

  get step(): number {
    return this.reached.steps;
  }

  /** What the steps took, and what those by importance have gained. */
  get balance(): Balance {
    return this.measured.balance;
  }

  /**
   * A bounded piece of the work that the next update needs beforehand, such as a part of a pass over the data; `false`
   * when it is done. Whoever has to stop between two pieces calls this; `train` does what is left.
   */
  async prepare(): Promise<boolean> {
    const { clock } = this.options;
    const { update, sampler } = this;
    if (update.prepare === undefined && sampler.prepare === undefined) return false;
    clock.start();
    try {
      return await this.turn(async () => (await update.prepare?.()) || (await sampler.prepare?.()) || false);
    } catch (error) {
      throw this.reached.explain(this.updater.located(error));
    } finally {
      clock.stop();
    }
  }

  /** Whether it is of use to say how large the next updates are. */
  get looksAhead(): boolean {
    return this.measured.source.soon !== undefined && this.sampler.soon !== undefined;
  }

  /**
   * One update on `size` samples.
   * @param nextSizes of the updates after it, as far as it is known that there are such: what they train on can be fetched
   * meanwhile.
   * @throws UnequalError if the loss or gradient is not finite, with the step, the learning rate and the samples; the
   * model keeps the weights it had.
   */
  async train(
    size: number,
    place: { epoch: number; batch: number },
    nextSizes: readonly number[] = [],
  ): Promise<StepReport> {
    const { learner, clock, metricNames, source, length } = this.options;
    const { measured, updater, reached } = this;
    while (await this.prepare());
    clock.start();
    try {
      this.followSchedules();
      measured.begin();
      const learningRate = learner.learningRate();
      const seed = reached.seeds.integer(2 ** 31);
      const draw = await this.sampler.draw(size);
      if (nextSizes.length > 0) this.sampler.soon?.(nextSizes);
      const one = isResample(draw) ? await updater.inOnePass(draw, seed) : undefined;
      const drawn = one ? one.pick : isResample(draw) ? await this.turn(() => resampled(draw)) : draw;
      measured.drawn();
      const pick = countedInPart(drawn);
      const result = one ? one.result : await updater.step(pick, seed);
      measured.done(drawn, one !== undefined);
      await this.sampler.observe?.(pick, result);
      const report = stepReport(pick, result, {
        ...{ ...place, step: reached.steps, seconds: clock.seconds, counters: learner.counters },
        ...{ learningRate, metricNames, isStream: length === undefined },
      });
      reached.add(pick);
      return report;
    } catch (error) {
      throw reached.explain(source.place ? withSamplesCalled(error, source.place) : error);
    } finally {
      clock.stop();
    }
  }

  /** Seconds of training so far. */
  get seconds(): number {
    return this.options.clock.seconds;
  }

  /** Samples that a multiplied learning rate counts for beyond those trained on (AdaScale, Johnson et al. 2020). */
  get gained(): number {
    return this.reached.samplesGained;
  }

  private followSchedules(): void {
    const { method, schedule, progress } = this.options;
    // What was saved may have had a schedule where this run has none.
    if (!schedule && !method.schedule && !this.reached.rate.isMultiplied) return;
    const now = progress();
    const of = (what: string, one?: Schedule) => (one ? checkedFactor(what, one(now), now) : 1);
    this.reached.rate.follow(of('schedule', schedule) * of(`schedule of the method ${method.name}`, method.schedule));
  }

  /** The learning rate before the first step. */
  get firstRate(): number {
    return this.reached.rate.first;
  }

  /** Gives the optimizer back the rate that schedules have multiplied. */
  endSchedules(): void {
    this.reached.rate.end();
  }

  /** Whether the method wants to be told. */
  get hearsValidation(): boolean {
    return this.sampler.validated !== undefined;
  }

  /** Tells the method the mean loss of the validation samples. */
  validated(loss: number): void {
    this.sampler.validated?.(loss);
  }

  /** Where the method stands. */
  explain(): Standing | undefined {
    const standing = this.sampler.explain?.();
    const { twoPasses } = this.updater;
    if (standing === undefined || twoPasses === undefined) return standing;
    return { ...standing, details: [...standing.details, `a pass to score and one to train: ${twoPasses}`] };
  }

  /** Lets go of what the method holds beyond the model, whose learning rate no schedule multiplies any more. */
  async close(): Promise<void> {
    this.endSchedules();
    await this.sampler.close?.();
  }

  /** Variables that steps have assigned and no checkpoint has. */
  get unsaved(): readonly tf.Variable[] {
    return this.options.learner.unsaved?.() ?? [];
  }

  state(): Promise<State> {
    return this.turn(() => this.reached.save());
  }

  /**
   * Brings the run to a saved state.
   * @param rest what is taken back after it.
   * @throws UnequalError if it is no state of such a run, or the rest fails; all is then as it was.
   */
  restore(state: State, rest?: () => Promise<void>): Promise<void> {
    return this.reached.restore(state, rest);
  }

  /** Takes its own state back where the learner has lost the one it had. */
  goBack(state: State): Promise<void> {
    return this.reached.goBack(state);
  }
}
