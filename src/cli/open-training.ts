import type * as tf from '@tensorflow/tfjs';
import { CATALOG } from '../data/catalog.ts';
import { completed, type OpenArguments, type TrainArguments } from './train-arguments.ts';
import { inputShapeOf, modelFor, savedModel } from './trainable.ts';
import { type TrainingData, trainingData } from './training-data.ts';
import { modelName } from './training-options.ts';

/** What is trained, on what: the data as its model takes it, the model as its data wants it, and what follows from both. */
export async function openTraining(
  options: OpenArguments,
): Promise<{ args: TrainArguments; data: TrainingData; model: tf.LayersModel }> {
  const own = !CATALOG.some(({ name }) => name === options.data);
  const name = modelName(options.model, own);
  const saved = await savedModel(name);
  const data = await trainingData(options, inputShapeOf(saved));
  const args = completed({ ...options, model: name }, data);
  return { args, data, model: modelFor(name, saved, data, args.seed) };
}
