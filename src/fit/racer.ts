import type * as tf from '@tensorflow/tfjs';
import type { Learner } from '../learner/learner.ts';
import { compiledModel } from '../learner/model.ts';
import type { Method } from '../methods/method.ts';
import { withAverages } from '../optimizers/with-averages.ts';
import { Random } from '../sampling/random.ts';
import { Capped } from './capped.ts';
import { Clock } from './clock.ts';
import type { Curve, CurvePoint, TracePoint } from './curve.ts';
import { makeLearner } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { explain } from './explain.ts';
import type { SwitchRecord } from './history.ts';
import type { Provider } from './provider.ts';
import type { RaceArgs } from './race-args.ts';
import type { StepReport } from './report.ts';
import { SampleHistory } from './sample-history.ts';
import { SampleMemory } from './sample-memory.ts';
import { ShuffledSource } from './source.ts';
import { Thinned } from './thinned.ts';
import { Trainer } from './trainer.ts';

interface RacerOptions extends Omit<RaceArgs, 'test' | 'trainPart'> {
  readonly seed: number;
  readonly batchSize: number;
  readonly test?: Provider;
  /** Indices of the training samples that are evaluated. */
  readonly trainPart: Int32Array;
}

/** Moments kept of a run, at most twice this many while it lasts. */
const traceLength = 300;
const evaluationBatch = 500;

/** One method in a race, with its model, clock and records. */
export class Racer {
  private readonly points: CurvePoint[] = [];
  private readonly switches: SwitchRecord[] = [];
  private readonly trace = new Thinned<TracePoint>(traceLength);
  private readonly picked: Uint32Array;
  private readonly samples: SampleMemory;
  private readonly capped = new Capped();
  private importanceSteps = 0;
  private trained = 0;
  private scores: ArrayLike<number> | undefined;
  private failed: string | undefined;

  private constructor(
    private readonly model: tf.LayersModel,
    private readonly method: Method,
    private readonly learner: Learner,
    private readonly trainer: Trainer,
    private readonly clock: Clock,
    private readonly train: Provider,
    private readonly metricNames: readonly string[],
    private readonly options: RacerOptions,
  ) {
    this.picked = new Uint32Array(train.length);
    this.samples = new SampleMemory(train.length);
  }

  static async create(model: tf.LayersModel, method: Method, train: Provider, options: RacerOptions): Promise<Racer> {
    const { batchSize, seed, seconds, schedule, rateFactor, now } = options;
    const example = await train.batch(Int32Array.from({ length: batchSize }, (_, i) => i));
    const learner = await makeLearner(model, options, example);
    const factor = rateFactor && Object.hasOwn(rateFactor, method.name) ? rateFactor[method.name] : undefined;
    if (factor !== undefined) learner.setLearningRate(learner.learningRate() * factor);
    const clock = new Clock(now);
    const random = new Random(seed);
    const metricNames = compiledModel(model).getDedupedMetricsNames().slice(1);
    const trainer = new Trainer({
      learner,
      source: new ShuffledSource(train, random.fork('order')),
      method,
      clock,
      random,
      batchSize,
      length: train.length,
      metricNames,
      schedule,
      progress: () => Math.min(1, clock.seconds / seconds),
    });
    return new Racer(model, method, learner, trainer, clock, train, metricNames, options);
  }

  get running(): boolean {
    this.clock.requireProgress();
    return this.failed === undefined && this.clock.seconds < this.options.seconds;
  }

  /** Trains for about `slice` seconds of its own time, and evaluates when a point of the curve is due. */
  async run(slice: number, signal?: AbortSignal): Promise<void> {
    const { seconds, points = 12 } = this.options;
    const end = Math.min(seconds, this.clock.seconds + slice);
    while (this.running && this.clock.seconds < end && !signal?.aborted) {
      await this.step();
      if (this.clock.seconds >= (seconds / points) * this.points.length && this.running) await this.evaluate();
    }
  }

  private async step(): Promise<void> {
    const { batchSize } = this.options;
    const stepsPerEpoch = Math.ceil(this.train.length / batchSize);
    const batch = this.trainer.step % stepsPerEpoch;
    const size = Math.min(batchSize, this.train.length - batch * batchSize);
    try {
      if (await this.trainer.prepare()) return;
      const report = await this.trainer.train(size, { epoch: Math.floor(this.trainer.step / stepsPerEpoch), batch });
      this.record(report);
      this.options.onStep?.(this.method.name, report);
    } catch (error) {
      // One method that diverges is a result, and no reason to stop the others.
      this.failed = (error as Error).message;
    }
  }

  private record(report: StepReport): void {
    const { step, epoch, seconds, loss, learningRate, phase, tau, threshold, ess, switched, indices, scores } = report;
    const { gain, worth, cost, noiseShare, resistance, weightPower } = report;
    if (phase === 'importance') this.importanceSteps++;
    this.trained += report.size;
    for (const index of indices) this.picked[index]++;
    if (switched) this.switches.push({ step, epoch, seconds, ...switched });
    if (scores) this.scores = scores;
    this.capped.add(report.capped);
    this.samples.add(indices, report.losses, report.answers, report.unweighted);
    this.trace.add({
      seconds,
      step,
      loss,
      learningRate,
      phase,
      tau,
      threshold,
      ess,
      gain,
      worth,
      cost,
      noiseShare,
      resistance,
      weightPower,
    });
  }

  async evaluate(): Promise<void> {
    const { trainPart, test, onPoint } = this.options;
    const part: Provider = {
      length: trainPart.length,
      batch: (indices) => this.train.batch(Int32Array.from(indices, (i) => trainPart[i])),
    };
    const found = await withAverages(this.model, async () => ({
      train: await evaluate(this.learner, part, evaluationBatch),
      test: test ? await evaluate(this.learner, test, evaluationBatch) : [],
    }));
    const [trainLoss] = found.train;
    const [testLoss, ...metrics] = found.test;
    const accuracy = metrics[this.metricNames.indexOf('acc')];
    const point: CurvePoint = {
      seconds: this.clock.seconds,
      step: this.trainer.step,
      epoch: this.trained / this.train.length,
      trainLoss,
      testLoss,
      testError: accuracy === undefined ? undefined : 1 - accuracy,
    };
    this.points.push(point);
    await onPoint?.(this.method.name, point);
  }

  /** The last point of the curve. */
  async finish(): Promise<void> {
    if (this.points.at(-1)?.step !== this.trainer.step) await this.evaluate();
  }

  curve(): Curve {
    const { trainer, switches } = this;
    const steps = trainer.step;
    const [balance, standing, capped] = [trainer.balance.state(), trainer.explain(), this.capped.list()];
    const order = Array.from(this.picked.keys()).sort((a, b) => this.picked[b] - this.picked[a]);
    return {
      method: this.method.name,
      options: this.method.options,
      engine: this.learner.engine,
      points: this.points,
      steps,
      importanceShare: steps === 0 ? 0 : this.importanceSteps / steps,
      switches,
      trace: this.trace.values,
      explanation: explain({ switches, balance, standing, capped, place: this.train.place }),
      scores: this.scores && Array.from(this.scores),
      capped,
      samples: new SampleHistory(this.samples),
      mostPicked: order.slice(0, 12).map((index) => ({ index, times: this.picked[index] })),
      forward: this.learner.counters.forward,
      backward: this.learner.counters.backward,
      failed: this.failed,
    };
  }

  async dispose(): Promise<void> {
    await this.trainer.close();
    await this.learner.dispose();
  }
}
