import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { Learner } from '../learner/learner.ts';
import { type CompiledModel, compiledModel } from '../learner/model.ts';
import { importance } from '../methods/importance.ts';
import type { Method, State } from '../methods/method.ts';
import { uniform } from '../methods/uniform.ts';
import { Random } from '../sampling/random.ts';
import { callbackList, EpochLogger, type Logs, looksAtBatches } from './callbacks.ts';
import { Capped, type CappedState } from './capped.ts';
import { Clock } from './clock.ts';
import { warnOnce } from './engine.ts';
import { evaluate, evaluateBatches } from './evaluate.ts';
import { History, type SwitchRecord } from './history.ts';
import { forgetLearner, keptLearner } from './kept-learners.ts';
import type { FitArgs, FitDatasetArgs } from './options.ts';
import type { Provider } from './provider.ts';
import type { PlacedSource } from './source.ts';
import { Trainer } from './trainer.ts';
import { ValidationStream } from './validation-stream.ts';

/** What `fit` and `fitDataset` make of their arguments. */
export interface RunOptions extends Omit<FitArgs & FitDatasetArgs, 'validationData'> {
  readonly batchSize: number;
  readonly length?: number;
  readonly validation?: Provider | ValidationStream;
  readonly validationBatchSize?: number;
  /** A batch like those to come. */
  readonly example: ModelBatch;
  readonly source: (random: Random) => PlacedSource;
  readonly epoch: Epoch;
  /** What `model.fit` or `model.fitDataset` tells callbacks of the data. */
  readonly params: { readonly [name in 'initialEpoch' | 'samples' | 'steps' | 'batchSize']: number | null };
}

/** How an epoch goes. */
interface Epoch {
  /** Number of its steps, if it is known. */
  readonly steps?: number;
  /** Number of the samples that uniform steps train on in it, once that is known. */
  samples(): number | undefined;
  begin(epoch: number): Promise<void>;
  /** Samples of its step number `batch`; 0 at its end. */
  size(batch: number): Promise<number>;
  /** Whether it is known that nothing of it is left after `batch` steps, so that it is validated. */
  isWhole(batch: number): boolean;
}

/** The loop of epochs and steps with all that surrounds it: callbacks, validation, budget, checkpoints. */
export async function run(model: tf.LayersModel, options: RunOptions): Promise<History> {
  const compiled = compiledModel(model);
  if (compiled.isTraining) {
    throw fault({ wrong: 'the model is being trained already', mend: 'wait for the other fit to end' });
  }
  compiled.isTraining = true;
  try {
    const learner = await keptLearner(model, options.engine ?? 'auto', options.example);
    return await new Run(model, compiled, learner, options).go();
  } catch (error) {
    await forgetLearner(model);
    throw error;
  } finally {
    compiled.isTraining = false;
  }
}

/** What trains where no method is given. */
function methodOf({ method }: RunOptions): Method {
  return method ?? importance();
}

/** The method, or uniform sampling where the model allows no other. */
function usableMethod(model: tf.LayersModel, { uniformOnly }: Learner, method: Method): Method {
  if (uniformOnly === undefined || method.name === 'uniform') return method;
  const help = uniformOnly.includes('one number')
    ? '; for importance sampling let it keep the batch axis, e.g. tf.losses.…(y, p, undefined, tf.Reduction.NONE)'
    : '';
  warnOnce(model, `trained by uniform sampling, not by ${method.name}: ${uniformOnly}${help}`);
  return uniform();
}

/** What callbacks know as their model: of a `tf.Sequential` the functional model in it, as in `model.fit`. */
const asLayers = (compiled: CompiledModel) => compiled as unknown as tf.LayersModel;

/** Steps in which no time may pass on a budget of seconds. */
const patience = 1000;

class Run {
  private readonly history = new History();
  private readonly clock: Clock;
  private readonly trainer: Trainer;
  private readonly names: string[];
  private logger = new EpochLogger();
  private epoch: number;
  private batch = 0;
  /** When time was last seen to pass, in seconds and steps. */
  private moved = { seconds: 0, step: 0 };
  private seed: number;
  private readonly capped = new Capped();

  constructor(
    private readonly model: tf.LayersModel,
    private readonly compiled: CompiledModel,
    private readonly learner: Learner,
    private readonly options: RunOptions,
  ) {
    const { batchSize, length, now } = options;
    const method = usableMethod(model, learner, methodOf(options));
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
    this.epoch = options.initialEpoch ?? 0;
    this.clock = new Clock(now);
    this.names = compiled.getDedupedMetricsNames();
    const random = new Random(this.seed);
    this.trainer = new Trainer({
      learner,
      source: options.source(random.fork('order')),
      method,
      clock: this.clock,
      random,
      batchSize,
      length,
      epochs: this.epochs,
      metricNames: this.names.slice(1),
      schedule: options.schedule,
      progress: () => this.progress(),
    });
  }

  /** Epochs end a run unless there is nothing but a time budget. */
  private get epochs(): number {
    return this.options.epochs ?? (this.options.seconds === undefined ? 1 : Infinity);
  }

  private progress(): number {
    const { seconds, epoch } = this.options;
    const inEpoch = epoch.steps === undefined ? 0 : this.batch / epoch.steps;
    // Where the learning rate follows the gain, epochs pass as fast as it is larger.
    const epochs = this.epoch + inEpoch + this.trainer.gained / (epoch.samples() ?? Infinity);
    const byEpochs = this.epochs === Infinity ? 0 : epochs / this.epochs;
    return Math.min(1, Math.max(byEpochs, seconds === undefined ? 0 : this.clock.seconds / seconds));
  }

  private get timeIsUp(): boolean {
    const { seconds } = this.options;
    if (seconds === undefined) return this.epochs !== Infinity && this.progress() >= 1;
    const { step } = this.trainer;
    if (this.clock.seconds !== this.moved.seconds) this.moved = { seconds: this.clock.seconds, step };
    if (step - this.moved.step >= patience) {
      throw fault({
        wrong: 'the clock stands still',
        got: `no time passed in ${patience} steps`,
        expected: 'a clock that runs, for a budget of seconds',
        mend: 'give epochs instead of seconds, or another now',
      });
    }
    return this.clock.seconds >= seconds;
  }

  private get aborted(): boolean {
    return this.options.signal?.aborted === true;
  }

  async go(): Promise<History> {
    const { epoch, validation, callbacks, yieldEvery, verbose = 1, params } = this.options;
    const metrics = validation ? [...this.names, ...this.names.map((name) => `val_${name}`)] : [...this.names];
    const list = await callbackList(callbacks, yieldEvery, this.history, asLayers(this.compiled), {
      ...params,
      epochs: this.epochs,
      verbose,
      doValidation: validation !== undefined,
      metrics,
    });
    this.compiled.history = this.history;
    const resumed = this.options.resume !== undefined;
    await list.onTrainBegin();
    if (resumed) await this.resume(this.options.resume!);
    this.compiled.stopTraining_ = false;
    for (; this.epoch < this.epochs && !this.compiled.stopTraining_ && !this.timeIsUp && !this.aborted; this.epoch++) {
      await list.onEpochBegin(this.epoch);
      this.learner.lookAgain?.();
      if (this.batch === 0) await epoch.begin(this.epoch);
      const ended = await this.trainEpoch(list);
      const logs: Logs = {};
      if (validation && ((ended && epoch.isWhole(this.batch)) || this.timeIsUp))
        Object.assign(logs, await this.validate(validation));
      Object.assign(logs, this.logger.means());
      await list.onEpochEnd(this.epoch, logs);
      // An epoch without a step: the stream has ended for good, and time alone would never end the run.
      if (!ended || (this.batch === 0 && this.epochs === Infinity)) break;
      this.logger = new EpochLogger();
      this.batch = 0;
      if (this.options.checkpoint && this.options.checkpoint.every === undefined) await this.save(this.epoch + 1);
    }
    this.history.balance = this.trainer.balance.state();
    this.history.standing = this.trainer.explain();
    this.history.capped = this.capped.list();
    await list.onTrainEnd();
    await this.history.syncData();
    return this.history;
  }

  /** The steps of one epoch from where it stands; whether it came to its end. */
  private async trainEpoch(list: tf.CallbackList): Promise<boolean> {
    const { epoch, onStep, checkpoint, length } = this.options;
    const meddles = onStep !== undefined || looksAtBatches(list);
    for (;;) {
      const size = await epoch.size(this.batch);
      if (size === 0) return true;
      if (this.timeIsUp || this.aborted) {
        if (checkpoint) await this.save(this.epoch);
        return false;
      }
      if (await this.trainer.prepare()) continue;
      // What model.fitDataset tells of a batch before it, and model.fit does not.
      await list.onBatchBegin(this.batch, length === undefined ? { batch: this.batch, size } : {});
      const report = await this.trainer.train(size, { epoch: this.epoch, batch: this.batch });
      const logs: Logs = { loss: report.loss, ...report.metrics };
      this.logger.add(report.size, logs);
      if (report.switched) {
        const { step, epoch: at, seconds, switched } = report;
        this.history.switches.push({ step, epoch: at, seconds, ...switched });
      }
      this.capped.add(report.capped);
      await onStep?.(report);
      await list.onBatchEnd(this.batch, { batch: this.batch, size: report.size, ...logs });
      if (meddles) this.learner.lookAgain?.();
      this.batch++;
      if (checkpoint?.every !== undefined && (report.step + 1) % checkpoint.every === 0) await this.save(this.epoch);
      if (this.compiled.stopTraining_) return epoch.isWhole(this.batch);
    }
  }

  private async validate(validation: Provider | ValidationStream): Promise<Logs> {
    const { validationBatchSize, batchSize } = this.options;
    const values =
      validation instanceof ValidationStream
        ? await evaluateBatches(this.learner, validation.batches())
        : await evaluate(this.learner, validation, validationBatchSize ?? batchSize);
    return Object.fromEntries(values.map((value, k) => [`val_${this.names[k]}`, value]));
  }

  /** What a checkpoint must agree with to be continued. */
  private identity(): { [part: string]: State } {
    const { batchSize, length, shuffle = true } = this.options;
    const method = methodOf(this.options);
    return {
      method: { name: method.name, options: method.options },
      batchSize,
      samples: length ?? null,
      shuffle,
      optimizer: this.model.optimizer.getClassName(),
    };
  }

  private async save(epoch: number): Promise<void> {
    const { writeCheckpoint } = await import('./checkpoint.ts');
    await writeCheckpoint(this.options.checkpoint!.path, {
      ...this.identity(),
      seed: this.seed,
      place: { epoch, batch: this.batch },
      logger: this.logger.state(),
      history: { epoch: this.history.epoch, history: this.history.history as unknown as State },
      switches: this.history.switches as unknown as State,
      capped: this.capped.state(),
      trainer: await this.trainer.state(),
    });
  }

  private async resume(path: string): Promise<void> {
    const { readCheckpoint, checkSameRun } = await import('./checkpoint.ts');
    const saved = (await readCheckpoint(path)) as unknown as Saved;
    checkSameRun(path, saved as unknown as { [part: string]: State }, this.identity());
    await this.trainer.restore(saved.trainer);
    this.seed = saved.seed;
    this.epoch = saved.place.epoch;
    this.batch = saved.place.batch;
    this.logger.restore(saved.logger);
    this.history.epoch = saved.history.epoch;
    this.history.history = saved.history.history;
    this.history.switches = saved.switches;
    this.capped.restore(saved.capped);
  }
}

interface Saved {
  readonly seed: number;
  readonly place: { epoch: number; batch: number };
  readonly logger: ReturnType<EpochLogger['state']>;
  readonly history: { epoch: number[]; history: { [name: string]: number[] } };
  readonly switches: SwitchRecord[];
  readonly capped: CappedState;
  readonly trainer: State;
}
