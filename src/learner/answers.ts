import * as tf from '@tensorflow/tfjs';
import { type CompiledModel, lossNames } from './model.ts';

/** Below it a probability counts as it: logarithms stay finite. */
const least = 1e-7;

/**
 * What a classifier says of each sample, `[4, n]`: the margin of the given label in logits (its own minus the largest
 * other), the probability of the given label, the class the model would give, and the given class. `undefined` where the
 * model is no classifier with one output and a cross-entropy.
 *
 * The margin is that of Pleiss et al., *Identifying Mislabeled Data using the Area Under the Margin Ranking*, 2020.
 */
export function answersOf(model: CompiledModel, ys: tf.Tensor[], outputs: tf.Tensor[]): tf.Tensor2D | undefined {
  if (outputs.length !== 1 || outputs[0].rank !== 2) return undefined;
  const [output, target] = [outputs[0] as tf.Tensor2D, ys[0]];
  const classes = output.shape[1];
  const [name] = lossNames(model);
  const [loss] = model.lossFunctions;
  if (name === 'binaryCrossentropy' && classes === 1) return ofOne(tf.reshape(target, [-1]), tf.reshape(output, [-1]));
  if (classes < 2) return undefined;
  if (name === 'sparseCategoricalCrossentropy') return ofMany(tf.reshape(target, [-1]), ofProbabilities(output));
  if (target.rank !== 2 || target.shape[1] !== classes) return undefined;
  const label = tf.argMax<tf.Tensor1D>(target, 1);
  if (name === 'categoricalCrossentropy' || loss === tf.metrics.categoricalCrossentropy) {
    return ofMany(label, ofProbabilities(output));
  }
  if ((loss as unknown) === tf.losses.softmaxCrossEntropy) return ofMany(label, ofLogits(output));
  return undefined;
}

const atLeast = <T extends tf.Tensor>(p: T): T => tf.maximum(p, tf.scalar(least)) as T;

/** What a model gives for each class, `[n, classes]`, and what numbers of it mean, `[n]`. */
interface Given {
  readonly output: tf.Tensor2D;
  readonly logit: (x: tf.Tensor) => tf.Tensor;
  readonly probability: (x: tf.Tensor) => tf.Tensor;
}

const ofProbabilities = (output: tf.Tensor2D): Given => ({
  output,
  logit: (p) => tf.log(atLeast(p)),
  probability: (p) => tf.div(atLeast(p), tf.sum(atLeast(output), 1)),
});

const ofLogits = (output: tf.Tensor2D): Given => ({
  output,
  logit: (x) => x,
  probability: (x) => tf.exp(tf.sub(x, tf.logSumExp(output, 1))),
});

/** Classes may be thousands, so that each is looked at a few times only. */
function ofMany(label: tf.Tensor, { output, logit, probability }: Given): tf.Tensor2D {
  const [n, classes] = output.shape;
  const given = tf.cast(label, 'int32') as tf.Tensor1D;
  const isGiven = tf.equal(tf.expandDims(given, 1), tf.expandDims(tf.range(0, classes, 1, 'int32'), 0));
  // Far below any logit, and finite: an infinity times nothing is no number.
  const other = tf.max(tf.where(isGiven, tf.fill([1, 1], -1e9), output), 1);
  const within = tf.clipByValue(given, 0, classes - 1);
  const own = tf.gatherND(output, tf.stack([tf.range(0, n, 1, 'int32'), tf.cast(within, 'int32')], 1));
  return rows([tf.sub(logit(own), logit(other)), probability(own), tf.argMax<tf.Tensor1D>(output, 1), given]);
}

function ofOne(label: tf.Tensor1D, p: tf.Tensor1D): tf.Tensor2D {
  const given = tf.cast(tf.greater(label, tf.scalar(0.5)), 'float32');
  const logit = tf.sub(tf.log(atLeast(p)), tf.log(atLeast(tf.sub(tf.scalar(1), p))));
  const sign = tf.sub(tf.mul(given, tf.scalar(2)), tf.scalar(1));
  const margin = tf.mul<tf.Tensor1D>(sign, logit);
  return rows([margin, tf.sigmoid(margin), tf.greater(logit, tf.scalar(0)), given]);
}

const rows = (all: tf.Tensor[]): tf.Tensor2D =>
  tf.stack(all.map((one) => tf.reshape(tf.cast(one, 'float32'), [-1]))) as tf.Tensor2D;
