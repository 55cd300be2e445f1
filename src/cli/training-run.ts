import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { placeOf } from '../data/labelled.ts';
import { isLabelled } from '../data/subset.ts';
import { fit } from '../fit/fit.ts';
import type { SampleHistory } from '../fit/sample-history.ts';
import { writeSamples } from '../fit/samples-file.ts';
import { saveModel } from '../models/save-model.ts';
import { printable } from '../printable.ts';
import { count } from '../report/format.ts';
import { findingsOf } from '../report/history-report.ts';
import { type RunConfig, type RunRecord, readConfig, readRecord } from '../report/record.ts';
import { type ResultRow, resultRows } from '../report/results.ts';
import { AwakeClock } from './awake-clock.ts';
import { byPlace } from './by-place.ts';
import { storeOf } from './folder-store.ts';
import type { Io } from './io.ts';
import { commandLine } from './machine.ts';
import { samplesPath } from './run-folder.ts';
import { TrafficMeter } from './traffic-meter.ts';
import { trainAnnouncement } from './train-announcement.ts';
import { trainWords } from './train-arguments.ts';
import { TrainBudget } from './train-budget.ts';
import { type Shown, TrainDisplay } from './train-display.ts';
import { compileFor } from './trainable.ts';
import type { TrainingData } from './training-data.ts';
import { TrainingLog } from './training-log.ts';
import type { TrainingParts } from './training-parts.ts';

/** What training has come to. */
interface Trained {
  /** Whether the budget is used. */
  readonly finished: boolean;
  readonly seconds: number | undefined;
  readonly explanation: readonly string[];
  readonly samples: SampleHistory | undefined;
}

interface Outcome {
  readonly folder: string;
  readonly record: RunRecord;
  readonly results: readonly ResultRow[];
  /** Whether it can be gone on with to the end of its budget. */
  readonly stopped: boolean;
  readonly traffic: TrafficMeter;
}

/** A training run of the command line, new or resumed, in its folder. */
export class TrainingRun {
  private readonly budget: TrainBudget;
  private readonly log: TrainingLog;
  private readonly traffic = new TrafficMeter();
  /** Whether the folder is this run's to change. */
  private begun: boolean;

  constructor(private readonly parts: TrainingParts) {
    const { args, method, data, folder, resumes } = parts;
    this.budget = new TrainBudget(args, data.train.length);
    this.log = new TrainingLog(method.name, data, folder, this.budget);
    this.begun = !resumes;
  }

  get data(): TrainingData {
    return this.parts.data;
  }

  /** Its name on the server, where it has one. */
  get run(): string | undefined {
    return this.parts.args.run;
  }

  /** What it is about to do, a line for each thing. */
  announcement(): string[] {
    const { budget, parts } = this;
    return trainAnnouncement({ ...parts, budget, method: parts.method.name, folder: parts.folder.path });
  }

  /** Trains to the end of the budget or until it is stopped; the folder then has the model and the report. */
  async go(io: Io, shown: Shown): Promise<Outcome> {
    const { args, method, model, data, folder } = this.parts;
    compileFor(model, args, data);
    const display = await TrainDisplay.open(io, shown, method.name, data.task, folder);
    const clock = new AwakeClock((words) => shown.quiet || io.stderr.write(`${words}\n`));
    let trained: Trained | undefined;
    let failure: Error | undefined;
    try {
      trained = await this.train(io.signal, display, clock.now);
    } catch (error) {
      failure = error as Error;
    }
    await clock.end();
    display.end();
    // A run that was refused has left its folder as it was.
    if (!this.begun) {
      await display.close();
      folder.close();
      throw failure;
    }
    const stopped = io.signal.aborted && !trained?.finished;
    failure = folder.gone() ?? failure;
    try {
      if (!folder.gone()) await this.leave(trained, failure, stopped);
    } catch (error) {
      // What went wrong first is what is told.
      failure ??= error as Error;
    } finally {
      await display.close();
      folder.close();
    }
    if (failure) throw failure;
    const record = await readRecord(folder.path);
    return { folder: folder.path, record, results: resultRows(record), stopped, traffic: this.traffic };
  }

  private async train(signal: AbortSignal, display: TrainDisplay, now: () => number): Promise<Trained> {
    const { budget, log, traffic } = this;
    const { args, method, model, data, folder, cluster, resumes } = this.parts;
    const { batchSize, epochs, seconds, seed, engine, checkpointEvery: every } = args;
    const checkpoint = join(folder.path, 'checkpoint');
    const history = await fit(model, byPlace(data.train), {
      ...{ method, batchSize, epochs, seconds, seed, engine, signal, cluster, verbose: 0, now },
      validationData: byPlace(data.test),
      // An epoch of a few rows is over sooner than its checkpoint is on the disk.
      checkpoint: { path: checkpoint, every, seconds: every === undefined ? 1 : undefined },
      store: storeOf(folder),
      resume: resumes ? checkpoint : undefined,
      onStep: async (report) => {
        log.step(report);
        traffic.step(report);
        display.step(report, budget.share(report));
        // Steps may block without a pause; Ctrl-C needs one.
        await new Promise((resolve) => setImmediate(resolve));
      },
      callbacks: [
        {
          onTrainBegin: () => this.begin(),
          onEpochEnd: async (epoch, logs) => {
            if (log.seconds !== undefined) display.epoch(log.seconds, logs);
            await log.epoch(epoch, logs);
          },
          state: () => log.state(),
          restore: async (state: Parameters<TrainingLog['restore']>[0]) => {
            log.restore(state);
            await this.tellOfLost(state.size);
          },
        } as tf.CustomCallbackArgs,
      ],
    });
    if (history.setup) await folder.amendConfig({ engine: history.setup.engine });
    return {
      finished: budget.isUsed((history.epoch.at(-1) ?? -1) + 1, history.course?.seconds ?? 0),
      seconds: history.course?.seconds,
      explanation: history.explain({ detail: true }).split('\n'),
      samples: history.samples,
    };
  }

  /** From here on the folder is of this run; one that is resumed may have another budget. */
  private async begin(): Promise<void> {
    const { args, folder, resumes } = this.parts;
    const { epochs, seconds } = args;
    this.begun = true;
    if (!resumes) return;
    await folder.amendConfig({
      ...{ epochs, seconds, command: commandLine(trainWords(args)) },
      arguments: args as unknown as RunConfig['arguments'],
    });
  }

  /** Where the power went the record may have less than the checkpoint tells of. */
  private async tellOfLost(size: number): Promise<void> {
    const { folder } = this.parts;
    if (folder.size >= size) return;
    const lost = `${count(size - folder.size)} bytes of metrics are lost, as where the power goes: curves and counts of this run have a gap`;
    console.warn(`unequal: ${printable(folder.path)}: ${lost}`);
    const { notes } = await readConfig(folder.path);
    const before = notes?.Record === undefined ? '' : `${notes.Record}; `;
    await folder.amendConfig({ notes: { ...notes, Record: before + lost } });
  }

  /** Leaves in the folder what the run has come to. */
  private async leave(trained: Trained | undefined, failure: Error | undefined, stopped: boolean): Promise<void> {
    const { method, model, data, folder } = this.parts;
    const { seconds, explanation, samples } = trained ?? {};
    const names = isLabelled(data.train) ? data.train.classNames : [];
    const place = (index: number) => placeOf(data.train, index);
    const found = samples && findingsOf(samples, { className: (label) => names[label] ?? String(label), place });
    // The model first: whoever finds an end in the record takes the model for that of the end.
    const unsaved = await saveModel(model, join(folder.path, 'model')).then(
      () => undefined,
      (error: Error) => error,
    );
    this.log.end(failure ?? unsaved, { explanation, samples: found }, stopped, seconds);
    if (unsaved) throw unsaved;
    if (samples) await writeSamples(samplesPath(folder.path, method.name), samples);
    await folder.report();
  }
}
