import { existsSync } from 'node:fs';
import { CATALOG } from '../data/catalog.ts';
import { loadData } from '../data/get.ts';
import { permutation } from '../data/indices.ts';
import { ownData } from '../data/own/own-data.ts';
import type { Preparation, Task } from '../data/own/preparation.ts';
import { type ShapedSamples, TableSamples } from '../data/own/table-samples.ts';
import { areImages, isLabelled, subset } from '../data/subset.ts';
import { fault } from '../errors.ts';
import { unknownName } from '../nearest.ts';
import type { DataArguments } from './data-options.ts';

/** What a command trains on and tests on. */
export interface TrainingData {
  readonly train: ShapedSamples;
  readonly test: ShapedSamples;
  readonly task: Task;
  /** Classes, or numbers to predict: the outputs of a model. */
  readonly outputs: number;
  /** Saved with the model, so that other data can be prepared alike. */
  readonly preparation: Preparation;
  /** Whether it is the user's own. */
  readonly own: boolean;
  readonly title: string;
  readonly standsFor?: string;
  readonly notes: readonly string[];
  readonly skipped: readonly string[];
}

/** The data of `--data`. `shape` is what a given model takes, and decides the size of pictures. @throws UnequalError */
export async function trainingData(args: DataArguments, shape?: readonly (number | null)[]): Promise<TrainingData> {
  const { data, seed, samples, testSamples } = args;
  const entry = CATALOG.find(({ name }) => name === data);
  if (entry === undefined) return ownTrainingData(args, shape);
  for (const name of ['target', 'task', 'test', 'testShare', 'as', 'size', 'delimiter', 'skipBroken'] as const) {
    if (args[name] === undefined) continue;
    const flag = name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    throw fault({ wrong: `--${flag} does not go with ${data}`, expected: 'data of your own', mend: 'leave it out' });
  }
  const { train, test } = await loadData(data);
  const parts = { train: randomPart(train, samples, seed), test: randomPart(test, testSamples, seed) };
  const { title, standsFor } = entry;
  return {
    ...parts,
    task: 'classification',
    outputs: train.classes,
    preparation: {
      format: 'pictures',
      version: 1,
      target: { columns: ['class'], task: 'classification', classNames: train.classNames },
      inputShape: train.inputShape,
    },
    own: false,
    title: samples === undefined ? title : `${parts.train.length} random samples of ${title}`,
    standsFor,
    notes: [],
    skipped: [],
  };
}

async function ownTrainingData(args: DataArguments, shape?: readonly (number | null)[]): Promise<TrainingData> {
  const { data, target, task, test, testShare, as = [], delimiter, skipBroken, seed, samples, testSamples } = args;
  // What is no path is more likely a name mistyped.
  if (!/[\\/.*]/.test(data) && !existsSync(data)) {
    const names = CATALOG.map(({ name }) => name);
    throw unknownName('data set, file or folder', data, names);
  }
  const [height, width, channels] = shape?.length === 3 ? shape : [];
  const size = args.size ?? (height && width ? ([height, width] as const) : undefined);
  const found = await ownData(data, {
    ...{ target, task, test, testShare, delimiter, skipBroken, seed, size },
    ...(channels === 1 || channels === 3 ? { channels } : {}),
    ...(as.length > 0 && { as: Object.fromEntries(as) }),
  });
  const { preparation, notes, skipped } = found;
  const { target: to } = preparation;
  return {
    train: randomPart(found.train, samples, seed),
    test: randomPart(found.test, testSamples, seed),
    task: to.task,
    outputs: to.classNames?.length ?? to.columns.length,
    preparation,
    own: true,
    title: data,
    notes,
    skipped,
  };
}

/** A random part of `count` samples, the same for the same seed; all of them where there are no more. */
function randomPart(samples: ShapedSamples, count: number | undefined, seed: number): ShapedSamples {
  if (count === undefined || count >= samples.length) return samples;
  const indices = permutation(samples.length, seed).subarray(0, count);
  if (samples instanceof TableSamples) return samples.part(indices);
  if (isLabelled(samples) && areImages(samples)) return subset(samples, indices);
  throw fault({ wrong: 'a part of these samples cannot be taken', got: samples.name });
}
