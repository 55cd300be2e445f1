import { Command } from 'commander';
import type { LabelledImages } from '../data/images.ts';
import { mnist } from '../data/load.ts';
import { embeddingJob } from '../experiments/embedding-job.ts';
import { mainJob } from '../experiments/main-job.ts';
import { irreducibleLosses } from '../fit/irreducible-losses.ts';
import type { Engine } from '../fit/options.ts';
import { race } from '../fit/race.ts';
import type { Method } from '../methods/method.ts';
import { uniform } from '../methods/uniform.ts';
import { count, duration } from '../report/format.ts';
import { type RunConfig, readRecord } from '../report/record.ts';
import { resultRows } from '../report/results.ts';
import { summary } from '../report/summary.ts';
import {
  batchSizeOption,
  engineOption,
  jsonOption,
  methodOption,
  type NameValue,
  option,
  outOption,
  presampleOption,
  quietOption,
  rateOption,
  samplesOption,
  secondsOption,
  seedOption,
  testSamplesOption,
} from './arguments.ts';
import { chosenMethods, type Given, methodNames } from './chosen-methods.ts';
import type { ExitCode, Io } from './io.ts';
import { commandLine, machine } from './machine.ts';
import { meter, newStanding, Tracker } from './progress.ts';
import { jobOf, type RaceJob, rates } from './race-job.ts';
import { randomPart } from './random-part.ts';
import { Pictures, Recorder } from './recorder.ts';
import { defaultFolder, RunFolder } from './run-folder.ts';
import { resultText } from './text-table.ts';

interface RaceOptions {
  readonly methods: readonly string[];
  readonly seconds: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly learningRate?: number;
  readonly presample?: number;
  readonly option: readonly NameValue[];
  readonly samples?: number;
  readonly testSamples?: number;
  readonly out?: string;
  readonly engine: Engine;
  readonly tune?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Uniform epochs on either half of the data that make the irreducible losses. */
const irreducibleEpochs = 3;

/** `unequal race`: methods against uniform SGD at equal seconds on MNIST. */
export function raceCommand(io: Io, end: (code: ExitCode) => void): Command {
  return new Command('race')
    .description('race methods against uniform SGD on MNIST for equal seconds, and report')
    .addOption(
      option('--methods <a,b,c>', 'see unequal methods')
        .argParser(methodNames)
        .default(mainJob.methods, mainJob.methods.join(',')),
    )
    .addOption(secondsOption('training seconds for each method').default(mainJob.seconds))
    .addOption(
      rateOption().default(undefined, `${mainJob.learningRate}, or ${embeddingJob.learningRate} for an embedding`),
    )
    .addOption(batchSizeOption().default(mainJob.batchSize))
    .addOption(presampleOption())
    .addOption(methodOption())
    .addOption(option('--tune', `race uniform SGD at the learning rates ${rates.join(', ')} instead`))
    .addOption(seedOption())
    .addOption(samplesOption())
    .addOption(testSamplesOption())
    .addOption(engineOption())
    .addOption(outOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (options: RaceOptions) => {
      await runRace(options, io);
      if (io.signal.aborted) end(130);
    });
}

async function runRace(options: RaceOptions, io: Io): Promise<void> {
  const { seconds, seed, batchSize, samples, testSamples, engine, json, quiet } = options;
  const say = (line: string) => quiet || io.stderr.write(`${line}\n`);
  const job = jobOf(options.tune ? [] : options.methods, options.option);
  // Before any work, to find what is wrong: the losses that rhoLoss needs are made of the data.
  entrants(options, job, { ...job.given, rhoLoss: { irreducible: [] } });
  const digits = await mnist();
  const train = randomPart(digits.train, samples, seed);
  const test = randomPart(digits.test, testSamples, seed);
  const preparation = await prepare(options, job, train, io.signal, say);
  const { methods, learningRate, rateFactor } = entrants(options, job, preparation.given);
  const makeModel = () => job.makeModel(learningRate, seed);
  const notes = { ...(job.testError && { 'Test error': job.testError }), ...preparation.notes };

  const folder = await RunFolder.create(
    options.out ?? defaultFolder('race'),
    describe(options, job, methods, learningRate, train, test, notes),
  );
  say(
    `${methods.map(({ name }) => name).join(', ')}: ${duration(seconds)} of training each, in turns, on ${count(train.length)} digits of MNIST`,
  );
  say(`learning rate ${options.tune ? '' : `${learningRate}: `}${rateNote(options, job)}; ${job.scheduleName}`);
  const pictures = new Pictures(train);
  const recorders = new Map(
    methods.map(({ name }) => [name, new Recorder(name, train.length, pictures, (event) => folder.append(event))]),
  );
  const trackers = new Map(methods.map(({ name }) => [name, new Tracker(newStanding(name))]));
  const progress = meter(
    io.stderr,
    [...trackers.values()].map(({ standing }) => standing),
    quiet,
  );
  try {
    const curves = await race(makeModel, train, methods, {
      seconds,
      seed,
      batchSize,
      test,
      engine,
      rateFactor,
      schedule: job.schedule,
      signal: io.signal,
      onStep: (method, report) => {
        recorders.get(method)?.step(report);
        trackers.get(method)?.step({ ...report, share: report.seconds / seconds });
        progress.update();
      },
      onPoint: (method, point) => recorders.get(method)?.point(point),
    });
    for (const { method, points, failed } of curves) {
      const { standing } = trackers.get(method) as Tracker;
      standing.failed = failed !== undefined;
      recorders.get(method)?.result(points.at(-1)?.seconds ?? 0, failed);
    }
    progress.end();
    folder.amendConfig({ engine: [...new Set(curves.map((curve) => curve.engine))].join(', ') });
    folder.append({ type: 'end', reason: io.signal.aborted ? 'stopped' : 'done' });
  } finally {
    await folder.report();
    folder.close();
  }
  const record = await readRecord(folder.path);
  const results = resultRows(record);
  if (json)
    io.stdout.write(`${JSON.stringify({ folder: folder.path, config: record.config, end: record.end, results })}\n`);
  else {
    const noted = Object.entries(notes).map(([title, note]) => `${title}: ${note}.\n`);
    io.stdout.write(
      `\n${resultText(results)}${noted.join('')}\n${summary(record).join(' ')}\n\n${folder.path}/report.html\n`,
    );
  }
}

/** What the methods are given that has to be made of the data, and what is to be said of it. */
async function prepare(
  { methods, learningRate, batchSize, seed, engine, tune }: RaceOptions,
  job: RaceJob,
  train: LabelledImages,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<{ given: Given; notes: { [title: string]: string } }> {
  if (tune || !methods.includes('rhoLoss')) return { given: job.given, notes: {} };
  say('irreducible losses: training a model on either half of the data');
  const start = performance.now();
  const irreducible = await irreducibleLosses(() => job.makeModel(learningRate ?? job.learningRate, seed), train, {
    batchSize,
    epochs: irreducibleEpochs,
    schedule: job.schedule,
    seed,
    engine,
    signal,
  });
  const seconds = (performance.now() - start) / 1000;
  const note = `${duration(seconds)} outside the clock of the race, before it, for ${irreducibleEpochs} uniform epochs on either half of the data`;
  return {
    given: { ...job.given, rhoLoss: { irreducible } },
    notes: { 'Irreducible losses of rhoLoss': note },
  };
}

/** Who races at which rate: the methods asked for, or uniform SGD at every rate of the grid. */
function entrants(
  { methods, option, presample, learningRate, tune }: RaceOptions,
  job: RaceJob,
  given: Given,
): {
  methods: Method[];
  learningRate: number;
  rateFactor?: { [method: string]: number };
} {
  const rate = learningRate ?? job.learningRate;
  if (!tune) {
    const options = presample === undefined ? option : [...option, ['presample', presample] as const];
    return { methods: chosenMethods(methods, options, given), learningRate: rate };
  }
  const names = rates.map((rate) => [`uniform, rate ${rate}`, rate] as const);
  return {
    methods: names.map(([name]) => ({ ...uniform(), name })),
    learningRate: 1,
    rateFactor: Object.fromEntries(names),
  };
}

function rateNote({ learningRate, tune }: RaceOptions, job: RaceJob): string {
  if (tune) return rates.join(', ');
  return learningRate === undefined ? job.learningRateNote : 'as given';
}

function describe(
  options: RaceOptions,
  job: RaceJob,
  methods: readonly Method[],
  learningRate: number,
  train: LabelledImages,
  test: LabelledImages,
  notes: RunConfig['notes'],
): RunConfig {
  const { seconds, seed, batchSize, engine, tune, samples } = options;
  const model = job.makeModel(learningRate, seed);
  const parameters = model.countParams();
  model.dispose();
  return {
    kind: 'race',
    title: tune ? 'Learning rates of uniform SGD on MNIST' : job.name,
    command: commandLine(words(options, job)),
    started: new Date().toISOString(),
    seed,
    seconds,
    batchSize,
    optimizer: job.optimizer,
    learningRate,
    learningRateNote: tune ? 'times the rate in the name' : rateNote(options, job),
    schedule: job.scheduleName,
    model: { name: job.model, parameters },
    data: {
      name: 'mnist',
      title: samples === undefined ? 'MNIST' : `${count(train.length)} random digits of MNIST`,
      train: train.length,
      test: test.length,
      classes: train.classes,
    },
    methods: Object.fromEntries(methods.map(({ name, options }) => [name, options])),
    ...machine(),
    engine,
    trainLoss: `mean ${job.loss} over ${Math.min(2000, train.length).toLocaleString('en-US')} random training samples, in evaluation mode`,
    notes,
  };
}

/** The command line that repeats a race, with every default that may change written out. */
function words(options: RaceOptions, job: RaceJob): string[] {
  const { methods, seconds, seed, batchSize, learningRate, presample, option, samples, testSamples } = options;
  const { engine, tune } = options;
  return [
    'race',
    ...(tune
      ? ['--tune']
      : ['--methods', methods.join(','), '--learning-rate', String(learningRate ?? job.learningRate)]),
    ...['--seconds', String(seconds), '--batch-size', String(batchSize), '--seed', String(seed)],
    ...(presample === undefined ? [] : ['--presample', String(presample)]),
    ...option.flatMap(([name, value]) => ['--option', `${name}=${value}`]),
    ...(samples === undefined ? [] : ['--samples', String(samples)]),
    ...(testSamples === undefined ? [] : ['--test-samples', String(testSamples)]),
    ...(engine === 'auto' ? [] : ['--engine', engine]),
  ];
}
