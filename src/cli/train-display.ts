import type * as tf from '@tensorflow/tfjs';
import type { StepReport } from '../fit/report.ts';
import type { ErrorPoint } from '../report/lead.ts';
import type { Io } from './io.ts';
import { type LiveReport, serveReport } from './live-report.ts';
import { type Meter, meter, newStanding, Tracker } from './progress.ts';
import type { RunFolder } from './run-folder.ts';
import type { TrainingData } from './training-data.ts';
import { watch } from './watch.ts';

/** How a run is shown while it goes on. */
export interface Shown {
  readonly quiet?: boolean;
  readonly watch?: boolean;
  readonly serve?: boolean;
}

/** Shows a run while it goes on: a bar, lines or a chart on the terminal, and its report as a live page. */
export class TrainDisplay {
  private constructor(
    private readonly tracker: Tracker,
    private readonly points: ErrorPoint[],
    private readonly meter: Meter,
    private readonly live: LiveReport | undefined,
  ) {}

  static async open(
    { stderr }: Io,
    { quiet, watch: watches, serve }: Shown,
    method: string,
    task: TrainingData['task'],
    folder: RunFolder,
  ): Promise<TrainDisplay> {
    const tracker = new Tracker(newStanding(method));
    const { standing } = tracker;
    const points: ErrorPoint[] = [];
    const what = task === 'classification' ? 'validation error, %' : 'validation loss';
    const charts = watches && stderr.isTTY && !quiet;
    const shown = charts ? watch(stderr, [{ standing, points }], what) : meter(stderr, [standing], quiet);
    const live = serve ? await serveReport(folder.path, () => folder.size) : undefined;
    // Without the address nobody finds the page, so that it is told to the quiet too.
    if (live) stderr.write(`live report: ${live.url}\n`);
    return new TrainDisplay(tracker, points, shown, live);
  }

  step(report: StepReport, share: number): void {
    this.tracker.step({ ...report, share });
    this.meter.update();
  }

  epoch(seconds: number, { val_loss: loss, val_acc: accuracy }: tf.Logs = {}): void {
    const error = accuracy === undefined ? loss : 100 * (1 - accuracy);
    if (error !== undefined) this.points.push({ seconds, error });
  }

  /** No more steps come: leaves the last picture, or the last lines. */
  end(): void {
    this.meter.end();
  }

  /** The folder is complete. */
  async close(): Promise<void> {
    await this.live?.end();
  }
}
