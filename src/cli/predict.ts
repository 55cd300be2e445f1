import { createWriteStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import type * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import type { Preparation } from '../data/own/preparation.ts';
import { type Prediction, predictions } from '../data/own/prepared.ts';
import { fault } from '../errors.ts';
import { greatest } from '../extent.ts';
import { loadModel } from '../models/save-model.ts';
import { count, percent } from '../report/format.ts';
import { jsonOption, option, pathOption, quietOption, wordOption } from './arguments.ts';
import type { Io } from './io.ts';
import { keptPreparation, PREPARATION } from './kept-preparation.ts';

interface PredictOptions {
  readonly model: string;
  readonly data: string;
  readonly out?: string;
  readonly probabilities?: boolean;
  readonly delimiter?: string;
  readonly skipBroken?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `unequal predict`: what a trained model says of other data, prepared as it was for the training. */
export function predictCommand(io: Io): Command {
  return new Command('predict')
    .description('say what a trained model predicts for other data, as CSV')
    .addOption(pathOption('--model <path>', 'run folder of unequal train, or its model folder').makeOptionMandatory())
    .addOption(
      pathOption(
        '--data <path>',
        'a file, folder or pattern; of pictures, one or a folder of them',
      ).makeOptionMandatory(),
    )
    .addOption(pathOption('--out <file>', 'write there instead of to standard output'))
    .addOption(option('--probabilities', 'a column for the probability of each class'))
    .addOption(
      wordOption('--delimiter <character>', 'what stands between the cells of a CSV file (default: found out)'),
    )
    .addOption(option('--skip-broken', 'leave out what cannot be read, and list it'))
    .addOption(jsonOption().default(undefined, 'one JSON object a line instead of CSV'))
    .addOption(quietOption())
    .action((options: PredictOptions) => predict(options, io));
}

async function predict(options: PredictOptions, io: Io): Promise<void> {
  const { preparation, model } = await trained(options.model);
  const { classNames, columns } = preparation.target;
  const say = (line: string) => options.quiet || io.stderr.write(`${line}\n`);
  const file = options.out === undefined ? undefined : createWriteStream(options.out, { flags: 'wx' });
  const written = file && finished(file);
  const write = (text: string) => (file ?? io.stdout).write(text);
  const { probabilities = false } = options;
  let rows = 0;
  let [known, right, squares] = [0, 0, 0];
  if (!options.json) write(`${header(classNames, columns, probabilities).map(csvCell).join(',')}\n`);
  const run = (xs: tf.Tensor) => model.predict(xs) as tf.Tensor;
  const found = predictions(options.data, preparation, run, options);
  for await (const one of found.rows) {
    rows++;
    if (one.actual !== undefined) {
      known++;
      if (one.actual[0] === one.predicted[0]) right++;
      if (classNames === undefined) {
        for (const [k, value] of one.predicted.entries()) squares += (Number(value) - Number(one.actual[k])) ** 2;
      }
    }
    if (options.json) write(`${JSON.stringify(object(one, classNames, columns, probabilities))}\n`);
    else write(`${line(one, probabilities).map(csvCell).join(',')}\n`);
  }
  file?.end();
  await written?.catch((cause: Error) => {
    throw fault({ wrong: `${options.out} cannot be written`, got: cause.message, cause });
  });
  for (const note of found.notes()) say(note);
  if (classNames !== undefined && known > 0) say(`${percent(right / known)} of ${count(known)} rows are right`);
  if (classNames === undefined && known > 0) {
    say(`root of the mean squared error over ${count(known)} rows: ${Math.sqrt(squares / known / columns.length)}`);
  }
  if (rows === 0)
    throw fault({ wrong: `${options.data} has nothing to predict`, got: 'no rows', expected: 'one or more' });
}

/** The model and the preparation of a run folder, a model folder, or a `model.json`. */
async function trained(path: string): Promise<{ preparation: Preparation; model: tf.LayersModel }> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const folders = isFolder ? [join(path, 'model'), path] : [dirname(path)];
  const folder = folders.find((one) => existsSync(join(one, PREPARATION))) ?? folders[0];
  const model = await loadModel(path);
  const preparation = await keptPreparation(folder);
  if (preparation !== undefined) return { preparation, model };
  throw fault({
    wrong: `${path} does not say how its data was prepared`,
    got: `no ${PREPARATION} in ${folders.join(' or ')}`,
    expected: 'what unequal train has saved',
  });
}

function header(classNames: readonly string[] | undefined, columns: readonly string[], all: boolean): string[] {
  if (classNames === undefined) return ['row', ...columns];
  return ['row', columns[0], 'probability', ...(all ? classNames : [])];
}

function line({ place, predicted, probabilities }: Prediction, all: boolean): (string | number)[] {
  if (probabilities === undefined) return [place, ...predicted];
  return [place, predicted[0], greatest(probabilities), ...(all ? probabilities : [])];
}

function object(
  { place, predicted, probabilities }: Prediction,
  classNames: readonly string[] = [],
  columns: readonly string[],
  all: boolean,
): object {
  return {
    row: place,
    ...Object.fromEntries(columns.map((column, k) => [column, predicted[k]])),
    ...(probabilities && { probability: greatest(probabilities) }),
    ...(probabilities &&
      all && { probabilities: Object.fromEntries(classNames.map((name, k) => [name, probabilities[k]])) }),
  };
}

/** Quoted where it has to be. */
function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
