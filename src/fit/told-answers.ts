import type * as tf from '@tensorflow/tfjs';
import { type CompiledModel, lossNames } from '../learner/model.ts';
import type { RunSetup } from './history.ts';

/**
 * What TensorFlow.js' `accuracy` of a model counts, where that is more than one answer a sample: three labels, five time
 * steps. `undefined` where it is whole samples, or there are several outputs.
 */
export function toldAnswers(model: tf.LayersModel, compiled: CompiledModel): RunSetup['answers'] {
  if (model.outputs.length !== 1) return undefined;
  const shape = model.outputs[0].shape.slice(1);
  const last = shape.at(-1);
  // By the loss and the last axis, as its compile chooses among its accuracies.
  const isBinary = last === 1 || lossNames(compiled)[0] === 'binaryCrossentropy';
  const axes = isBinary ? shape : shape.slice(0, -1);
  const each = axes.reduce<number>((product, size) => product * (size ?? Number.NaN), 1);
  if (each === 1) return undefined;
  const kind = isBinary && last !== 1 ? 'labels' : shape.length === 2 ? 'time steps' : 'places';
  return { kind, each: Number.isNaN(each) ? undefined : each };
}
