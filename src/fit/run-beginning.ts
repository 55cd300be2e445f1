import type * as tf from '@tensorflow/tfjs';
import type { CompiledModel } from '../learner/model.ts';
import { callbackList, givenCallbacks } from './callbacks.ts';
import { Clock } from './clock.ts';
import type { RunOptions, UnreadOptions } from './run-options.ts';
import { RunProgress } from './run-progress.ts';
import { RunRecord } from './run-record.ts';

/** What there is of a run before its data is read: what callbacks are told, and how far it has come. */
export class RunBeginning {
  /** Of the loss and the metrics. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly progress: RunProgress;
  readonly record: RunRecord;
  /** Whether the callbacks know that the run has begun. */
  private begun = false;
  private list: tf.CallbackList | undefined;
  private before: tf.History | undefined;

  constructor(
    private readonly compiled: CompiledModel,
    private readonly options: RunOptions | UnreadOptions,
  ) {
    this.names = compiled.getDedupedMetricsNames();
    this.clock = new Clock(options.now);
    this.progress = new RunProgress(options, this.clock);
    this.record = new RunRecord(givenCallbacks(options.callbacks), options.length);
  }

  async callbacks(): Promise<tf.CallbackList> {
    const { compiled, options, names, progress, record } = this;
    this.list ??= await callbackList({ compiled, options, names, progress, record });
    return this.list;
  }

  /** Tells the callbacks, if they do not know, that the run begins. */
  async begin(): Promise<void> {
    if (this.begun) return;
    const { compiled } = this;
    const list = await this.callbacks();
    this.begun = true;
    this.before = compiled.history;
    compiled.history = this.record.history;
    // Told to stop while the model was compiled, it stops; told so by onTrainBegin, model.fit does not.
    const stopped = compiled.stopTraining_;
    await list.onTrainBegin();
    compiled.stopTraining_ = stopped;
  }

  /** Leaves the model with the history it had. */
  undo(): void {
    this.compiled.history = this.before!;
  }

  /** All that the run needs, with a batch of its data: that is read as late as `model.fitDataset` reads it. */
  async read(): Promise<RunOptions> {
    const { compiled, options, progress } = this;
    const { opening, resume, signal } = options;
    if (!isUnread(options)) return options;
    await this.begin();
    await opening!.open();
    // What is gone on with may be within an epoch.
    const begins = resume === undefined && progress.epoch < progress.epochs;
    if (begins && !compiled.stopTraining_ && !signal?.aborted) {
      await (await this.callbacks()).onEpochBegin(progress.epoch);
      progress.begun = true;
    }
    const example = await opening!.first();
    return { ...options, example, batchSize: example.size };
  }
}

const isUnread = (options: RunOptions | UnreadOptions): options is UnreadOptions => !('example' in options);
