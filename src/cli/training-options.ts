import type { Command } from 'commander';
import { choice, option, pathOption, rateOption } from './arguments.ts';
import { dataOption, ownDataOptions } from './data-options.ts';
import { networkNames, type OptimizerName, optimizerNames } from './trainable.ts';

/** The losses of TensorFlow.js that take one-hot labels. */
const lossNames = [
  ...['categoricalCrossentropy', 'binaryCrossentropy', 'kullbackLeiblerDivergence', 'categoricalHinge', 'hinge'],
  ...['squaredHinge', 'meanSquaredError', 'meanAbsoluteError', 'meanAbsolutePercentageError'],
  ...['meanSquaredLogarithmicError', 'logcosh', 'poisson', 'cosineProximity'],
];

/** Where a command does without an option what others do not. */
interface Defaults {
  readonly model?: string;
  readonly rate?: string;
}

/** What is trained, on what and how: the options of all commands that train a model, `command` with them. */
export function withTrainingOptions(command: Command, { model, rate }: Defaults = {}): Command {
  const all = [
    modelOption(model),
    dataOption(),
    ...ownDataOptions(),
    optimizerOption(),
    rateOption().default(undefined, rate),
    lossOption(),
  ];
  return all.reduce((one, option) => one.addOption(option), command);
}

export const modelOption = (otherwise = 'small-cnn; auto, which builds one that fits, for data of your own') =>
  pathOption('--model <model>', `path of a model.json, or ${networkNames.join(', ')}`).default(undefined, otherwise);
export const optimizerOption = () =>
  option('--optimizer <name>', optimizerNames.join(', '))
    .argParser(choice('optimizer', optimizerNames))
    .default(undefined, 'momentum; adam for a model that was built');
export const lossOption = () =>
  option('--loss <name>', 'a loss of TensorFlow.js')
    .argParser(choice('loss', lossNames))
    .default(undefined, 'categoricalCrossentropy of one-hot labels; meanSquaredError for regression');

/** The model where none is given. */
export function modelName(model: string | undefined, own: boolean): string {
  return model ?? (own ? 'auto' : 'small-cnn');
}

/** The optimizer where none is given. */
export function optimizerName(optimizer: OptimizerName | undefined, model: string): OptimizerName {
  return optimizer ?? (model === 'auto' ? 'adam' : 'momentum');
}
