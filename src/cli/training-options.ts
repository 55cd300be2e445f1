import { choice, option, pathOption } from './arguments.ts';
import { networkNames, type OptimizerName, optimizerNames } from './trainable.ts';

/** The losses of TensorFlow.js that take one-hot labels. */
const lossNames = [
  ...['categoricalCrossentropy', 'binaryCrossentropy', 'kullbackLeiblerDivergence', 'categoricalHinge', 'hinge'],
  ...['squaredHinge', 'meanSquaredError', 'meanAbsoluteError', 'meanAbsolutePercentageError'],
  ...['meanSquaredLogarithmicError', 'logcosh', 'poisson', 'cosineProximity'],
];

/** What is trained and how, for the commands that train one model. */
export const modelOption = () =>
  pathOption('--model <model>', `path of a model.json, or ${networkNames.join(', ')}`).default(
    undefined,
    'small-cnn; auto, which builds one that fits, for data of your own',
  );
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
