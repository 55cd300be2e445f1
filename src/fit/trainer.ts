import { fault, UnequalError } from '../errors.ts';
import { Costs } from '../learner/costs.ts';
import type { Learner } from '../learner/learner.ts';
import {
  type Context,
  type Method,
  type Pick,
  type Plan,
  type Sampler,
  type Schedule,
  type State,
  type Update,
  weightedStep,
} from '../methods/method.ts';
import { Random } from '../sampling/random.ts';
import type { Clock } from './clock.ts';
import type { StepReport } from './report.ts';
import type { PlacedSource } from './source.ts';

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
}

/**
 * One run of a method, a step at a time: draws, updates, tells the sampler. It knows neither epochs nor callbacks, so
 * that `fit` and `race` drive it alike, and all that a later step depends on is in its `state`.
 */
export class Trainer {
  private readonly sampler: Sampler;
  private readonly update: Update;
  private readonly costs = new Costs();
  private seeds: Random;
  private baseRate: number;
  private steps = 0;
  private samples = 0;

  constructor(private readonly options: TrainerOptions) {
    const { learner, source, method, random, batchSize, length, epochs, progress } = options;
    method.check?.({ batchSize, length, epochs });
    this.seeds = random.fork('dropout');
    this.baseRate = learner.learningRate();
    const context: Context = {
      learner,
      source,
      random: random.fork('method'),
      costs: this.costs,
      batchSize,
      length,
      epochs,
      progress,
      epoch: () => this.samples / (length ?? batchSize),
    };
    this.sampler = method.sampler(context);
    this.update = (method.update ?? weightedStep)(context);
  }

  get step(): number {
    return this.steps;
  }

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

  /**
   * One update on `size` samples.
   * @throws UnequalError if the loss or gradient is not finite, with the step, the learning rate and the samples; the
   * model keeps the weights it had.
   */
  async train(size: number, place: { epoch: number; batch: number }): Promise<StepReport> {
    const { learner, method, clock, metricNames, schedule, progress } = this.options;
    while (await this.prepare());
    clock.start();
    try {
      if (schedule || method.schedule) {
        const factor = (schedule?.(progress()) ?? 1) * (method.schedule?.(progress()) ?? 1);
        learner.setLearningRate(this.baseRate * factor);
      }
      const start = clock.now();
      const pick = await this.sampler.draw(size);
      const drawn = clock.now();
      const learningRate = learner.learningRate();
      const result = await this.update.step(pick, this.seeds.integer(2 ** 31)).catch((error) => {
        throw this.located(error, learningRate, pick);
      });
      this.recordCosts(pick, drawn - start, clock.now() - drawn);
      await this.sampler.observe?.(pick, result);
      const report: StepReport = {
        ...pick.report,
        ...result.report,
        ...place,
        step: this.steps++,
        seconds: clock.seconds,
        loss: result.loss,
        metrics: Object.fromEntries(result.metrics.map((value, k) => [metricNames[k], value])),
        learningRate,
        size: pick.batch.size,
        indices: pick.indices,
        losses: result.losses,
        weights: pick.weights,
        forward: learner.counters.forward,
        backward: learner.counters.backward,
      };
      this.samples += pick.batch.size;
      return report;
    } finally {
      clock.stop();
    }
  }

  /** A presample pays for fetching its samples; a uniform step pays for that itself. */
  private recordCosts({ batch, report }: Pick, drawing: number, updating: number): void {
    const scored = report.phase === 'importance' && report.scores !== undefined;
    if (scored) this.costs.recordForward(report.scores!.length, drawing);
    this.costs.recordStep(batch.size, scored ? updating : drawing + updating);
  }

  private located(error: unknown, learningRate: number, pick?: Pick): unknown {
    if (!(error instanceof UnequalError)) return error;
    const wrong = `training stopped at step ${this.steps}, learning rate ${learningRate}`;
    if (pick === undefined) return fault({ wrong, got: `${error.message}; before the step`, cause: error });
    const broken = pick.batch.xs.flatMap(({ data }) => {
      const width = data.length / pick.batch.size;
      const at = data.findIndex((value) => !Number.isFinite(value));
      return at < 0 ? [] : [pick.indices[Math.floor(at / width)]];
    });
    return fault({
      wrong,
      got: `${error.message}; samples ${Array.from(pick.indices).join(', ')}`,
      mend: broken.length > 0 ? `the input of sample ${broken[0]} is not finite` : undefined,
      cause: error,
    });
  }

  async state(): Promise<State> {
    const { learner, source, clock } = this.options;
    return {
      steps: this.steps,
      samples: this.samples,
      seconds: clock.seconds,
      seeds: this.seeds.state(),
      baseRate: this.baseRate,
      costs: this.costs.state(),
      counters: { ...learner.counters },
      source: source.state(),
      sampler: this.sampler.state(),
      update: this.update.state(),
      learner: (await learner.state()) as unknown as State,
    };
  }

  async restore(state: State): Promise<void> {
    const { learner, source, clock } = this.options;
    const saved = state as unknown as TrainerState;
    await learner.restore(saved.learner);
    await source.restore(saved.source);
    this.sampler.restore(saved.sampler);
    this.update.restore(saved.update);
    this.costs.restore(saved.costs);
    Object.assign(learner.counters, saved.counters);
    this.seeds = Random.from(saved.seeds);
    this.baseRate = saved.baseRate;
    this.steps = saved.steps;
    this.samples = saved.samples;
    clock.seconds = saved.seconds;
  }
}

interface TrainerState {
  readonly steps: number;
  readonly samples: number;
  readonly seconds: number;
  readonly seeds: number[];
  readonly baseRate: number;
  readonly costs: { forward: number[]; step: number[] };
  readonly counters: { forward: number; backward: number };
  readonly source: State;
  readonly sampler: State;
  readonly update: State;
  readonly learner: Awaited<ReturnType<Learner['state']>>;
}
