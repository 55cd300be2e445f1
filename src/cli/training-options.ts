import { CATALOG } from '../data/catalog.ts';
import { choice, option, pathOption } from './arguments.ts';
import { networkNames, optimizerNames } from './trainable.ts';

const dataNames = CATALOG.map(({ name }) => name);

/** The losses of TensorFlow.js that take one-hot labels. */
const lossNames = [
  ...['categoricalCrossentropy', 'binaryCrossentropy', 'kullbackLeiblerDivergence', 'categoricalHinge', 'hinge'],
  ...['squaredHinge', 'meanSquaredError', 'meanAbsoluteError', 'meanAbsolutePercentageError'],
  ...['meanSquaredLogarithmicError', 'logcosh', 'poisson', 'cosineProximity'],
];

/** What is trained, on what and how, for the commands that train one model. */
export const modelOption = () =>
  pathOption('--model <model>', `path of a model.json, or ${networkNames.join(', ')}`).default('small-cnn');
export const dataOption = () =>
  option('--data <name>', dataNames.join(', ')).argParser(choice('data set', dataNames)).default('mnist');
export const optimizerOption = () =>
  option('--optimizer <name>', optimizerNames.join(', '))
    .argParser(choice('optimizer', optimizerNames))
    .default('momentum');
export const lossOption = () =>
  option('--loss <name>', 'loss of TensorFlow.js for one-hot labels')
    .argParser(choice('loss', lossNames))
    .default('categoricalCrossentropy');
