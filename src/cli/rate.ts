import { Command } from 'commander';
import { CATALOG } from '../data/catalog.ts';
import { findLearningRate, type RateCurve } from '../fit/find-learning-rate.ts';
import type { Engine } from '../fit/options.ts';
import { printable } from '../printable.ts';
import { many, number } from '../report/format.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import {
  batchSizeOption,
  engineOption,
  jsonOption,
  numberOption,
  quietOption,
  samplesOption,
  seedOption,
} from './arguments.ts';
import { byPlace } from './by-place.ts';
import { type DataArguments, dataOption, ownDataOptions } from './data-options.ts';
import type { ExitCode, Io } from './io.ts';
import { textTable } from './text-table.ts';
import { checkedLoss, inputShapeOf, modelFor, type OptimizerName, optimizers, savedModel } from './trainable.ts';
import { trainingData } from './training-data.ts';
import { lossOption, modelName, modelOption, optimizerName, optimizerOption } from './training-options.ts';

interface RateOptions extends DataArguments {
  readonly model?: string;
  readonly optimizer?: OptimizerName;
  readonly loss?: string;
  readonly batchSize: number;
  readonly steps: number;
  readonly engine: Engine;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Rows of the table. */
const rows = 16;

/** `unequal rate`: the learning rate at which a model begins to learn fastest. */
export function rateCommand(io: Io, end: (code: ExitCode) => void): Command {
  const command = new Command('rate')
    .description('find the learning rate at which a model begins to learn fastest, in a few hundred steps')
    .addOption(modelOption())
    .addOption(dataOption());
  for (const one of ownDataOptions()) command.addOption(one);
  return command
    .addOption(numberOption('steps', 'steps, each at a larger rate').default(200))
    .addOption(optimizerOption())
    .addOption(lossOption())
    .addOption(batchSizeOption().default(64))
    .addOption(seedOption())
    .addOption(samplesOption())
    .addOption(engineOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (options: RateOptions) => {
      const { batchSize, seed, engine, steps, quiet } = options;
      const name = modelName(options.model, !CATALOG.some((entry) => entry.name === options.data));
      const saved = await savedModel(name);
      const data = await trainingData(options, inputShapeOf(saved));
      const model = modelFor(name, saved, data, seed);
      const optimizer = optimizerName(options.optimizer, name);
      const loss = checkedLoss(options.loss, data);
      const { make, rate } = optimizers[optimizer];
      model.compile({ optimizer: make(rate), loss });
      if (!quiet) {
        for (const note of data.notes) io.stderr.write(`${printable(note)}\n`);
        io.stderr.write(`${many(steps, 'step')} on ${printable(data.title)}, the rate growing from 0.000001 to 10 …\n`);
      }
      const curve = await findLearningRate(model, byPlace(data.train), {
        batchSize,
        seed,
        engine,
        steps,
        signal: io.signal,
      });
      if (options.json)
        io.stdout.write(`${JSON.stringify({ ...curve, optimizer, loss, batchSize }, numbersAsWords)}\n`);
      else io.stdout.write(rateText(curve));
      if (curve.ended === 'stopped') end(130);
    });
}

/** The curve and what follows from it, on the terminal. */
function rateText({ points, suggestion, ended }: RateCurve): string {
  const every = Math.max(1, Math.ceil(points.length / rows));
  const shown = points.filter((_, k) => k % every === 0 || k === points.length - 1);
  const table = textTable([
    ['rate', 'loss', 'smoothed'],
    ...shown.map(({ rate, loss, smoothed }) => [number(rate), number(loss), number(smoothed)]),
  ]);
  const last = points.at(-1);
  const end = {
    done: '',
    diverged: `The loss was lost at a rate of ${number(last?.rate)}.\n`,
    stopped: 'It was stopped before its end.\n',
  }[ended];
  const advice =
    suggestion === undefined
      ? 'The loss fell at no rate: look at the data, the loss and the model.\n'
      : `The loss falls fastest at a rate of ${number(suggestion, 2)}: --learning-rate ${Number(suggestion.toPrecision(2))}\n`;
  return `${table}\n${end}${advice}`;
}
