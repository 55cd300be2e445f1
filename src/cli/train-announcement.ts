import type * as tf from '@tensorflow/tfjs';
import { count } from '../report/format.ts';
import type { TrainArguments } from './train-arguments.ts';
import type { TrainBudget } from './train-budget.ts';
import { optimizers } from './trainable.ts';
import type { TrainingData } from './training-data.ts';

interface Announced {
  readonly args: TrainArguments;
  readonly data: TrainingData;
  readonly model: tf.LayersModel;
  readonly method: string;
  readonly budget: TrainBudget;
  /** Path of the run folder. */
  readonly folder: string;
}

/** What a run is about to do, a line for each thing. */
export function trainAnnouncement({ args, data, model, method, budget, folder }: Announced): string[] {
  const { batchSize, optimizer, learningRate, loss } = args;
  const { skipped } = data;
  const by = `${optimizers[optimizer].says} at rate ${learningRate ?? optimizers[optimizer].rate}`;
  return [
    `data: ${data.title}, ${count(data.train.length)} training and ${count(data.test.length)} test samples`,
    ...data.notes.map((note) => `  ${note}`),
    ...(skipped.length === 0 ? [] : [`  ${skipped.length} left out, listed in ${folder}/skipped.txt:`]),
    ...skipped.slice(0, 10).map((one) => `    ${one}`),
    `model: ${args.model}, ${count(model.countParams())} parameters`,
    ...(args.model === 'auto' ? layersText(model) : []),
    `training: ${budget} by ${method}, batches of ${batchSize}, ${by}, loss ${loss}`,
    `folder: ${folder}`,
  ];
}

/** The layers of a model that was built, for whoever wants to know what it is. */
function layersText(model: tf.LayersModel): string[] {
  return model.layers.map((layer) => {
    const shape = (layer.outputShape as (number | null)[]).slice(1).join(' × ');
    return `  ${layer.getClassName()} → ${shape}${layer.countParams() > 0 ? `, ${count(layer.countParams())} parameters` : ''}`;
  });
}
