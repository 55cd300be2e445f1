import { Command } from 'commander';
import type { Advice, Candidate } from '../advice/advice.ts';
import { advise, candidateNames } from '../advice/advise.ts';
import { CATALOG } from '../data/catalog.ts';
import type { Engine } from '../fit/options.ts';
import { printable } from '../printable.ts';
import { count, duration, number, percent } from '../report/format.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import {
  batchSizeOption,
  engineOption,
  jsonOption,
  quietOption,
  samplesOption,
  secondsOption,
  seedOption,
} from './arguments.ts';
import { byPlace } from './by-place.ts';
import { type DataArguments, dataWords } from './data-options.ts';
import type { ExitCode, Io } from './io.ts';
import { commandLine, machine } from './machine.ts';
import { meter, newStanding, Tracker } from './progress.ts';
import { textTable } from './text-table.ts';
import { checkedLoss, inputShapeOf, modelFor, type OptimizerName, optimizers, savedModel } from './trainable.ts';
import { trainingData } from './training-data.ts';
import { modelName, optimizerName, withTrainingOptions } from './training-options.ts';

interface AdviseOptions extends DataArguments {
  readonly model?: string;
  readonly seconds: number;
  readonly optimizer?: OptimizerName;
  readonly learningRate?: number;
  readonly loss?: string;
  readonly batchSize: number;
  readonly engine: Engine;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

type Complete = AdviseOptions & Required<Pick<AdviseOptions, 'model' | 'optimizer' | 'loss'>>;

/** `unequal advise`: whether importance sampling pays for a model on a data set, by trying it for a minute. */
export function adviseCommand(io: Io, end: (code: ExitCode) => void): Command {
  const command = new Command('advise').description(
    'try for a minute whether importance sampling pays for a model on a data set, and say why',
  );
  return withTrainingOptions(command)
    .addOption(secondsOption('how long it may take, about').default(60))
    .addOption(batchSizeOption().default(64))
    .addOption(seedOption())
    .addOption(samplesOption())
    .addOption(engineOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (given: AdviseOptions) => {
      const { advice, options } = await adviceFor(given, io);
      if (options.json)
        io.stdout.write(`${JSON.stringify({ arguments: options, ...machine(), ...plain(advice) }, numbersAsWords)}\n`);
      else io.stdout.write(adviceText(advice, options));
      if (advice.stopped) end(130);
    });
}

/** The advice, and the options with those that depend on the data. */
async function adviceFor(given: AdviseOptions, io: Io): Promise<{ advice: Advice; options: Complete }> {
  const { seconds, learningRate, batchSize, seed, engine, quiet } = given;
  const name = modelName(given.model, !CATALOG.some((entry) => entry.name === given.data));
  const saved = await savedModel(name);
  const data = await trainingData(given, inputShapeOf(saved));
  const model = modelFor(name, saved, data, seed);
  const optimizer = optimizerName(given.optimizer, name);
  const loss = checkedLoss(given.loss, data);
  const { make, rate } = optimizers[optimizer];
  model.compile({ optimizer: make(learningRate ?? rate), loss });
  if (!quiet) for (const note of data.notes) io.stderr.write(`${printable(note)}\n`);
  const trackers = new Map(candidateNames.map((one) => [one, new Tracker(newStanding(one))]));
  const standings = [...trackers.values()].map(({ standing }) => standing);
  const progress = meter(io.stderr, standings, quiet);
  if (!quiet) io.stderr.write('Compiling and looking at scores and gradients …\n');
  try {
    const advice = await advise(model, byPlace(data.train), {
      ...{ seconds, batchSize, seed, engine, signal: io.signal },
      onStep: (candidate, report, share) => {
        trackers.get(candidate)?.step({ ...report, share });
        progress.update();
      },
    });
    for (const { name, failed } of advice.candidates) {
      const standing = trackers.get(name)?.standing;
      if (standing) standing.failed = failed !== undefined;
    }
    return { advice, options: { ...given, model: name, optimizer, loss } };
  } finally {
    progress.end();
  }
}

/** What of the advice can be written as JSON. */
function plain({ method: { name, options }, ...advice }: Advice): object {
  return { ...advice, method: { name, options } };
}

/** The advice on the terminal. */
function adviceText(advice: Advice, options: Omit<Complete, 'json' | 'quiet'>): string {
  const { candidates, reasons, code, seconds } = advice;
  const columns: [string, (row: Candidate) => string][] = [
    ['', ({ name }) => name],
    ['validation loss', ({ validationLoss, failed }) => (failed === undefined ? number(validationLoss) : 'failed')],
    ['÷ uniform', ({ ratio }) => number(ratio)],
    ['95 % interval', ({ low, high }) => (low === undefined ? '–' : `${number(low)}–${number(high)}`)],
    ['steps', ({ steps }) => count(steps)],
    ['epochs', ({ epochs }) => number(epochs, 2)],
    ['importance', ({ importanceShare }) => percent(importanceShare, 2)],
    ['gain', ({ gain }) => number(gain)],
    ['step time', ({ stepTime }) => number(stepTime)],
  ];
  const table = textTable([
    columns.map(([title]) => title),
    ...candidates.map((row) => columns.map(([, of]) => of(row))),
  ]);
  const says = candidates.flatMap(({ name, says }) => (says === undefined ? [] : [`${name}: ${says}.\n`]));
  return [
    `\n${printable(`${options.model} on ${options.data}`)}, batches of ${options.batchSize}, looked at for ${duration(seconds)}\n\n`,
    `${table}\n`,
    ...reasons.map((reason) => `${printable(reason)}\n`),
    says.length > 0 ? `\n${says.join('')}` : '',
    `\nTrain with  ${trainLine(advice, options)}\nor          ${code}\n`,
  ].join('');
}

/** The command line that follows the advice. */
function trainLine({ method, options: chosen }: Advice, options: Omit<Complete, 'json' | 'quiet'>): string {
  const { model, optimizer, learningRate, loss, batchSize, samples } = options;
  const flags = { optimizer, 'learning-rate': learningRate, loss, 'batch-size': batchSize, samples };
  const given = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const own = Object.entries(chosen ?? {}).flatMap(([name, value]) => ['--option', `${name}=${value}`]);
  return commandLine(['train', '--model', model, ...dataWords(options), ...given, '--method', method.name, ...own]);
}
