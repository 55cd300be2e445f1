import { createHash } from 'node:crypto';
import { CATALOG } from '../data/catalog.ts';
import type { ShapedSamples } from '../data/own/table-samples.ts';
import { isNdArray, type NdArray } from '../data/samples.ts';
import { fingerprint } from '../fit/identity.ts';
import type { State } from '../methods/method.ts';
import type { RunOptions } from '../sweep/sweep-config.ts';
import { dataArguments } from './data-options.ts';
import { trainOptionsOf } from './sweep-options.ts';
import { inputShapeOf, savedModel } from './trainable.ts';
import { wholeData } from './training-data.ts';
import { modelName } from './training-options.ts';

/** Numbers that are looked at to tell data from other data, at most: all of a table, some pictures of a folder. */
const most = 2 ** 22;

/**
 * Tells of options of `unequal train` what their data is here and now: a checksum, the same wherever the same data is. It is
 * looked at once.
 * @returns what throws an UnequalError where the data cannot be read.
 */
export function dataTeller(): (options: RunOptions) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return (options) => {
    const { model, ...given } = trainOptionsOf(options);
    // Which part of the data a run takes is said by its options.
    const part = { seed: 1, samples: undefined, testSamples: undefined, testShare: undefined };
    const args = { ...dataArguments(given), ...part, model };
    const key = JSON.stringify(args);
    const told = known.get(key) ?? tell(args);
    known.set(key, told);
    return told;
  };
}

async function tell(args: Parameters<typeof wholeData>[0]): Promise<string> {
  const own = !CATALOG.some(({ name }) => name === args.data);
  const model = await savedModel(modelName(args.model, own));
  const data = await wholeData(args, inputShapeOf(model));
  model?.dispose();
  const parts = [await describe(data.train), await describe(data.test)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

async function describe(samples: ShapedSamples): Promise<State> {
  const { length } = samples;
  const at = async (indices: ArrayLike<number>) => {
    const { xs, ys } = await samples.batch(indices);
    return { xs: arraysOf(xs), ys: arraysOf(ys) };
  };
  const example = await at([0]);
  const numbers = [...example.xs, ...example.ys].reduce((sum, { data }) => sum + data.length, 0);
  const looked = Math.max(8, Math.floor(most / numbers));
  return { length, data: await fingerprint({ example, length, source: { at } }, false, looked) };
}

/** Those of the command line have one input and one output. */
const arraysOf = (rows: unknown): NdArray[] => [rows].flat().filter(isNdArray);
