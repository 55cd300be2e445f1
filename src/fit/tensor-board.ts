import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { loadPart } from '../load-part.ts';
import { type Checks, checkedOptions, elsewhere } from '../options.ts';
import type { EventFile } from './event-file.ts';
import { logNumbers } from './log-numbers.ts';
import { keepsItsRun } from './one-run.ts';
import type { StepReport } from './report.ts';
import { watchesSteps } from './watches-steps.ts';

/** Pixels, row by row, with 1 (grey) or 3 (red, green, blue) bytes each. */
export interface TensorBoardImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

export interface TensorBoardArgs {
  /** The folder of the run; `tensorboard --logdir` is given it, or the one above. */
  readonly dir: string;
  /** Steps between two entries of what steps measure; 0 for none. Default 50. */
  readonly every?: number;
  /** The picture of a sample: those trained on most often are then shown after each epoch. */
  readonly image?: (index: number) => TensorBoardImage | Promise<TensorBoardImage>;
  /** How many pictures. Default 8. */
  readonly images?: number;
}

const checks: Checks<TensorBoardArgs> = { dir: elsewhere, every: elsewhere, image: elsewhere, images: elsewhere };

/** What steps measure that is written. */
const measured = ['loss', 'learningRate', 'tau', 'ess', 'gain', 'worth', 'cost', 'noiseShare', 'resistance'] as const;

/**
 * A callback for `fit` and `fitDataset` that writes event files of TensorBoard, in Node: what is told of each epoch by its
 * name (`loss`, `val_loss`, …), by the number of epochs; what steps measure (`step/loss`, `step/gain`, …) and whether they
 * went by importance, by the number of steps; after each epoch a histogram of the last scores and, with `image`, pictures
 * of the samples trained on most often. A run that is gone on with writes a file of its own, and says where it takes over.
 *
 * @example
 * ```ts
 * await fit(model, samples, { epochs: 5, callbacks: [tensorBoard({ dir: 'logs/importance' })] });
 * // tensorboard --logdir logs
 * ```
 *
 * @throws UnequalError for options that cannot be, or where the folder cannot be written.
 */
export function tensorBoard(args: TensorBoardArgs): tf.Callback {
  return new TensorBoard(args);
}

class TensorBoard extends tf.Callback {
  private file: EventFile | undefined;
  private step = 0;
  private scores: ArrayLike<number> | undefined;
  private readonly times = new Map<number, number>();
  private readonly waiting: [tag: string, value: number, step: number][] = [];

  constructor(private readonly args: TensorBoardArgs) {
    super();
    keepsItsRun(this);
    const { dir, every = 50, image, images = 8 } = checkedOptions('tensorBoard', args, checks);
    const wrong = (name: string, got: unknown, expected: string) =>
      fault({ wrong: `bad ${name} of tensorBoard`, got, expected });
    if (typeof dir !== 'string' || dir === '' || dir.includes('\0')) throw wrong('dir', dir, 'the path of a folder');
    if (!(Number.isSafeInteger(every) && every >= 0)) throw wrong('every', every, 'a whole number of steps ≥ 0');
    if (!(Number.isSafeInteger(images) && images > 0 && images <= 100)) throw wrong('images', images, '1 to 100');
    if (image !== undefined && typeof image !== 'function') throw wrong('image', image, 'a function of an index');
  }

  [watchesSteps](report: StepReport): void {
    const { every = 50, image } = this.args;
    this.step = report.step + 1;
    if (report.scores) this.scores = report.scores;
    if (image) for (const index of report.indices) this.times.set(index, (this.times.get(index) ?? 0) + 1);
    if (every === 0 || this.step % every !== 0) return;
    for (const name of measured) {
      const value = report[name];
      if (value !== undefined) this.waiting.push([`step/${name}`, value, this.step]);
    }
    this.waiting.push(['step/importance', report.phase === 'importance' ? 1 : 0, this.step]);
  }

  override async onTrainBegin(): Promise<void> {
    this.file = undefined;
  }

  override async onEpochEnd(epoch: number, logs?: tf.Logs): Promise<void> {
    const file = await this.opened(epoch);
    this.flush(file);
    for (const [name, value] of Object.entries(await logNumbers(logs))) file.scalar(name, value, epoch + 1);
    if (this.scores) file.histogram('scores', this.scores, epoch + 1);
    await this.pictures(file, epoch + 1);
    await file.write();
  }

  override async onTrainEnd(): Promise<void> {
    if (this.file === undefined && this.waiting.length === 0) return;
    const file = await this.opened(0);
    this.flush(file);
    await file.write();
  }

  private flush(file: EventFile): void {
    for (const [tag, value, step] of this.waiting) file.scalar(tag, value, step);
    this.waiting.length = 0;
  }

  private async opened(epoch: number): Promise<EventFile> {
    if (this.file === undefined) {
      const { EventFile } = await loadPart(() => import('./event-file.ts'));
      this.file = await EventFile.create(this.args.dir, epoch);
    }
    return this.file;
  }

  private async pictures(file: EventFile, epoch: number): Promise<void> {
    const { image, images = 8 } = this.args;
    if (image === undefined) return;
    const most = [...this.times].sort(([i, a], [j, b]) => b - a || i - j).slice(0, images);
    for (const [place, [index]] of most.entries()) file.image(`most picked/${place + 1}`, await image(index), epoch);
  }
}
