import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type { Task } from '../data/own/preparation.ts';
import { fault } from '../errors.ts';
import { loadNewestModel } from '../fit/newest-model.ts';
import { mnistCnn } from '../models/mnist-cnn.ts';
import { loadModel } from '../models/save-model.ts';
import { smallCnn } from '../models/small-cnn.ts';
import { smallModel } from '../models/small-model.ts';
import { wideResnet } from '../models/wide-resnet.ts';
import { unknownName } from '../nearest.ts';
import type { TrainingData } from './training-data.ts';

/** Networks that `--model` knows by name; any other value is a path. */
const networks = {
  auto: ({ train, outputs, task, preparation }, seed) => {
    const code = preparation.format === 'table' ? preparation.columns[0].code : undefined;
    const vocabulary = code?.kind === 'tokens' ? code.vocabulary.length + 2 : undefined;
    return smallModel({ inputShape: train.inputShape, outputs, task, vocabulary, seed });
  },
  'small-cnn': (data, seed) => smallCnn({ ...shapeOf(data), seed }),
  'mnist-cnn': (data, seed) => {
    const { inputShape, classes } = shapeOf(data);
    const model = mnistCnn({ seed });
    if (inputShape.join() === '28,28,1' && classes === 10) return model;
    model.dispose();
    throw fault({
      wrong: 'mnist-cnn is for digits alone',
      got: `inputs of [${inputShape.join(', ')}] and ${classes} classes`,
      expected: '[28, 28, 1] and 10',
      mend: 'take auto or small-cnn',
    });
  },
  'wide-resnet': (data, seed) => wideResnet({ ...shapeOf(data), seed }),
} satisfies { [name: string]: (data: ModelData, seed: number) => tf.LayersModel };

/** What a model is made for. */
export type ModelData = Pick<TrainingData, 'train' | 'outputs' | 'task' | 'preparation'>;

export const networkNames = Object.keys(networks) as (keyof typeof networks)[];

/** Whether `--model` is a path, and not the name of a network. @throws UnequalError for what is neither. */
function isPath(name: string): boolean {
  if (Object.hasOwn(networks, name)) return false;
  // What is neither a path nor a name is more likely a name mistyped.
  if (!/[\\/.]/.test(name) && !existsSync(name)) throw unknownName('network', name, networkNames);
  return true;
}

/** The model of `--model` where it is a path; `undefined` where it is the name of a network. @throws UnequalError */
export async function savedModel(name: string): Promise<tf.LayersModel | undefined> {
  return isPath(name) ? loadNewestModel(name) : undefined;
}

/** The shape that it takes: of a run that has no trained model yet too. @throws UnequalError */
export async function savedInputShape(name: string): Promise<readonly (number | null)[] | undefined> {
  if (!isPath(name)) return undefined;
  const model = await loadModel(name);
  const shape = inputShapeOf(model);
  model.dispose();
  return shape;
}

/** Loads the model of `--model` again and again, as it is the first time: a run that goes on changes its own. */
export function savedModels(name: string): () => Promise<tf.LayersModel | undefined> {
  let weights: tf.Tensor[] | undefined;
  return async () => {
    const model = await (weights === undefined ? savedModel(name) : loadModel(name));
    if (weights === undefined) weights = model?.getWeights().map((weight) => weight.clone());
    else model?.setWeights(weights);
    return model;
  };
}

/** The shape of a model's only input, without the batch axis. */
export function inputShapeOf(model: tf.LayersModel | undefined): readonly (number | null)[] | undefined {
  return model?.inputs.length === 1 ? model.inputs[0].shape.slice(1) : undefined;
}

/** The model of `--model`: the saved one, or a network by its name, made for the data. @throws UnequalError */
export function modelFor(
  name: string,
  saved: tf.LayersModel | undefined,
  data: ModelData,
  seed: number,
): tf.LayersModel {
  if (saved === undefined) return networks[name as keyof typeof networks](data, seed);
  checkFits(saved, name, data);
  return saved;
}

/** @throws UnequalError where a saved model is not for such data. */
function checkFits(model: tf.LayersModel, name: string, { train, outputs, task }: ModelData): void {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) return;
  const shown = (shape: readonly (number | null)[]) => `[${shape.map((d) => d ?? 'any').join(', ')}]`;
  const takes = model.inputs[0].shape.slice(1);
  const { inputShape } = train;
  if (takes.length !== inputShape.length || takes.some((d, k) => d !== null && d !== inputShape[k])) {
    throw fault({
      wrong: `the inputs of ${name} are not those of ${train.name}`,
      got: `${shown(inputShape)} from the data`,
      expected: `${shown(takes)}, as the model takes`,
      mend: 'choose columns with --as NAME=ignore, or leave out --model to have one built',
    });
  }
  const gives = model.outputs[0].shape.at(-1);
  if (gives === outputs) return;
  throw fault({
    wrong: `the outputs of ${name} are not those of ${train.name}`,
    got: `${gives} from the model`,
    expected: task === 'classification' ? `${outputs}, one for each class` : `${outputs}, one for each target`,
    mend: 'give the model another last layer, or leave out --model to have one built',
  });
}

function shapeOf({ train, outputs: classes, task }: ModelData) {
  const { inputShape } = train;
  if (inputShape.length !== 3 || task !== 'classification') {
    throw fault({
      wrong: 'data for a convolutional network that tells pictures apart',
      got: task === 'classification' ? [...inputShape] : task,
      expected: 'inputs of height, width and channels, and classes',
      mend: 'leave out --model to have one built that fits',
    });
  }
  return { inputShape: inputShape as [number, number, number], classes };
}

/** The loss for a task where none is given. */
function lossOf(task: Task): string {
  return task === 'classification' ? 'categoricalCrossentropy' : 'meanSquaredError';
}

/** Losses that mean nothing of targets that are made to mean 0 and deviation 1. */
const OF_AMOUNTS = [
  'meanSquaredLogarithmicError',
  'meanAbsolutePercentageError',
  'poisson',
  'kullbackLeiblerDivergence',
];

/** @returns the loss, or that for the task. @throws UnequalError for one that means nothing of the scaled targets of own data. */
export function checkedLoss(loss: string | undefined, { task, own }: Pick<TrainingData, 'task' | 'own'>): string {
  if (!own || task !== 'regression' || loss === undefined || !OF_AMOUNTS.includes(loss)) return loss ?? lossOf(task);
  throw fault({
    wrong: `${loss} is of amounts, and targets are scaled to mean 0 and deviation 1`,
    expected: 'meanSquaredError, meanAbsoluteError, logcosh',
    mend: 'or train in code with fit(), where targets are as you give them',
  });
}

/** Compiles a model for a task. @param learningRate default the optimizer's own. */
export function compileFor(
  model: tf.LayersModel,
  { optimizer, learningRate, loss }: { optimizer: OptimizerName; learningRate?: number; loss: string },
  { task }: Pick<TrainingData, 'task'>,
): void {
  const { make, rate } = optimizers[optimizer];
  model.compile({
    optimizer: make(learningRate ?? rate),
    loss,
    metrics: task === 'classification' ? ['accuracy'] : [],
  });
}

/** Optimizers by the names of `--optimizer`, with the learning rate each takes where none is given. */
export const optimizers = {
  sgd: { rate: 0.05, make: (rate: number) => tf.train.sgd(rate), says: 'SGD' },
  momentum: { rate: 0.01, make: (rate: number) => tf.train.momentum(rate, 0.9), says: 'SGD with momentum 0.9' },
  adam: { rate: 0.001, make: (rate: number) => tf.train.adam(rate), says: 'Adam' },
  rmsprop: { rate: 0.001, make: (rate: number) => tf.train.rmsprop(rate), says: 'RMSProp' },
  adagrad: { rate: 0.01, make: (rate: number) => tf.train.adagrad(rate), says: 'Adagrad' },
} as const;

export type OptimizerName = keyof typeof optimizers;
export const optimizerNames = Object.keys(optimizers) as OptimizerName[];
