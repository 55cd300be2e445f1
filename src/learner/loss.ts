import * as tf from '@tensorflow/tfjs';
import { isTensorFlowFunction } from '../tensorflow-classes.ts';
import { dependsOnOthers, rowsOf, type Seen } from './kept-rows.ts';
import { type CompiledModel, type LossOrMetric, lossNames } from './model.ts';
import { returned } from './returned.ts';

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
 * The name in `tf.losses` of the loss of output `k`, if that function itself was given: here it has a number for each sample, in
 * model.fit one for a batch.
 */
export function nameIfUnreduced({ lossFunctions }: CompiledModel, k: number): string | undefined {
  const loss = lossFunctions[k];
  return unreduced.has(loss) ? Object.entries(tf.losses).find(([, one]) => (one as unknown) === loss)?.[0] : undefined;
}

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

function lossOf(model: CompiledModel, k: number, target: tf.Tensor, output: tf.Tensor): tf.Tensor {
  const loss: LossOrMetric = model.lossFunctions[k];
  const own = unreduced.get(loss);
  if (own !== undefined) return own(target, output, { reduction: tf.Reduction.NONE });
  return returned('loss', model.outputNames[k], loss, (one) => one(target, output));
}

const isAggregate = (loss: tf.Tensor, size: number): boolean => loss.rank === 0 || loss.shape[0] !== size;

/** The batch sizes a loss function is tried with beside that of a batch: a shape may have one of them by chance. */
const sizes = [3, 5];

/**
 * Which loss is of the whole batch and not of each sample, in words; `undefined` if none is: it gives one number, or what it
 * gives for a sample depends on the others. The user's functions are called on rows of the targets.
 */
export function aggregates(model: CompiledModel, ys: readonly tf.Tensor[], grouped: boolean): string | undefined {
  return oneForAll(model, ys) ?? (grouped ? undefined : othersIn(model, ys));
}

/** Which loss gives one number for a whole batch, or flattens it, in words; `undefined` if none does. */
export function oneForAll(model: CompiledModel, ys: readonly tf.Tensor[]): string | undefined {
  const k = ys.findIndex((target, k) => givesOne(model, k, target));
  return k < 0 ? undefined : `the loss of ${model.outputNames[k]} gives one number for a whole batch`;
}

/** Which loss gives for a sample what depends on the others of its batch, in words; `undefined` if none does. */
export function othersIn(model: CompiledModel, ys: readonly tf.Tensor[]): string | undefined {
  for (const [k, target] of ys.entries()) {
    if (!hasOwnLoss(model, k) || givesOne(model, k, target)) continue;
    const output = madeUp(model, k, target, target.shape[0]);
    const look = (rows: readonly number[]) => [seenOfLoss(model, k, rowsOf(target, rows), rowsOf(output, rows))];
    const found = tried(() => dependsOnOthers(look, target.shape[0]));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the loss of output `k` gives for the rows of a batch. */
export function seenOfLoss(model: CompiledModel, k: number, target: tf.Tensor, output: tf.Tensor): Seen {
  const loss = lossOf(model, k, target, output);
  const what = `the loss of ${model.outputNames[k]}`;
  if (isAggregate(loss, target.shape[0])) return { of: `${what} gives one number for a whole batch` };
  return { of: `${what} for a sample depends on the others of its batch`, values: loss.dataSync() };
}

function givesOne(model: CompiledModel, k: number, target: tf.Tensor): boolean {
  const [size] = target.shape;
  const gives = (rows: number) => lossOf(model, k, cycled(target, rows), madeUp(model, k, target, rows));
  return isOwn(model, k) && [...sizes, size].some((rows) => tried(() => isAggregate(gives(rows), rows)));
}

/** The first so many rows, over and over where there are fewer. */
function cycled(target: tf.Tensor, rows: number): tf.Tensor {
  const [size] = target.shape;
  if (rows === size) return target;
  return tf.concat(Array.from({ length: rows }, (_, i) => tf.slice(target, [i % size], [1])));
}

/** Rows that the first of two parts has, of six. */
const cuts = [1, 2, 3];

/**
 * Whether the numbers that losses give for a whole batch are the means of those for its parts, as far as outputs that are made up show.
 * A loss may leave out targets of 0 or −1, so that some of these are tried as well.
 */
export function meansOfParts(model: CompiledModel, ys: readonly tf.Tensor[]): boolean {
  return ys.every((target, k) => {
    if (!givesOne(model, k, target)) return true;
    const six = cycled(target, 6);
    const first = tf.cast(tf.reshape(tf.equal(tf.range(0, 6), 0), [6, ...six.shape.slice(1).fill(1)]), 'bool');
    const left = [0, -1].map((value) => tf.where(first, tf.cast(tf.fill(six.shape, value), six.dtype), six));
    return [six, ...left].every((rows) => cuts.every((cut) => tried(() => isMean(model, k, rows, cut))));
  });
}

function isMean(model: CompiledModel, k: number, target: tf.Tensor, cut: number): boolean {
  const output = madeUp(model, k, target, 6);
  const of = (from: number, rows: number) =>
    tf.mean(lossOf(model, k, tf.slice(target, [from], [rows]), tf.slice(output, [from], [rows]))).dataSync()[0];
  const [all, one, other] = [of(0, 6), of(0, cut), of(cut, 6 - cut)];
  // No loss is of such targets.
  if (!Number.isFinite(all)) return true;
  return Math.abs((cut * one + (6 - cut) * other) / 6 - all) <= 1e-4 * Math.max(Math.abs(one), Math.abs(other));
}

/** Whether the loss of output `k` was given as a function. */
const isOwn = (model: CompiledModel, k: number): boolean =>
  typeof model.lossFunctions[k] === 'function' && lossNames(model)[k] === undefined;

/** Whether the loss of output `k` is a function of the user's, which may want targets of any kind. */
export const hasOwnLoss = (model: CompiledModel, k: number): boolean =>
  isOwn(model, k) && !isTensorFlowFunction(model.lossFunctions[k]);

/** What is wrong with a function shows when it is used. */
function tried<T extends boolean | string | undefined>(look: () => T): T | undefined {
  return tf.tidy(() => {
    try {
      return look();
    } catch {
      return undefined;
    }
  });
}

/** Outputs for so many rows, between 0.1 and 0.9, the same each time. */
function madeUp(model: CompiledModel, k: number, target: tf.Tensor, rows: number): tf.Tensor {
  const shape = model.outputs[k].shape.map((d, i) => (i === 0 ? rows : (d ?? target.shape[i] ?? 1)));
  return tf.randomUniform(shape, 0.1, 0.9, 'float32', 1);
}
