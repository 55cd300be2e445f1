import { existsSync } from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import type { Preparation, Target } from '../data/own/preparation.ts';
import { type Prediction, predictions } from '../data/own/prepared.ts';
import { fault } from '../errors.ts';
import { greatest } from '../extent.ts';
import { loadNewestModel } from '../fit/newest-model.ts';
import { writeWhole } from '../whole-file.ts';
import { headerOption, noHeaderOption, option, pathOption, quietOption, wordOption } from './arguments.ts';
import type { ExitCode, Io } from './io.ts';
import { PREPARATION, preparationBeside } from './kept-preparation.ts';
import { Score } from './prediction-score.ts';

interface PredictOptions {
  readonly model: string;
  readonly data: string;
  readonly out?: string;
  readonly probabilities?: boolean;
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly skipBroken?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `unequal predict`: what a trained model says of other data, prepared as it was for the training. */
export function predictCommand(io: Io, end: (code: ExitCode) => void): Command {
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
    .addOption(headerOption())
    .addOption(noHeaderOption())
    .addOption(option('--skip-broken', 'leave out what cannot be read, and list it'))
    .addOption(option('--json', 'print one JSON object a line instead of CSV'))
    .addOption(quietOption())
    .action(async (options: PredictOptions) => {
      await predict(options, io).catch((error) => {
        if (!io.signal.aborted || (error.cause ?? error) !== io.signal.reason) throw error;
        end(130);
      });
    });
}

async function predict(options: PredictOptions, io: Io): Promise<void> {
  const { out } = options;
  if (out !== undefined && existsSync(out)) {
    throw fault({
      wrong: `${out} exists already`,
      expected: 'a new file',
      mend: 'give --out another name, or remove it',
    });
  }
  const { preparation, model } = await trained(options.model);
  const run = (xs: tf.Tensor) => model.predict(xs) as tf.Tensor;
  const found = predictions(options.data, preparation, run, options);
  const score = new Score(preparation.target);
  const lines = linesOf(untilStopped(found.rows, io.signal), score, preparation.target, options);
  if (out !== undefined) await writeWhole(out, inChunks(lines));
  else for await (const text of lines) io.stdout.write(text);
  if (options.quiet) return;
  for (const note of [...found.notes(), ...score.notes()]) io.stderr.write(`${note}\n`);
}

/** What is written, a line for each row. @throws UnequalError where there is no row. */
async function* linesOf(
  rows: AsyncIterable<Prediction>,
  score: Score,
  { classNames, columns }: Target,
  { data, json, probabilities = false }: PredictOptions,
): AsyncGenerator<string> {
  const names = header(classNames, columns, probabilities).map(csvCell).join(',');
  for await (const one of rows) {
    // Not before there is a row: nothing is printed of data that cannot be read.
    if (!json && score.rows === 0) yield `${names}\n`;
    score.see(one);
    if (json) yield `${JSON.stringify(object(one, classNames, columns, probabilities))}\n`;
    else yield `${line(one, probabilities).map(csvCell).join(',')}\n`;
  }
  if (score.rows === 0)
    throw fault({ wrong: `${data} has nothing to predict`, got: 'no rows', expected: 'one or more' });
}

/** Throws once it is stopped, so that no file is left that has a part of the rows. */
async function* untilStopped<T>(rows: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const row of rows) {
    signal.throwIfAborted();
    yield row;
  }
}

async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < 2 ** 16) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

/** The model and the preparation of a run folder, a model folder, or a `model.json`. */
async function trained(path: string): Promise<{ preparation: Preparation; model: tf.LayersModel }> {
  const model = await loadNewestModel(path);
  const { preparation, folders } = await preparationBeside(path);
  if (preparation !== undefined) return { preparation, model };
  throw fault({
    wrong: `${path} does not say how its data was prepared`,
    got: `no ${PREPARATION} in ${folders.join(' or ')}`,
    expected: 'what unequal train has saved',
  });
}

/** What the columns beside the predictions are called: no name that a prediction has. */
function ownNames(columns: readonly string[]) {
  const free = (name: string): string => (columns.includes(name) ? free(`_${name}`) : name);
  return { row: free('row'), probability: free('probability'), probabilities: free('probabilities') };
}

function header(classNames: readonly string[] | undefined, columns: readonly string[], all: boolean): string[] {
  const own = ownNames([...columns, ...(all ? (classNames ?? []) : [])]);
  if (classNames === undefined) return [own.row, ...columns];
  return [own.row, columns[0], own.probability, ...(all ? classNames : [])];
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
  const own = ownNames(columns);
  return {
    [own.row]: place,
    ...Object.fromEntries(columns.map((column, k) => [column, predicted[k]])),
    ...(probabilities && { [own.probability]: greatest(probabilities) }),
    ...(probabilities &&
      all && { [own.probabilities]: Object.fromEntries(classNames.map((name, k) => [name, probabilities[k]])) }),
  };
}

/** Quoted where it has to be. */
function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
