import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CATALOG } from '../data/catalog.ts';
import { loadData } from '../data/get.ts';
import { withLabels } from '../data/own/labels-file.ts';
import { ownData } from '../data/own/own-data.ts';
import type { Preparation, Task } from '../data/own/preparation.ts';
import type { ShapedSamples } from '../data/own/table-samples.ts';
import { sizeNotes } from '../data/own/unused-options.ts';
import { fault } from '../errors.ts';
import { unknownName } from '../nearest.ts';
import type { DataArguments } from './data-options.ts';
import { preparationBeside } from './kept-preparation.ts';
import { randomPart } from './random-part.ts';
import { sayFetch } from './say-fetch.ts';
import { networkNames } from './trainable.ts';

/** What a command trains on and tests on. */
export interface TrainingData {
  readonly train: ShapedSamples;
  readonly test: ShapedSamples;
  readonly task: Task;
  /** Classes, or numbers to predict: the outputs of a model. */
  readonly outputs: number;
  /** Saved with the model, so that other data can be prepared alike. */
  readonly preparation: Preparation;
  /** Whether it is prepared as the data was that the model has been trained on before. */
  readonly alike?: boolean;
  /** Whether it is the user's own. */
  readonly own: boolean;
  readonly title: string;
  readonly standsFor?: string;
  readonly notes: readonly string[];
  readonly skipped: readonly string[];
}

/** The data of `--data`. `shape` is what a given model takes, and decides the size of pictures. @throws UnequalError */
export async function trainingData(args: DataArguments, shape?: readonly (number | null)[]): Promise<TrainingData> {
  return partOf(await wholeData(args, shape), args, args.seed);
}

/** What `--samples` and `--test-samples` leave of the data: other samples with another seed. */
export function partOf(data: TrainingData, { samples, testSamples }: DataArguments, seed: number): TrainingData {
  const train = randomPart(data.train, samples, seed);
  const title = train.length === data.train.length ? data.title : `${train.length} random samples of ${data.title}`;
  return { ...data, train, test: randomPart(data.test, testSamples, seed), title };
}

/** All of the data, with the labels of `--labels`. @throws UnequalError */
export async function wholeData(args: DataArguments, shape?: readonly (number | null)[]): Promise<TrainingData> {
  const data = await readData(args, shape);
  if (args.labels === undefined) return data;
  const { train, test, note } = await withLabels(args.labels, data);
  return { ...data, train, test, notes: [...data.notes, note] };
}

async function readData(args: DataArguments, shape?: readonly (number | null)[]): Promise<TrainingData> {
  const { data } = args;
  const entry = CATALOG.find(({ name }) => name === data);
  if (entry === undefined) return ownTrainingData(args, shape);
  for (const name of [
    'target',
    'task',
    'test',
    'testShare',
    'as',
    'size',
    'delimiter',
    'header',
    'skipBroken',
  ] as const) {
    if (args[name] === undefined) continue;
    const flag = name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    throw fault({ wrong: `--${flag} does not go with ${data}`, expected: 'data of your own', mend: 'leave it out' });
  }
  if (entry.texts) {
    throw fault({
      wrong: `${data} holds texts, which no network of the command line takes`,
      expected: 'images or data of your own',
      mend: 'train on it in a program: loadSamples of unequal/data',
    });
  }
  sayFetch(entry);
  const { train, test } = await loadData(data);
  const { title, standsFor } = entry;
  const known: TrainingData = {
    ...{ train, test },
    task: 'classification',
    outputs: train.classes,
    preparation: {
      format: 'pictures',
      version: 1,
      target: { columns: ['class'], task: 'classification', classNames: train.classNames },
      inputShape: train.inputShape,
    },
    own: false,
    title,
    standsFor,
    notes: [],
    skipped: [],
  };
  const like = await keptBeside(args);
  if (like !== undefined) checkAlike(args.model as string, like, known.preparation);
  return known;
}

/** How the data of the model that is trained was prepared, where it is a saved one that says so. */
async function keptBeside({ model }: DataArguments): Promise<Preparation | undefined> {
  const isSaved = model !== undefined && !(networkNames as readonly string[]).includes(model);
  return isSaved ? (await preparationBeside(model)).preparation : undefined;
}

/** A path as it was meant in the folder `from`, if it is still there: a run may be gone on with from another. */
function pathFrom(from: string | undefined, path: string): string {
  if (from === undefined || from === process.cwd() || isAbsolute(path)) return path;
  const there = join(from, path);
  return existsSync(there.replace(/[*?[{].*$/, '')) ? there : path;
}

/** The same data, however it was named, for a process that is told of it in a command line. */
export function placed(args: DataArguments): DataArguments {
  const { from, data, test } = args;
  return { ...args, data: pathFrom(from, data), test: test && pathFrom(from, test) };
}

async function ownTrainingData(args: DataArguments, shape?: readonly (number | null)[]): Promise<TrainingData> {
  const { target, task, as = [], delimiter, header, skipBroken } = args;
  const data = pathFrom(args.from, args.data);
  const test = args.test && pathFrom(args.from, args.test);
  // What is no path is more likely a name mistyped.
  if (!/[\\/.*]/.test(data) && !existsSync(data)) {
    const names = CATALOG.map(({ name }) => name);
    throw unknownName('data set, file or folder', data, names);
  }
  const [height, width, channels] = shape?.length === 3 ? shape : [];
  const size = args.size ?? (height && width ? ([height, width] as const) : undefined);
  const like = await keptBeside(args);
  // Drawn anew, some of the test would be what the model has been trained on.
  const seed = like?.drawn?.seed ?? args.seed;
  const testShare = args.testShare ?? like?.drawn?.testShare;
  const found = await ownData(data, {
    ...{ target, task, test, testShare, delimiter, header, skipBroken, seed, size },
    ...(like?.format === 'table' && { preparation: like }),
    ...(channels === 1 || channels === 3 ? { channels } : {}),
    ...(as.length > 0 && { as: Object.fromEntries(as) }),
  });
  const { preparation, skipped } = found;
  if (like !== undefined) checkAlike(args.model as string, like, preparation);
  const prepared = like ? [`prepared as the data of ${args.model} was`] : [];
  const notes = [...prepared, ...found.notes, ...sizeNotes(args.size, preparation)];
  const { target: to } = preparation;
  return {
    train: found.train,
    test: found.test,
    task: to.task,
    outputs: to.classNames?.length ?? to.columns.length,
    preparation,
    own: true,
    alike: like !== undefined,
    title: data,
    notes,
    skipped,
  };
}

/** @throws UnequalError where data is of another form than that of a model's training, or has other classes. */
function checkAlike(model: string, before: Preparation, now: Preparation): void {
  const said = ({ format, target }: Preparation) =>
    `${format === 'table' ? 'a table' : 'pictures'}${target.classNames ? ` of ${target.classNames.join(', ')}` : ''}`;
  if (said(before) === said(now)) return;
  throw fault({
    wrong: `${model} was trained on other data`,
    got: said(now),
    expected: said(before),
    mend: 'leave out --model to have one built',
  });
}
