import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { CATALOG } from '../data/catalog.ts';
import { readConfig } from '../report/record.ts';
import { completed, type OpenArguments, type TrainArguments } from './train-arguments.ts';
import { inputShapeOf, modelFor, optimizerNames, savedModel } from './trainable.ts';
import { type TrainingData, trainingData } from './training-data.ts';
import { modelName } from './training-options.ts';

/** The optimizer that a model of a run folder was trained by, and its rate: whoever goes on with the model goes on with these. */
async function trainedBy(model: string): Promise<Partial<Pick<TrainArguments, 'optimizer' | 'learningRate'>>> {
  // A run folder, the folder of its model, or the file there.
  const files = ['config.json', 'metrics.ndjson'];
  const places = [model, dirname(model), dirname(dirname(model))];
  const folder = places.find((place) => files.every((file) => existsSync(join(place, file))));
  if (folder === undefined) return {};
  const { kind, arguments: args } = await readConfig(folder);
  const { optimizer, learningRate } = (args ?? {}) as Partial<TrainArguments>;
  const known = kind === 'train' && optimizerNames.some((name) => name === optimizer);
  return known ? { optimizer, ...(typeof learningRate === 'number' && { learningRate }) } : {};
}

/** What is trained, on what: the data as its model takes it, the model as its data wants it, and what follows from both. */
export async function openTraining(
  options: OpenArguments,
): Promise<{ args: TrainArguments; data: TrainingData; model: tf.LayersModel }> {
  const own = !CATALOG.some(({ name }) => name === options.data);
  const name = modelName(options.model, own);
  const saved = await savedModel(name);
  const data = await trainingData(options, inputShapeOf(saved));
  const before = saved === undefined || options.optimizer !== undefined ? {} : await trainedBy(name);
  const { optimizer = before.optimizer, learningRate = before.learningRate } = options;
  const args = completed({ ...options, model: name, optimizer, learningRate }, data);
  return { args, data, model: modelFor(name, saved, data, args.seed) };
}
