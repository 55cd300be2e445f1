import type * as tf from '@tensorflow/tfjs';
import { areImages, isLabelled } from '../data/subset.ts';
import { fault } from '../errors.ts';
import type { StepReport } from '../fit/report.ts';
import type { State } from '../methods/method.ts';
import type { ResultEvent } from '../report/record.ts';
import { Pictures, Recorder, type RecorderState } from './recorder.ts';
import type { RunFolder } from './run-folder.ts';
import type { TrainBudget } from './train-budget.ts';
import type { TrainingData } from './training-data.ts';

/**
 * Writes the events of a training run into its folder. Where the run goes on from a checkpoint, what was told after it is
 * taken back by the first that is told anew.
 */
export class TrainingLog {
  private readonly recorder: Recorder;
  /** Bytes of the events that stand. */
  private size: number;

  constructor(
    method: string,
    { train }: TrainingData,
    private readonly folder: RunFolder,
    private readonly budget: TrainBudget,
  ) {
    const pictures = isLabelled(train) && areImages(train) ? new Pictures(train) : undefined;
    this.recorder = new Recorder(method, train, pictures, (event) => folder.append(event));
    this.size = folder.size;
  }

  /** Seconds of training at the last step; nothing before there has been one. */
  get seconds(): number | undefined {
    return this.recorder.last?.seconds;
  }

  step(report: StepReport): void {
    this.takeBack();
    this.recorder.step(report);
    this.size = this.folder.size;
  }

  async epoch(epoch: number, logs: tf.Logs = {}): Promise<void> {
    const { last } = this.recorder;
    if (last === undefined) return;
    this.takeBack();
    const { val_loss: testLoss, val_acc: accuracy, loss: trainLoss } = logs;
    const testError = accuracy === undefined ? undefined : 1 - accuracy;
    const { seconds, step } = last;
    await this.recorder.point({
      ...{ seconds, step: step + 1, epoch: this.budget.trained({ ...last, epoch }) },
      ...{ trainLoss, testLoss, testError },
    });
    this.size = this.folder.size;
  }

  /**
   * @param stopped whether it can be gone on with.
   * @param seconds of training, where more is known than the last step.
   */
  end(
    failure: Error | undefined,
    told: Pick<ResultEvent, 'explanation' | 'samples'>,
    stopped: boolean,
    seconds = this.seconds,
  ): void {
    this.takeBack();
    if (this.seconds !== undefined || failure)
      this.recorder.result(seconds ?? 0, { failed: failure?.message, ...told });
    if (!failure) this.folder.append({ type: 'end', reason: stopped ? 'stopped' : 'done' });
  }

  state(): State {
    return { ...this.recorder.state(), size: this.size } as unknown as State;
  }

  /** @throws UnequalError if it is no such state. */
  restore(state: RecorderState & { readonly size: number }): void {
    this.recorder.restore(state);
    if (!(Number.isSafeInteger(state.size) && state.size >= 0)) {
      throw fault({ wrong: 'a wrong size of the record', got: state.size });
    }
    this.size = Math.min(state.size, this.folder.size);
  }

  private takeBack(): void {
    this.folder.cut(this.size);
  }
}
