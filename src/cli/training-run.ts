import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { CATALOG, type DataSet } from '../data/catalog.ts';
import { loadData } from '../data/get.ts';
import type { LabelledImages } from '../data/images.ts';
import { fault } from '../errors.ts';
import { readCheckpoint, writeCheckpoint } from '../fit/checkpoint.ts';
import { fit } from '../fit/fit.ts';
import type { Engine } from '../fit/options.ts';
import type { StepReport } from '../fit/report.ts';
import type { Method, State } from '../methods/method.ts';
import { type RunConfig, type RunRecord, readRecord } from '../report/record.ts';
import { type ResultRow, resultRows } from '../report/results.ts';
import type { NameValue } from './arguments.ts';
import { chosenMethods } from './chosen-methods.ts';
import type { Io } from './io.ts';
import { commandLine, machine } from './machine.ts';
import { loadModel, saveModel } from './model-files.ts';
import { meter, newStanding, Tracker } from './progress.ts';
import { randomPart } from './random-part.ts';
import { Pictures, Recorder } from './recorder.ts';
import { defaultFolder, RunFolder } from './run-folder.ts';
import { modelFor, type OptimizerName, optimizers } from './trainable.ts';

/** What decides how a run goes; kept in `config.json`, so that it can be resumed. */
export interface TrainArguments {
  readonly model: string;
  readonly data: string;
  readonly method: string;
  readonly epochs?: number;
  readonly seconds?: number;
  readonly optimizer: OptimizerName;
  readonly learningRate?: number;
  readonly loss: string;
  readonly batchSize: number;
  readonly presample?: number;
  readonly option: readonly NameValue[];
  readonly checkpointEvery?: number;
  readonly seed: number;
  readonly samples?: number;
  readonly testSamples?: number;
  readonly engine: Engine;
}

interface Outcome {
  readonly folder: string;
  readonly record: RunRecord;
  readonly results: readonly ResultRow[];
}

/** A training run of the command line, new or resumed, in its folder. */
export class TrainingRun {
  private constructor(
    private readonly args: TrainArguments,
    private readonly method: Method,
    private readonly model: tf.LayersModel,
    private readonly train: LabelledImages,
    private readonly test: LabelledImages,
    private readonly folder: RunFolder,
    private readonly recorder: Recorder,
    private readonly resumes: boolean,
  ) {}

  static async start(options: TrainArguments, out = defaultFolder('train')): Promise<TrainingRun> {
    const args = onlyArguments(options);
    const method = methodOf(args);
    const { train, test } = await dataOf(args);
    const model = await modelFor(args.model, train, args.seed);
    const folder = await RunFolder.create(out, describe(args, method, model, train, test));
    // The run folder keeps all that a resumed run needs, whatever becomes of the file the model came from.
    await saveModel(model, join(folder.path, 'model'));
    return new TrainingRun(args, method, model, train, test, folder, recorderOf(method, train, folder), false);
  }

  static async resume(path: string, args: TrainArguments): Promise<TrainingRun> {
    const checkpoint = join(path, 'checkpoint');
    if (!existsSync(checkpoint)) {
      throw fault({ wrong: `${path} cannot be resumed`, got: 'no checkpoint in it', mend: 'start the run again' });
    }
    const { trainer } = (await readCheckpoint(checkpoint)) as unknown as { trainer: { steps: number } };
    const method = methodOf(args);
    const { train, test } = await dataOf(args);
    const model = await loadModel(join(path, 'model', 'model.json'));
    const folder = await RunFolder.reopen(path, trainer.steps);
    const { epochs, seconds } = args;
    folder.amendConfig({ epochs, seconds, arguments: args as unknown as RunConfig['arguments'] });
    const recorder = recorderOf(method, train, folder);
    await restoreRecorder(recorder, join(path, 'picked'), trainer.steps);
    return new TrainingRun(args, method, model, train, test, folder, recorder, true);
  }

  /** Trains to the end of the budget or until it is stopped; the folder then has the model and the report. */
  async go(io: Io, quiet?: boolean): Promise<Outcome> {
    const { args, method, model, train, test, folder, recorder } = this;
    const { optimizer, loss, batchSize, seed, engine, epochs, seconds, checkpointEvery: every } = args;
    const { make, rate } = optimizers[optimizer];
    model.compile({ optimizer: make(args.learningRate ?? rate), loss, metrics: ['accuracy'] });
    const stepsPerEpoch = Math.ceil(train.length / batchSize);
    const total = epochs ?? (seconds === undefined ? 1 : Infinity);
    const share = ({ step, seconds: spent }: StepReport) =>
      Math.min(1, Math.max((step + 1) / (total * stepsPerEpoch), seconds === undefined ? 0 : spent / seconds));
    const tracker = new Tracker(newStanding(method.name));
    const progress = meter(io.stderr, [tracker.standing], quiet);
    const checkpoint = join(folder.path, 'checkpoint');
    let latest: StepReport | undefined;
    let failed: string | undefined;
    let explanation: readonly string[] | undefined;
    try {
      const history = await fit(model, train, {
        method,
        batchSize,
        epochs,
        seconds,
        seed,
        engine,
        signal: io.signal,
        validationData: test,
        verbose: 0,
        checkpoint: { path: checkpoint, every },
        resume: this.resumes ? checkpoint : undefined,
        onStep: async (report) => {
          latest = report;
          recorder.step(report);
          tracker.step({ ...report, share: share(report) });
          progress.update();
          if (every !== undefined && (report.step + 1) % every === 0) await this.keepPicked();
          // Steps may block without a pause; Ctrl-C needs one.
          await new Promise((resolve) => setTimeout(resolve));
        },
        callbacks: {
          onEpochEnd: async (epoch, logs) => {
            if (latest === undefined) return;
            const { val_loss: testLoss, val_acc: accuracy, loss: trainLoss } = logs ?? {};
            const testError = accuracy === undefined ? undefined : 1 - accuracy;
            const trained = epoch + (latest.batch + 1) / stepsPerEpoch;
            const { seconds: spent, step } = latest;
            await recorder.point({ seconds: spent, step: step + 1, epoch: trained, trainLoss, testLoss, testError });
            await this.keepPicked();
          },
        },
      });
      explanation = history.explain().split('\n');
    } catch (error) {
      failed = (error as Error).message;
      throw error;
    } finally {
      progress.end();
      if (latest !== undefined || failed !== undefined) {
        recorder.result(latest?.seconds ?? 0, { failed, explanation });
      }
      if (failed === undefined) folder.append({ type: 'end', reason: io.signal.aborted ? 'stopped' : 'done' });
      await saveModel(model, join(folder.path, 'model'));
      await folder.report();
      folder.close();
    }
    const record = await readRecord(folder.path);
    return { folder: folder.path, record, results: resultRows(record) };
  }

  /** How often each sample was picked, for a resumed run. */
  private keepPicked(): Promise<void> {
    const { picked, steps, importanceSteps } = this.recorder;
    return writeCheckpoint(join(this.folder.path, 'picked'), { picked, steps, importanceSteps });
  }
}

/** Counts from another step than the checkpoint's belong to steps that will be made again: then they start anew. */
async function restoreRecorder(recorder: Recorder, path: string, steps: number): Promise<void> {
  if (!existsSync(path)) return;
  const saved = (await readCheckpoint(path)) as { [part: string]: State };
  if (saved.steps !== steps) return;
  recorder.picked.set(saved.picked as Uint32Array);
  recorder.steps = steps;
  recorder.importanceSteps = saved.importanceSteps as number;
}

function recorderOf({ name }: Method, train: LabelledImages, folder: RunFolder): Recorder {
  return new Recorder(name, train.length, new Pictures(train), (event) => folder.append(event));
}

/** Without the options that say nothing of the run itself. */
function onlyArguments(options: TrainArguments): TrainArguments {
  const { model, data, method, epochs, seconds, optimizer, learningRate, loss } = options;
  const { batchSize, presample, option, checkpointEvery, seed, samples, testSamples, engine } = options;
  const how = { model, data, method, epochs, seconds, optimizer, learningRate, loss };
  return { ...how, batchSize, presample, option, checkpointEvery, seed, samples, testSamples, engine };
}

function methodOf({ method, option, presample }: TrainArguments): Method {
  const options = presample === undefined ? option : [...option, ['presample', presample] as const];
  return chosenMethods([method], options)[0];
}

async function dataOf(args: TrainArguments): Promise<{ train: LabelledImages; test: LabelledImages }> {
  const { data, samples, testSamples, seed } = args;
  const { train, test } = await loadData(data);
  return { train: randomPart(train, samples, seed), test: randomPart(test, testSamples, seed) };
}

function describe(
  args: TrainArguments,
  method: Method,
  model: tf.LayersModel,
  train: LabelledImages,
  test: LabelledImages,
): RunConfig {
  const { data, seed, seconds, batchSize, optimizer, learningRate, engine, samples } = args;
  const { title, standsFor } = CATALOG.find(({ name }) => name === data) as DataSet;
  return {
    kind: 'train',
    title: `${args.model} on ${title.split(':')[0]} by ${method.name}`,
    command: commandLine(words(args)),
    started: new Date().toISOString(),
    seed,
    seconds,
    epochs: args.epochs ?? (seconds === undefined ? 1 : undefined),
    batchSize,
    optimizer: optimizers[optimizer].says,
    learningRate: learningRate ?? optimizers[optimizer].rate,
    model: { name: args.model, parameters: model.countParams() },
    data: {
      name: data,
      title: samples === undefined ? title : `${train.length} random samples of ${title}`,
      train: train.length,
      test: test.length,
      classes: train.classes,
      standsFor,
    },
    methods: { [method.name]: method.options },
    ...machine(),
    engine,
    trainLoss: 'mean weighted loss of the samples trained on in an epoch, while the network learned',
    arguments: { ...args },
  };
}

/** The command line that repeats a run. */
function words({ option, ...args }: TrainArguments): string[] {
  const given = Object.entries(args).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, String(value)],
  );
  return ['train', ...given, ...option.flatMap(([name, value]) => ['--option', `${name}=${value}`])];
}
