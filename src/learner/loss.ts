import * as tf from '@tensorflow/tfjs';
import type { CompiledModel, LossOrMetric } from './model.ts';

type Reduced = (labels: tf.Tensor, predictions: tf.Tensor, options: { reduction: tf.Reduction }) => tf.Tensor;

/**
 * The losses of `tf.losses`, whose default reduction gives one number for a batch: the mean of all elements. Without it they
 * give what that is the mean of.
 */
const unreduced = new Map<unknown, Reduced>([
  [tf.losses.absoluteDifference, (y, p, { reduction }) => tf.losses.absoluteDifference(y, p, undefined, reduction)],
  [tf.losses.meanSquaredError, (y, p, { reduction }) => tf.losses.meanSquaredError(y, p, undefined, reduction)],
  [tf.losses.hingeLoss, (y, p, { reduction }) => tf.losses.hingeLoss(y, p, undefined, reduction)],
  [tf.losses.huberLoss, (y, p, { reduction }) => tf.losses.huberLoss(y, p, undefined, undefined, reduction)],
  [tf.losses.logLoss, (y, p, { reduction }) => tf.losses.logLoss(y, p, undefined, undefined, reduction)],
  [
    tf.losses.sigmoidCrossEntropy,
    (y, p, { reduction }) => tf.losses.sigmoidCrossEntropy(y, p, undefined, undefined, reduction),
  ],
  [
    tf.losses.softmaxCrossEntropy,
    (y, p, { reduction }) => tf.losses.softmaxCrossEntropy(y, p, undefined, undefined, reduction),
  ],
]);

/**
 * The loss of output `k` as one number per sample, `[n]`: the mean over everything but the batch. A loss that gives one
 * number for the whole batch is that number for every sample.
 */
export function perSampleLoss(model: CompiledModel, k: number, target: tf.Tensor, output: tf.Tensor): tf.Tensor1D {
  const given = lossOf(model, k, target, output);
  const size = output.shape[0];
  if (isAggregate(given, size)) return tf.mul<tf.Tensor1D>(tf.mean(given), tf.ones([size]));
  // model.fit takes the mean of all of them, so that what was kept apart may be any shape.
  return given.rank === 1 ? (given as tf.Tensor1D) : tf.mean(tf.reshape(given, [size, -1]), 1);
}

function lossOf({ lossFunctions }: CompiledModel, k: number, target: tf.Tensor, output: tf.Tensor): tf.Tensor {
  const loss: LossOrMetric = lossFunctions[k];
  const own = unreduced.get(loss);
  return own === undefined ? loss(target, output) : own(target, output, { reduction: tf.Reduction.NONE });
}

const isAggregate = (loss: tf.Tensor, size: number): boolean => loss.rank === 0 || loss.shape[0] !== size;

/** The batch sizes a loss function is tried with: a shape may have one of them by chance. */
const sizes = [3, 5];

/**
 * Which loss gives one number for the whole batch, in words; `undefined` if none does. The functions are called on a few
 * rows of the targets.
 */
export function aggregates(model: CompiledModel, ys: readonly tf.Tensor[]): string | undefined {
  for (const [k, target] of ys.entries()) {
    if (typeof model.lossFunctions[k] !== 'function') continue;
    const single = sizes.some((size) =>
      tf.tidy(() => {
        const some = tf.concat(Array(size).fill(tf.slice(target, [0], [1])));
        const shape = model.outputs[k].shape.map((d, i) => (i === 0 ? size : (d ?? target.shape[i] ?? 1)));
        try {
          return isAggregate(lossOf(model, k, some, tf.fill(shape, 0.5)), size);
        } catch {
          // What is wrong with it shows when it is used.
          return false;
        }
      }),
    );
    if (single) return `the loss of ${model.outputNames[k]} gives one number for a whole batch`;
  }
  return undefined;
}
