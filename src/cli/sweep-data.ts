import { createHash } from 'node:crypto';
import type * as tf from '@tensorflow/tfjs';
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
 * Tells of options of `unequal train` what their data, and the saved model they name, are here and now: a checksum, the same
 * wherever these are the same. They are looked at once.
 * @returns what throws an UnequalError where one cannot be read.
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
  const saved = model && (await describeModel(model));
  model?.dispose();
  const parts = [await describe(data.train), await describe(data.test), ...(saved ? [saved] : [])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** Its layers and the weights that a run begins from. */
async function describeModel(model: tf.LayersModel): Promise<State> {
  const weights = createHash('sha256');
  for (const tensor of model.getWeights()) {
    const { buffer, byteOffset, byteLength } = await tensor.data();
    weights.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return { layers: JSON.stringify(model.getConfig()), weights: weights.digest('hex') };
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
