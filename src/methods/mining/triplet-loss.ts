import * as tf from '@tensorflow/tfjs';
import { fault } from '../../errors.ts';
import { type Checks, checkedOptions, positive } from '../../options.ts';

/** A loss for `model.compile`. */
export type EmbeddingLoss = (labels: tf.Tensor, embeddings: tf.Tensor) => tf.Tensor;

export interface MarginOptions {
  margin?: number;
}

const marginChecks: Checks<MarginOptions> = { margin: positive };

/**
 * The triplet loss [‖a − p‖² − ‖a − n‖² + margin]₊ of an embedding, for `model.compile({ loss: tripletLoss() })`.
 *
 * The rows of a batch are taken in thirds, [anchors | positives | negatives], which is how {@link semiHardMining} and
 * {@link hardMining} arrange them; each row's loss is that of its triplet, so the mean over the batch is the mean over
 * triplets. In a batch in any other order only the row triples that happen to be triplets by their labels count, so that
 * an evaluation, or training with `uniform()`, estimates the loss of random triplets.
 *
 * Labels are one-hot `[n, classes]` or class indices `[n, 1]`; embeddings `[n, d]`; the loss is `[n]`.
 *
 * References: Schroff, Kalenichenko & Philbin, FaceNet, CVPR 2015, eq. 3.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: 'adam', loss: tripletLoss({ margin: 0.2 }) });
 * ```
 */
export function tripletLoss(options: MarginOptions = {}): EmbeddingLoss {
  options = checkedOptions('tripletLoss', options, marginChecks);
  const { margin = 0.2 } = options;
  return (labels, embeddings) => {
    const t = checkRows(embeddings, 3, 'a triplet loss', 'an anchor, a positive and a negative');
    const [a, p, n] = [0, 1, 2].map((third) => rows(embeddings, third * t, t));
    const [ya, yp, yn] = [0, 1, 2].map((third) => rows(labels, third * t, t));
    const hinge = tf.relu(tf.add(tf.sub(squaredDistance(a, p), squaredDistance(a, n)), margin));
    const valid = tf.mul(sameClass(ya, yp), tf.sub(1, sameClass(ya, yn)));
    return perRow(tf.mul(hinge, valid), valid, embeddings.shape[0], 3);
  };
}

/**
 * The hinge embedding loss of pairs, ‖x − y‖ for two samples of a class and [margin − ‖x − y‖]₊ for others, for
 * `model.compile({ loss: pairLoss() })`. The rows of a batch are taken in halves, [first | second]; every batch is one
 * of pairs. {@link hardestPairs} arranges them.
 *
 * Labels and shapes as in {@link tripletLoss}.
 *
 * References: Simo-Serra et al., Discriminative Learning of Deep Convolutional Feature Point Descriptors, ICCV 2015,
 * eq. 1.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: 'adam', loss: pairLoss({ margin: 1 }) });
 * ```
 */
export function pairLoss(options: MarginOptions = {}): EmbeddingLoss {
  options = checkedOptions('pairLoss', options, marginChecks);
  const { margin = 1 } = options;
  return (labels, embeddings) => {
    const t = checkRows(embeddings, 2, 'a loss of pairs', 'two samples');
    // The gradient of a square root has no limit at zero.
    const distance = tf.sqrt(tf.add(squaredDistance(rows(embeddings, 0, t), rows(embeddings, t, t)), 1e-12));
    const same = sameClass(rows(labels, 0, t), rows(labels, t, t));
    const apart = tf.relu(tf.sub(margin, distance));
    const losses = tf.add(tf.mul(same, distance), tf.mul(tf.sub(1, same), apart));
    return perRow(losses, tf.onesLike(losses), embeddings.shape[0], 2);
  };
}

/** Rows of a part: the batch divided by `parts`. */
function checkRows(embeddings: tf.Tensor, parts: number, what: string, needed: string): number {
  if (embeddings.rank !== 2) {
    throw fault({ wrong: `${what} needs an embedding`, got: `[${embeddings.shape}]`, expected: 'an output of [n, d]' });
  }
  const t = Math.floor(embeddings.shape[0] / parts);
  if (t > 0) return t;
  throw fault({ wrong: `too few samples for ${what}`, got: embeddings.shape[0], expected: `${needed} at least` });
}

function rows(tensor: tf.Tensor, from: number, count: number): tf.Tensor2D {
  return tf.slice(tf.reshape(tensor, [tensor.shape[0], -1]), [from, 0], [count, -1]) as tf.Tensor2D;
}

function squaredDistance(x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.square(tf.sub(x, y)), 1);
}

/** [t] 1 where two rows of labels are the same class. */
function sameClass(x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
  if (x.shape[1] > 1) return tf.sum(tf.mul(x, y), 1);
  return tf.cast(tf.equal(tf.reshape(x, [-1]), tf.reshape(y, [-1])), 'float32');
}

/** Losses [t] of groups of rows as one per row [n], so that their mean is the mean over the groups that are valid. */
function perRow(losses: tf.Tensor, valid: tf.Tensor, n: number, parts: number): tf.Tensor {
  const scale = tf.div(n / parts, tf.maximum(tf.sum(valid), 1));
  const tiled = tf.tile(tf.mul(losses, scale) as tf.Tensor1D, [parts]);
  const rest = n - parts * losses.shape[0];
  return rest === 0 ? tiled : tf.concat([tiled, tf.zeros([rest])]);
}
