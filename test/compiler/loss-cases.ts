/** A case for every loss the coverage table names: target and prediction. */
import * as tf from '@tensorflow/tfjs';
import { noise } from './agree.ts';

const classes = (): tf.Tensor => tf.oneHot(tf.tensor1d([0, 2, 1, 2], 'int32'), 3).toFloat();
const labels = (): tf.Tensor => tf.tensor2d([[0], [2], [1], [2]]);
const signs = (): tf.Tensor =>
  tf.tensor2d([
    [1, -1, 1],
    [-1, -1, 1],
    [1, 1, 1],
    [-1, 1, -1],
  ]);
const probabilities = (): tf.Tensor => tf.softmax(noise([4, 3], 3, 2));
const between = (): tf.Tensor => tf.sigmoid(noise([4, 3], 3));
const anything = (): tf.Tensor => noise([4, 3], 3);
const bits = (): tf.Tensor =>
  tf.tensor2d([
    [1, 0, 1],
    [0, 0, 1],
    [1, 1, 1],
    [0, 1, 0],
  ]);

/** Losses by the names `model.compile` knows: [target, prediction]. */
export const namedLosses: Record<string, [() => tf.Tensor, () => tf.Tensor]> = {
  categoricalCrossentropy: [classes, probabilities],
  sparseCategoricalCrossentropy: [labels, probabilities],
  binaryCrossentropy: [bits, between],
  meanSquaredError: [anything, between],
  meanAbsoluteError: [between, anything],
  meanAbsolutePercentageError: [between, anything],
  meanSquaredLogarithmicError: [between, probabilities],
  hinge: [signs, anything],
  squaredHinge: [signs, anything],
  categoricalHinge: [classes, anything],
  logcosh: [between, anything],
  kullbackLeiblerDivergence: [between, probabilities],
  poisson: [between, probabilities],
  cosineProximity: [between, anything],
};

/** Losses of tf.losses, and a user's own. */
export const lossFunctions: Record<
  string,
  [(y: tf.Tensor, p: tf.Tensor) => tf.Tensor, () => tf.Tensor, () => tf.Tensor]
> = {
  softmaxCrossEntropy: [(y, p) => tf.losses.softmaxCrossEntropy(y, p), classes, anything],
  'softmaxCrossEntropy, smoothed': [(y, p) => tf.losses.softmaxCrossEntropy(y, p, undefined, 0.1), classes, anything],
  sigmoidCrossEntropy: [(y, p) => tf.losses.sigmoidCrossEntropy(y, p), bits, anything],
  huberLoss: [(y, p) => tf.losses.huberLoss(y, p), between, anything],
  logLoss: [(y, p) => tf.losses.logLoss(y, p), bits, between],
  hingeLoss: [(y, p) => tf.losses.hingeLoss(y, p), bits, anything],
  meanSquaredError: [(y, p) => tf.losses.meanSquaredError(y, p), anything, between],
  absoluteDifference: [(y, p) => tf.losses.absoluteDifference(y, p), anything, between],
  cosineDistance: [(y, p) => tf.losses.cosineDistance(y, p, 1), between, anything],
  'of a user': [
    (y, p) => tf.logSumExp(p.sub(y).mul(2), 1).add(tf.maximum(p.pow(2), p.abs().sqrt()).sum(1)),
    between,
    anything,
  ],
};
