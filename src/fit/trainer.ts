import { Costs, type CostsState } from '../decision/index.ts';
import { fault, UnequalError } from '../errors.ts';
import type { Learner, StepResult } from '../learner/learner.ts';
import {
  type Context,
  type Method,
  type Pick,
  type Plan,
  type Pool,
  type Resample,
  type Sampler,
  type Schedule,
  type Standing,
  type State,
  type Update,
  type UpdateResult,
  weightedStep,
} from '../methods/method.ts';
import { drawnInOnePass, isResample, resampled } from '../methods/resample.ts';
import { Random } from '../sampling/random.ts';
import { Balance, type BalanceState } from './balance.ts';
import type { Clock } from './clock.ts';
import { checkLearnerState } from './learner-state.ts';
import type { StepReport } from './report.ts';
import { checkCount, checkFiniteNumber, checkSameShape, checkTakenBack, isObject } from './same-shape.ts';
import type { PlacedSource } from './source.ts';
import { TimedSource } from './timed-source.ts';

export type { Schedule };

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
}

/**
 * One run of a method, a step at a time: draws, updates, tells the sampler. It knows neither epochs nor callbacks, so
 * that `fit` and `race` drive it alike, and all that a later step depends on is in its `state`.
 */
export class Trainer {
  private readonly sampler: Sampler;
  private readonly update: Update;
  private readonly costs: Costs;
  private readonly fetching: TimedSource;
  private seeds: Random;
  private baseRate: number;
  readonly balance = new Balance();
  /** Why scoring and training take two passes, once that is known. */
  private twoPasses: string | undefined;
  private steps = 0;
  private samples = 0;
  /** Samples that uniform training, at its own learning rate, would have needed beyond these for as much progress. */
  private samplesGained = 0;

  constructor(private readonly options: TrainerOptions) {
    const { learner, source, method, clock, random, batchSize, length, epochs, progress } = options;
    this.fetching = new TimedSource(source, clock.now);
    method.check?.({ batchSize, length, epochs });
    this.seeds = random.fork('dropout');
    this.baseRate = learner.learningRate();
    this.costs = new Costs(method.update === undefined && learner.iterate !== undefined);
    const context: Context = {
      learner,
      source: this.fetching,
      random: random.fork('method'),
      costs: this.costs,
      batchSize,
      length,
      epochs,
      progress,
      epoch: () => this.samples / (length ?? batchSize),
      seconds: () => this.options.clock.seconds,
    };
    this.sampler = method.sampler(context);
    this.update = (method.update ?? weightedStep)(context);
  }

  get step(): number {
    return this.steps;
  }

  /** Whether the state is one that was saved. */
  private resumed = false;

  /**
   * A bounded piece of the work that the next update needs beforehand, such as a part of a pass over the data; `false`
   * when it is done. Whoever has to stop between two pieces calls this; `train` does what is left.
   */
  async prepare(): Promise<boolean> {
    const { learner, clock } = this.options;
    if (this.update.prepare === undefined) return false;
    clock.start();
    try {
      return await this.update.prepare();
    } catch (error) {
      throw this.located(error, learner.learningRate());
    } finally {
      clock.stop();
    }
  }

  /** Whether it is of use to say how large the next updates are. */
  get looksAhead(): boolean {
    return this.fetching.soon !== undefined && this.sampler.soon !== undefined;
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
    const { learner, method, clock, metricNames, schedule, progress } = this.options;
    while (await this.prepare());
    clock.start();
    try {
      if (schedule || method.schedule) {
        const factor = (schedule?.(progress()) ?? 1) * (method.schedule?.(progress()) ?? 1);
        const rate = this.baseRate * factor;
        // TensorFlow.js makes a tensor of it, which takes one or two hundredths of a small net's step.
        if (rate !== learner.learningRate()) learner.setLearningRate(rate);
      }
      const start = clock.now();
      const forwardBefore = learner.counters.forward;
      const learningRate = learner.learningRate();
      const seed = this.seeds.integer(2 ** 31);
      this.fetching.reset();
      const draw = await this.sampler.draw(size);
      if (nextSizes.length > 0) this.sampler.soon?.(nextSizes);
      const one = isResample(draw) ? await this.inOnePass(draw, seed) : undefined;
      const pick = one ? one.pick : isResample(draw) ? await resampled(draw) : draw;
      const forwarded = learner.counters.forward - forwardBefore;
      const drawn = clock.now();
      const result = one ? one.result : await this.atRate(pick, pick.rateFactor, () => this.update.step(pick, seed));
      this.recordCosts(pick, { forwarded, drawing: drawn - start, updating: clock.now() - drawn, inOnePass: !!one });
      await this.sampler.observe?.(pick, result);
      const report: StepReport = {
        ...pick.report,
        ...result.report,
        ...place,
        step: this.steps++,
        seconds: clock.seconds,
        loss: unbiasedLoss(pick, result),
        metrics: Object.fromEntries(result.metrics.map((value, k) => [metricNames[k], value])),
        learningRate: learningRate * (pick.rateFactor ?? 1),
        size: pick.batch.size,
        indices: pick.indices,
        losses: result.losses,
        answers: result.answers,
        weights: pick.weights,
        forward: learner.counters.forward,
        backward: learner.counters.backward,
      };
      this.samples += pick.batch.size;
      this.samplesGained += pick.batch.size * ((pick.rateFactor ?? 1) - 1);
      return report;
    } catch (error) {
      if (!this.resumed || error instanceof UnequalError) throw error;
      throw fault({
        wrong: 'training cannot go on from what was saved',
        got: (error as Error).message,
        mend: 'resume from another checkpoint, or begin anew',
        cause: error,
      });
    } finally {
      clock.stop();
    }
  }

  /** Samples that a multiplied learning rate counts for beyond those trained on (AdaScale, Johnson et al. 2020). */
  get gained(): number {
    return this.samplesGained;
  }

  /** Scores, draws and updates at once, where update and learner can. */
  private async inOnePass(draw: Resample, seed: number) {
    const { iterate } = this.update;
    // A pass of the model's own would not see scores that someone has changed.
    if (iterate === undefined || draw.scores !== undefined || draw.learner !== this.options.learner) return undefined;
    const { pool, request, rateFactor } = draw;
    const answer = await this.atRate(pool, rateFactor, () => iterate(pool, request, seed));
    this.twoPasses = 'why' in answer ? answer.why : undefined;
    return 'why' in answer ? undefined : { pick: drawnInOnePass(draw, answer), result: answer as UpdateResult };
  }

  /** An update at a learning rate of its own: whatever else sets the rate finds it as it left it. */
  private async atRate<T>(pool: Pool, factor: number | undefined, update: () => Promise<T>): Promise<T> {
    const { learner } = this.options;
    const learningRate = learner.learningRate();
    if (factor !== undefined) learner.setLearningRate(learningRate * factor);
    try {
      return await update();
    } catch (error) {
      throw this.located(error, learner.learningRate(), pool);
    } finally {
      if (factor !== undefined) learner.setLearningRate(learningRate);
    }
  }

  /**
   * A uniform step pays for fetching its samples and not for choosing them, of two passes the one that scores. A step before
   * which something else was looked at tells nothing.
   */
  private recordCosts({ batch, report, ...pick }: Pick, { forwarded, drawing, updating, inOnePass }: Times): void {
    const fetching = this.fetching.perSample;
    const scored = report.phase === 'importance' && forwarded > 0;
    if (inOnePass) this.costs.recordIteration(forwarded, batch.size, drawing);
    else if (scored) {
      this.costs.recordForward(forwarded, drawing, fetching);
      this.costs.recordStep(batch.size, updating);
    } else if (forwarded === 0) this.costs.recordStep(batch.size, fetching * batch.size + updating);
    else this.costs.skip();
    const { step } = this.costs;
    const biased = isBiased({ batch, report, ...pick });
    this.balance.add(report.phase, drawing + updating, report.worth, step && step * batch.size, biased);
  }

  /** Where the method stands. */
  explain(): Standing | undefined {
    const standing = this.sampler.explain?.();
    if (standing === undefined || this.twoPasses === undefined) return standing;
    return { ...standing, details: [...standing.details, `a pass to score and one to train: ${this.twoPasses}`] };
  }

  /** Lets go of what the method holds beyond the model. */
  async close(): Promise<void> {
    await this.sampler.close?.();
  }

  private located(error: unknown, learningRate: number, pool?: Pool): unknown {
    if (!(error instanceof UnequalError)) return error;
    const wrong = `training stopped at step ${this.steps}, learning rate ${learningRate}`;
    if (pool === undefined) return fault({ wrong, got: `${error.message}; before the step`, cause: error });
    const broken = pool.batch.xs.flatMap(({ data }) => {
      const width = data.length / pool.batch.size;
      const at = data.findIndex((value) => !Number.isFinite(value));
      return at < 0 ? [] : [pool.indices[Math.floor(at / width)]];
    });
    return fault({
      wrong,
      got: `${error.message}; samples ${Array.from(pool.indices).join(', ')}`,
      mend: broken.length > 0 ? `the input of sample ${broken[0]} is not finite` : undefined,
      cause: error,
    });
  }

  async state(): Promise<State> {
    const { learner, source, clock } = this.options;
    return {
      steps: this.steps,
      samples: this.samples,
      samplesGained: this.samplesGained,
      seconds: clock.seconds,
      seeds: this.seeds.state(),
      baseRate: this.baseRate,
      costs: this.costs.state(),
      balance: this.balance.state(),
      counters: { ...learner.counters },
      source: source.state(),
      sampler: this.sampler.state(),
      update: this.update.state(),
      learner: (await learner.state()) as unknown as State,
    };
  }

  /**
   * Brings the run to a saved state.
   * @throws UnequalError if it is no state of such a run; all is then as it was.
   */
  async restore(state: State): Promise<void> {
    const before = await this.state();
    this.check(state, before);
    try {
      await this.take(state as unknown as TrainerState);
      const { learner: _, ...taken } = (await this.state()) as { [part: string]: State };
      for (const [part, value] of Object.entries(taken)) {
        checkTakenBack((state as { [part: string]: State })[part], value, part);
      }
      this.resumed = true;
    } catch (cause) {
      await this.take(before as unknown as TrainerState);
      if (cause instanceof UnequalError) throw cause;
      throw fault({ wrong: 'no state of such a run', got: (cause as Error).message, cause });
    }
  }

  /** @throws UnequalError naming what cannot be the state of such a run. */
  private check(state: State, fresh: State): void {
    const { length, parameterShapes } = this.options;
    if (!isObject(state)) throw fault({ wrong: 'no state of a run', got: state });
    const { learner, ...rest } = state;
    const { learner: now, ...like } = fresh as unknown as TrainerState;
    checkSameShape(rest, like, 'state');
    for (const part of ['steps', 'samples'] as const) checkCount(state[part], part);
    for (const part of ['samplesGained', 'seconds', 'baseRate'] as const) checkFiniteNumber(state[part], part);
    const { forward, backward } = (isObject(state.counters) ? state.counters : {}) as { [part: string]: State };
    checkCount(forward, 'counters.forward');
    checkCount(backward, 'counters.backward');
    if (length !== undefined) checkOrders(rest, length);
    if (parameterShapes !== undefined) checkLearnerState(learner, now, parameterShapes);
  }

  private async take(saved: TrainerState): Promise<void> {
    const { learner, source, clock } = this.options;
    await learner.restore(saved.learner);
    await source.restore(saved.source);
    this.sampler.restore(saved.sampler);
    this.update.restore(saved.update);
    this.costs.restore(saved.costs);
    this.balance.restore(saved.balance);
    Object.assign(learner.counters, saved.counters);
    this.seeds = Random.from(saved.seeds);
    this.baseRate = saved.baseRate;
    this.steps = saved.steps;
    this.samples = saved.samples;
    this.samplesGained = saved.samplesGained;
    clock.seconds = saved.seconds;
  }
}

interface Times {
  /** Samples passed forward before the update. */
  readonly forwarded: number;
  /** Seconds. */
  readonly drawing: number;
  readonly updating: number;
  readonly inOnePass: boolean;
}

/** An order of more samples than there are would take for ever to play again. */
function checkOrders(state: State, length: number): void {
  if (typeof state !== 'object' || state === null || ArrayBuffer.isView(state)) return;
  if (isObject(state) && 'cursor' in state && 'n' in state) checkCount(state.n, 'order of the samples', length);
  for (const part of Object.values(state)) checkOrders(part as State, length);
}

/** Whether its weights are others than those of an unbiased estimate; in one pass they are of single precision. */
function isBiased({ weights, unbiased }: Pick): boolean {
  return unbiased?.some((u, i) => Math.abs((weights?.[i] ?? 1) - u) > 1e-5 * u) ?? false;
}

/** The objective with an estimate of the mean loss of the data in place of that of the pick. */
function unbiasedLoss({ weights, unbiased, poolLoss }: Pick, { loss, losses }: StepResult): number {
  if (unbiased === undefined && poolLoss === undefined) return loss;
  let trained = 0;
  let estimate = 0;
  for (let i = 0; i < losses.length; i++) {
    trained += ((weights?.[i] ?? 1) * losses[i]) / losses.length;
    estimate += ((unbiased?.[i] ?? 1) * losses[i]) / losses.length;
  }
  return loss - trained + (poolLoss ?? estimate);
}

interface TrainerState {
  readonly steps: number;
  readonly samples: number;
  readonly samplesGained: number;
  readonly seconds: number;
  readonly seeds: number[];
  readonly baseRate: number;
  readonly costs: CostsState;
  readonly balance: BalanceState;
  readonly counters: { forward: number; backward: number };
  readonly source: State;
  readonly sampler: State;
  readonly update: State;
  readonly learner: Awaited<ReturnType<Learner['state']>>;
}
