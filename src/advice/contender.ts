import type * as tf from '@tensorflow/tfjs';
import { words } from '../decision/index.ts';
import { UnequalError } from '../errors.ts';
import { Clock } from '../fit/clock.ts';
import { PlainLoss } from '../fit/plain-loss.ts';
import type { Provider } from '../fit/provider.ts';
import type { StepReport } from '../fit/report.ts';
import { ShuffledSource } from '../fit/source.ts';
import { Trainer } from '../fit/trainer.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { Learner, LearnerState } from '../learner/learner.ts';
import type { Method } from '../methods/method.ts';
import { hasAverages } from '../optimizers/averaged.ts';
import { withAverages } from '../optimizers/with-averages.ts';
import { Random } from '../sampling/random.ts';
import { Falling } from './falling.ts';

export interface ContenderOptions {
  readonly name: string;
  readonly method: Method;
  readonly model: tf.LayersModel;
  readonly learner: Learner;
  readonly train: Provider;
  /** Whether the method hears of the validation loss, as in a `fit` that is given validation data. */
  readonly hears: boolean;
  readonly batchSize: number;
  readonly seed: number;
  readonly metricNames: readonly string[];
  /** Seconds of its own time that it will have. */
  readonly seconds: number;
  readonly now?: () => number;
  readonly onStep?: (report: StepReport) => void;
}

/**
 * One of several methods that train the same model by turns: between its turns it keeps the weights, moving statistics
 * and optimizer state of its own. Its clock runs in its steps alone.
 */
export class Contender {
  readonly name: string;
  readonly method: Method;
  /** Losses of the validation samples, and when. */
  readonly points: { readonly seconds: number; readonly losses: Float32Array }[] = [];
  readonly falling = new Falling();
  /** What was told of the last step. */
  report: StepReport | undefined;
  importanceSteps = 0;
  /** Samples trained on. */
  trained = 0;
  failed: string | undefined;
  private readonly clock: Clock;
  private readonly trainer: Trainer;

  /** @param start the state that all start from. */
  constructor(
    private readonly options: ContenderOptions,
    private state: LearnerState,
  ) {
    const { name, method, learner, train, batchSize, seed, metricNames, seconds, now } = options;
    this.name = name;
    this.method = method;
    this.clock = new Clock(now);
    const random = new Random(seed);
    this.trainer = new Trainer({
      ...{ learner, method, clock: this.clock, random, batchSize, metricNames },
      source: new ShuffledSource(train, random.fork('order')),
      length: train.length,
      progress: () => Math.min(1, this.clock.seconds / seconds),
    });
  }

  get seconds(): number {
    return this.clock.seconds;
  }

  get steps(): number {
    return this.trainer.step;
  }

  /** Samples trained on ÷ N. */
  get epochs(): number {
    return this.trained / this.options.train.length;
  }

  /** Takes a turn with the learner: whatever `f` does, it does to the weights of this contender. */
  async turn<T>(f: () => Promise<T>): Promise<T> {
    const { learner } = this.options;
    await learner.restore(this.state);
    const result = await f();
    this.state = await learner.state();
    return result;
  }

  /** Trains until its own clock is at `until`; in its turn. */
  async train(until: number, signal?: AbortSignal): Promise<void> {
    const { train, batchSize, onStep } = this.options;
    const { trainer } = this;
    const stepsPerEpoch = Math.ceil(train.length / batchSize);
    while (this.clock.seconds < until && !this.failed && !signal?.aborted) {
      this.clock.requireProgress();
      const batch = trainer.step % stepsPerEpoch;
      const size = Math.min(batchSize, train.length - batch * batchSize);
      try {
        if (await trainer.prepare()) continue;
        this.report = await trainer.train(size, { epoch: Math.floor(trainer.step / stepsPerEpoch), batch });
      } catch (error) {
        // That one diverges is a result; that the samples cannot be read is not.
        if (!(error instanceof UnequalError) || isOfTheData(error)) throw error;
        this.failed = error.message;
        return;
      }
      this.falling.observe(this.report.loss);
      this.trained += this.report.size;
      if (this.report.phase === 'importance') this.importanceSteps++;
      onStep?.(this.report);
    }
  }

  /** Losses of these batches in evaluation mode, times the user's weights, by averages where such are kept; in its turn. */
  async evaluate(part: readonly ModelBatch[]): Promise<void> {
    const { model, learner, hears } = this.options;
    const plain = hears && this.trainer.hearsValidation ? new PlainLoss() : undefined;
    const averaged = hasAverages(model);
    const losses = await withAverages(model, () => lossesOf(learner, part, averaged ? undefined : plain));
    // As in fit, a method is told that of the weights and not of their averages.
    if (plain && averaged) await lossesOf(learner, part, plain);
    if (!losses.every(Number.isFinite)) this.failed ??= 'its validation loss is not finite';
    else if (plain) this.trainer.validated(plain.mean);
    this.points.push({ seconds: this.clock.seconds, losses });
  }

  /** Where its method stands, in its own words. */
  explain(): string | undefined {
    const standing = this.trainer.explain();
    return standing && [words(standing.reason), ...standing.details].join('; ');
  }
}

async function lossesOf(learner: Learner, part: readonly ModelBatch[], plain?: PlainLoss): Promise<Float32Array> {
  const all = new Float32Array(part.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const batch of part) {
    const found = await learner.evaluate(batch);
    const { losses } = found;
    plain?.add(found, batch);
    // Weights of samples are the same for every output.
    const weights = batch.lossWeights?.[0];
    all.set(weights ? losses.map((loss, i) => loss * weights[i]) : losses, at);
    at += batch.size;
  }
  return all;
}

/** Whether an error, or what it came from, was thrown by the samples themselves. */
function isOfTheData(error: UnequalError): boolean {
  for (let cause: unknown = error; cause !== undefined; cause = (cause as Error).cause) {
    if (!(cause instanceof Error)) return false;
    if (!(cause instanceof UnequalError)) return true;
  }
  return false;
}
