import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { CATALOG } from '../data/catalog.ts';
import { readText } from '../data/regular-file.ts';
import { areImages, isLabelled } from '../data/subset.ts';
import { fault } from '../errors.ts';
import { fit } from '../fit/fit.ts';
import type { Engine } from '../fit/options.ts';
import type { StepReport } from '../fit/report.ts';
import type { SampleHistory } from '../fit/sample-history.ts';
import { writeSamples } from '../fit/samples-file.ts';
import type { Cluster } from '../fit/team.ts';
import type { Method, State } from '../methods/method.ts';
import { loadModel, saveModel } from '../models/save-model.ts';
import { count } from '../report/format.ts';
import { findingsOf } from '../report/history-report.ts';
import type { ErrorPoint } from '../report/lead.ts';
import { type RunConfig, type RunRecord, readRecord } from '../report/record.ts';
import { type ResultRow, resultRows } from '../report/results.ts';
import { writeWhole } from '../whole-file.ts';
import type { NameValue } from './arguments.ts';
import { type DataArguments, dataArguments, dataWords } from './data-options.ts';
import { methodFor } from './distributed.ts';
import type { Io } from './io.ts';
import { keepLabels, withKeptLabels } from './kept-labels.ts';
import { serveReport } from './live-report.ts';
import { commandLine, machine } from './machine.ts';
import { meter, newStanding, Tracker } from './progress.ts';
import { Pictures, Recorder, type RecorderState } from './recorder.ts';
import { defaultFolder, RunFolder, samplesPath } from './run-folder.ts';
import { TrafficMeter } from './traffic-meter.ts';
import { inputShapeOf, lossOf, modelFor, type OptimizerName, optimizers, savedModel } from './trainable.ts';
import { type TrainingData, trainingData } from './training-data.ts';
import { modelName, optimizerName } from './training-options.ts';
import { watch } from './watch.ts';

/** What decides how a run goes; kept in `config.json`, so that it can be resumed. */
export interface TrainArguments extends DataArguments {
  readonly model: string;
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
  readonly engine: Engine;
  /** Of distributedImportance: its name on the server, and the workers started here. */
  readonly run?: string;
  readonly workers?: number;
  /** Of a run of several processes. */
  readonly every?: number;
  readonly outer?: 'average' | 'diloco';
  readonly together?: boolean;
}

/** Arguments of which those that were not given depend on the data. */
export type OpenArguments = Omit<TrainArguments, 'model' | 'optimizer' | 'loss'> &
  Partial<Pick<TrainArguments, 'model' | 'optimizer' | 'loss'>>;

/** How a run is shown while it goes on. */
export interface Shown {
  readonly quiet?: boolean;
  readonly watch?: boolean;
  readonly serve?: boolean;
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
  private constructor(
    private readonly args: TrainArguments,
    private readonly method: Method,
    private readonly model: tf.LayersModel,
    readonly data: TrainingData,
    private readonly folder: RunFolder,
    private readonly recorder: Recorder,
    private readonly resumes: boolean,
    private readonly cluster: Cluster | undefined,
  ) {}

  static async start(
    options: OpenArguments,
    out = defaultFolder('train'),
    redis?: string,
    cluster?: Cluster,
  ): Promise<TrainingRun> {
    let model: tf.LayersModel;
    const method = methodFor(options, () => model, redis);
    const own = !CATALOG.some(({ name }) => name === options.data);
    const name = modelName(options.model, own);
    const saved = await savedModel(name);
    const data = await trainingData(options, inputShapeOf(saved));
    const args = completed({ ...options, model: name, together: cluster && true }, data);
    model = modelFor(name, saved, data, args.seed);
    const folder = await RunFolder.create(out, describe(args, method, model, data));
    // The run folder keeps all that a resumed run needs, whatever becomes of the file the model came from.
    await saveModel(model, join(folder.path, 'model'));
    await writeWhole(join(folder.path, 'model', PREPARATION), `${JSON.stringify(data.preparation)}\n`);
    if (data.skipped.length > 0) await writeWhole(join(folder.path, 'skipped.txt'), `${data.skipped.join('\n')}\n`);
    await keepLabels(args, folder.path);
    return new TrainingRun(args, method, model, data, folder, recorderOf(method, data, folder), false, cluster);
  }

  static async resume(path: string, args: TrainArguments, redis?: string, cluster?: Cluster): Promise<TrainingRun> {
    if ((args.together ?? false) !== (cluster !== undefined)) {
      throw fault({
        wrong: `${path} cannot be resumed so`,
        got: args.together ? 'no --cluster' : '--cluster',
        expected: args.together ? '--cluster URL, as the run was trained with' : 'none, as the run was trained alone',
      });
    }
    const checkpoint = join(path, 'checkpoint');
    if (!existsSync(checkpoint)) {
      throw fault({ wrong: `${path} cannot be resumed`, got: 'no checkpoint in it', mend: 'start the run again' });
    }
    let model: tf.LayersModel;
    const method = methodFor(args, () => model, redis);
    model = await loadModel(join(path, 'model', 'model.json'));
    const data = await trainingData(await withKeptLabels(args, path), inputShapeOf(model));
    await checkSameData(path, data);
    const folder = await RunFolder.reopen(path);
    return new TrainingRun(args, method, model, data, folder, recorderOf(method, data, folder), true, cluster);
  }

  /** What it is about to do, a line for each thing. */
  announcement(): string[] {
    const { args, data, model, method, folder } = this;
    const { epochs, seconds, batchSize, optimizer, learningRate, loss } = args;
    const { skipped } = data;
    const budget = [
      ...(epochs === undefined && seconds !== undefined
        ? []
        : [`${epochs ?? 1} epoch${(epochs ?? 1) === 1 ? '' : 's'}`]),
      ...(seconds === undefined ? [] : [`${seconds} s`]),
    ].join(' or ');
    const by = `${optimizers[optimizer].says} at rate ${learningRate ?? optimizers[optimizer].rate}`;
    return [
      `data: ${data.title}, ${count(data.train.length)} training and ${count(data.test.length)} test samples`,
      ...data.notes.map((note) => `  ${note}`),
      ...(skipped.length === 0 ? [] : [`  ${skipped.length} left out, listed in ${folder.path}/skipped.txt:`]),
      ...skipped.slice(0, 10).map((one) => `    ${one}`),
      `model: ${args.model}, ${count(model.countParams())} parameters`,
      ...(args.model === 'auto' ? layersText(model) : []),
      `training: ${budget} by ${method.name}, batches of ${batchSize}, ${by}, loss ${loss}`,
      `folder: ${folder.path}`,
    ];
  }

  /** Trains to the end of the budget or until it is stopped; the folder then has the model and the report. */
  async go(io: Io, { quiet, watch: watches, serve }: Shown): Promise<Outcome> {
    const { args, method, model, folder, recorder } = this;
    const { train, test } = this.data;
    const { batchSize, seed, engine, epochs, seconds, checkpointEvery: every } = args;
    compileFor(model, args, this.data);
    const traffic = new TrafficMeter();
    const stepsPerEpoch = Math.ceil(train.length / batchSize);
    const total = epochs ?? (seconds === undefined ? 1 : Infinity);
    // Of several processes, how many steps an epoch has depends on who is there.
    const trained = ({ epoch, batch, done }: Pick<StepReport, 'epoch' | 'batch' | 'done'>) =>
      epoch + (done === undefined ? (batch + 1) / stepsPerEpoch : done / train.length);
    const share = (report: StepReport) =>
      Math.min(1, Math.max(trained(report) / total, seconds === undefined ? 0 : report.seconds / seconds));
    const tracker = new Tracker(newStanding(method.name));
    const points: ErrorPoint[] = [];
    const what = this.data.task === 'classification' ? 'validation error, %' : 'validation loss';
    const progress =
      watches && io.stderr.isTTY && !quiet
        ? watch(io.stderr, [{ standing: tracker.standing, points }], what)
        : meter(io.stderr, [tracker.standing], quiet);
    const live = serve ? await serveReport(folder.path, () => folder.size) : undefined;
    if (live && !quiet) io.stderr.write(`live report: ${live.url}\n`);
    const checkpoint = join(folder.path, 'checkpoint');
    // What comes first takes back what was told after the checkpoint.
    const at = { size: folder.size };
    const goOn = () => folder.cut(at.size);
    let begun = !this.resumes;
    let finished = false;
    let failure: Error | undefined;
    let explanation: readonly string[] | undefined;
    let samples: SampleHistory | undefined;
    const names = isLabelled(train) ? train.classNames : [];
    const className = (label: number) => names[label] ?? String(label);
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
        cluster: this.cluster,
        verbose: 0,
        checkpoint: { path: checkpoint, every },
        resume: this.resumes ? checkpoint : undefined,
        onStep: async (report) => {
          goOn();
          recorder.step(report);
          traffic.step(report);
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
                await folder.amendConfig({
                  ...{ epochs, seconds, command: commandLine(words(args)) },
                  arguments: args as unknown as RunConfig['arguments'],
                });
              }
            },
            onEpochEnd: async (epoch, logs) => {
              const { last } = recorder;
              if (last === undefined) return;
              goOn();
              const { val_loss: testLoss, val_acc: accuracy, loss: trainLoss } = logs ?? {};
              const testError = accuracy === undefined ? undefined : 1 - accuracy;
              const measured = testError === undefined ? testLoss : 100 * testError;
              if (measured !== undefined) points.push({ seconds: last.seconds, error: measured });
              const { seconds: spent, step } = last;
              await recorder.point({
                ...{ seconds: spent, step: step + 1, epoch: trained({ ...last, epoch }) },
                ...{ trainLoss, testLoss, testError },
              });
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
      explanation = history.explain({ detail: true }).split('\n');
      samples = history.samples;
    } catch (error) {
      failure = error as Error;
    }
    progress.end();
    // A run that was refused has left its folder as it was.
    if (!begun) {
      await live?.end();
      folder.close();
      throw failure;
    }
    const stopped = io.signal.aborted && !finished;
    try {
      goOn();
      const found = samples && findingsOf(samples, { className });
      if (recorder.last !== undefined || failure) {
        recorder.result(recorder.last?.seconds ?? 0, { failed: failure?.message, explanation, samples: found });
      }
      if (!failure) folder.append({ type: 'end', reason: stopped ? 'stopped' : 'done' });
      await saveModel(model, join(folder.path, 'model'));
      if (samples) await writeSamples(samplesPath(folder.path, method.name), samples);
      await folder.report();
    } catch (error) {
      // What went wrong first is what is told.
      failure ??= error as Error;
    } finally {
      await live?.end();
      folder.close();
    }
    if (failure) throw failure;
    const record = await readRecord(folder.path);
    return { folder: folder.path, record, results: resultRows(record), stopped, traffic };
  }
}

/** Compiles the model as the arguments say. */
export function compileFor(model: tf.LayersModel, args: TrainArguments, { task }: TrainingData): void {
  const { make, rate } = optimizers[args.optimizer];
  model.compile({
    optimizer: make(args.learningRate ?? rate),
    loss: args.loss,
    metrics: task === 'classification' ? ['accuracy'] : [],
  });
}

function recorderOf({ name }: Method, { train }: TrainingData, folder: RunFolder): Recorder {
  const pictures = isLabelled(train) && areImages(train) ? new Pictures(train) : undefined;
  return new Recorder(name, train.length, pictures, (event) => folder.append(event));
}

/** How data was prepared, beside `model.json`. */
export const PREPARATION = 'data.json';

/** @throws UnequalError where the data is prepared in another way than when the run began: it has changed. */
async function checkSameData(path: string, { preparation, own }: TrainingData): Promise<void> {
  const file = join(path, 'model', PREPARATION);
  if (!own || !existsSync(file)) return;
  const before = await readText(file, Infinity);
  if (before.trim() === JSON.stringify(preparation)) return;
  throw fault({
    wrong: `${path} cannot be resumed`,
    got: 'other data than the run began with',
    expected: 'the same rows or pictures',
    mend: 'start the run again',
  });
}

/** What is written where nothing was said: an epoch of a few rows is over in a blink. */
const OWN_EPOCHS = 20;

/** Without the options that say nothing of the run itself, and with those that depend on the data. */
export function completed(options: OpenArguments & { readonly model: string }, data: TrainingData): TrainArguments {
  const { model, method, seconds, learningRate, batchSize, presample, option, checkpointEvery, engine } = options;
  const { run, workers, every, outer, together } = options;
  const { epochs = data.own && seconds === undefined ? OWN_EPOCHS : undefined, loss = lossOf(data.task) } = options;
  const optimizer = optimizerName(options.optimizer, model);
  return {
    ...{ model, method, epochs, seconds, optimizer, learningRate, loss, batchSize, presample, option, checkpointEvery },
    ...{ ...dataArguments(options), engine, run, workers, every, outer, together },
  };
}

function describe(
  args: TrainArguments,
  method: Method,
  model: tf.LayersModel,
  { train, test, title, standsFor, own }: TrainingData,
): RunConfig {
  const { data, seed, seconds, batchSize, optimizer, learningRate, engine } = args;
  const known = CATALOG.find(({ name }) => name === data)?.title.split(':')[0];
  return {
    kind: 'train',
    title: `${args.model} on ${known ?? basename(data)} by ${method.name}`,
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
      title: own ? undefined : title,
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
function words(args: TrainArguments): string[] {
  const { option } = args;
  const given = flags.flatMap((name) => {
    const value = args[name];
    return value === undefined ? [] : [`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, String(value)];
  });
  return [
    'train',
    ...dataWords(args),
    ...given,
    ...option.flatMap(([name, value]) => ['--option', `${name}=${value}`]),
  ];
}

const flags = [
  ...(['model', 'method', 'epochs', 'seconds', 'optimizer', 'learningRate', 'loss', 'batchSize'] as const),
  ...(['presample', 'checkpointEvery', 'seed', 'samples', 'testSamples', 'engine'] as const),
  ...(['run', 'workers', 'every', 'outer'] as const),
];

/** The layers of a model that was built, for whoever wants to know what it is. */
function layersText(model: tf.LayersModel): string[] {
  return model.layers.map((layer) => {
    const shape = (layer.outputShape as (number | null)[]).slice(1).join(' × ');
    return `  ${layer.getClassName()} → ${shape}${layer.countParams() > 0 ? `, ${count(layer.countParams())} parameters` : ''}`;
  });
}
