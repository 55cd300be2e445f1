import { CATALOG } from '../data/catalog.ts';
import { choice, option } from './arguments.ts';
import { networkNames, optimizerNames } from './trainable.ts';

const dataNames = CATALOG.map(({ name }) => name);

/** What is trained, on what and how, for the commands that train one model. */
export const modelOption = () =>
  option('--model <model>', `path of a model.json, or ${networkNames.join(', ')}`).default('small-cnn');
export const dataOption = () =>
  option('--data <name>', dataNames.join(', ')).argParser(choice('data set', dataNames)).default('mnist');
export const optimizerOption = () =>
  option('--optimizer <name>', optimizerNames.join(', '))
    .argParser(choice('optimizer', optimizerNames))
    .default('momentum');
export const lossOption = () =>
  option('--loss <name>', 'loss of TensorFlow.js for one-hot labels').default('categoricalCrossentropy');
