import { basename } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { CATALOG } from '../data/catalog.ts';
import type { Method } from '../methods/method.ts';
import type { RunConfig } from '../report/record.ts';
import { commandLine, machine } from './machine.ts';
import { scaledTarget } from './scaled-target.ts';
import { type TrainArguments, trainWords } from './train-arguments.ts';
import { optimizers } from './trainable.ts';
import type { TrainingData } from './training-data.ts';

/** What `config.json` says of a run. */
export function trainConfig(
  args: TrainArguments,
  method: Method,
  model: tf.LayersModel,
  samples: TrainingData,
): RunConfig {
  const { train, test, title, standsFor, own } = samples;
  const { data, seed, seconds, batchSize, optimizer, learningRate, engine } = args;
  const known = CATALOG.find(({ name }) => name === data)?.title.split(':')[0];
  return {
    kind: 'train',
    title: `${args.model} on ${known ?? basename(data)} by ${method.name}`,
    command: commandLine(trainWords(args)),
    started: new Date().toISOString(),
    seed,
    seconds,
    epochs: args.epochs ?? (seconds === undefined ? 1 : undefined),
    batchSize,
    optimizer: optimizers[optimizer].says,
    learningRate: learningRate ?? optimizers[optimizer].rate,
    model: { name: args.model, parameters: model.countParams() },
    data: {
      name: data,
      title: own ? undefined : title,
      train: train.length,
      test: test.length,
      classes: train.classes,
      standsFor,
      scaled: scaledTarget(samples, args.loss),
    },
    methods: { [method.name]: method.options },
    ...machine(),
    engine,
    trainLoss: 'mean weighted loss of the samples trained on in an epoch, while the network learned',
    arguments: { ...args },
  };
}
