import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { CATALOG, type DataSet } from '../data/catalog.ts';
import { loadData } from '../data/get.ts';
import type { LabelledImages } from '../data/images.ts';
import { fault } from '../errors.ts';
import { fit } from '../fit/fit.ts';
import type { Engine } from '../fit/options.ts';
import type { StepReport } from '../fit/report.ts';
import type { Method, State } from '../methods/method.ts';
import { type RunConfig, type RunRecord, readRecord } from '../report/record.ts';
import { type ResultRow, resultRows } from '../report/results.ts';
import type { NameValue } from './arguments.ts';
import { methodFor } from './distributed.ts';
import type { Io } from './io.ts';
import { commandLine, machine } from './machine.ts';
import { loadModel, saveModel } from './model-files.ts';
import { meter, newStanding, Tracker } from './progress.ts';
import { randomPart } from './random-part.ts';
import { Pictures, Recorder, type RecorderState } from './recorder.ts';
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
  /** Of distributedImportance: its name on the server, and the workers started here. */
  readonly run?: string;
  readonly workers?: number;
}

interface Outcome {
  readonly folder: string;
  readonly record: RunRecord;
  readonly results: readonly ResultRow[];
  /** Whether it can be gone on with to the end of its budget. */
  readonly stopped: boolean;
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

  static async start(options: TrainArguments, out = defaultFolder('train'), redis?: string): Promise<TrainingRun> {
    const args = onlyArguments(options);
    let model: tf.LayersModel;
    const method = methodFor(args, () => model, redis);
    const { train, test } = await dataOf(args);
    model = await modelFor(args.model, train, args.seed);
    const folder = await RunFolder.create(out, describe(args, method, model, train, test));
    // The run folder keeps all that a resumed run needs, whatever becomes of the file the model came from.
    await saveModel(model, join(folder.path, 'model'));
    return new TrainingRun(args, method, model, train, test, folder, recorderOf(method, train, folder), false);
  }

  static async resume(path: string, args: TrainArguments, redis?: string): Promise<TrainingRun> {
    const checkpoint = join(path, 'checkpoint');
    if (!existsSync(checkpoint)) {
      throw fault({ wrong: `${path} cannot be resumed`, got: 'no checkpoint in it', mend: 'start the run again' });
    }
    let model: tf.LayersModel;
    const method = methodFor(args, () => model, redis);
    const { train, test } = await dataOf(args);
    model = await loadModel(join(path, 'model', 'model.json'));
    const folder = await RunFolder.reopen(path);
    return new TrainingRun(args, method, model, train, test, folder, recorderOf(method, train, folder), true);
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
    // What comes first takes back what was told after the checkpoint.
    const at = { size: folder.size };
    const goOn = () => folder.cut(at.size);
    let begun = !this.resumes;
    let finished = false;
    let failure: Error | undefined;
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
          goOn();
          recorder.step(report);
          at.size = folder.size;
          tracker.step({ ...report, share: share(report) });
          progress.update();
          // Steps may block without a pause; Ctrl-C needs one.
          await new Promise((resolve) => setTimeout(resolve));
        },
        callbacks: [
          {
            onTrainBegin: async () => {
              begun = true;
              if (this.resumes) {
                await folder.amendConfig({ epochs, seconds, arguments: args as unknown as RunConfig['arguments'] });
              }
            },
            onEpochEnd: async (epoch, logs) => {
              const { last } = recorder;
              if (last === undefined) return;
              goOn();
              const { val_loss: testLoss, val_acc: accuracy, loss: trainLoss } = logs ?? {};
              const testError = accuracy === undefined ? undefined : 1 - accuracy;
              const trained = epoch + (last.batch + 1) / stepsPerEpoch;
              const { seconds: spent, step } = last;
              await recorder.point({ seconds: spent, step: step + 1, epoch: trained, trainLoss, testLoss, testError });
              at.size = folder.size;
            },
            state: () => ({ ...recorder.state(), size: at.size }) as unknown as State,
            restore: (state: RecorderState & { size: number }) => {
              recorder.restore(state);
              if (!(Number.isSafeInteger(state.size) && state.size >= 0)) {
                throw fault({ wrong: 'a wrong size of the record', got: state.size });
              }
              at.size = state.size;
            },
          } as tf.CustomCallbackArgs,
        ],
      });
      const spent = recorder.last?.seconds ?? 0;
      finished = (history.epoch.at(-1) ?? -1) + 1 >= total || (seconds !== undefined && spent >= seconds);
      explanation = history.explain().split('\n');
    } catch (error) {
      failure = error as Error;
    }
    progress.end();
    // A run that was refused has left its folder as it was.
    if (!begun) {
      folder.close();
      throw failure;
    }
    const stopped = io.signal.aborted && !finished;
    try {
      goOn();
      if (recorder.last !== undefined || failure) {
        recorder.result(recorder.last?.seconds ?? 0, { failed: failure?.message, explanation });
      }
      if (!failure) folder.append({ type: 'end', reason: stopped ? 'stopped' : 'done' });
      await saveModel(model, join(folder.path, 'model'));
      await folder.report();
    } catch (error) {
      // What went wrong first is what is told.
      failure ??= error as Error;
    } finally {
      folder.close();
    }
    if (failure) throw failure;
    const record = await readRecord(folder.path);
    return { folder: folder.path, record, results: resultRows(record), stopped };
  }
}

function recorderOf({ name }: Method, train: LabelledImages, folder: RunFolder): Recorder {
  return new Recorder(name, train.length, new Pictures(train), (event) => folder.append(event));
}

/** Without the options that say nothing of the run itself. */
function onlyArguments(options: TrainArguments): TrainArguments {
  const { model, data, method, epochs, seconds, optimizer, learningRate, loss } = options;
  const { batchSize, presample, option, checkpointEvery, seed, samples, testSamples, engine, run, workers } = options;
  const how = { model, data, method, epochs, seconds, optimizer, learningRate, loss };
  const rest = { batchSize, presample, option, checkpointEvery, seed, samples, testSamples, engine };
  return { ...how, ...rest, run, workers };
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
