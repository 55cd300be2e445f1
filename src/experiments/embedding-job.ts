import * as tf from '@tensorflow/tfjs';
import { pairLoss, tripletLoss } from '../methods/mining/triplet-loss.ts';
import { stepDecay } from '../methods/schedule.ts';
import { mnistCnn } from '../models/index.ts';

/** The job of the methods that mine triplets or pairs: to embed the digits so that those of a class are near. */
export const embeddingJob = {
  name: 'Mining against uniform sampling for an embedding of MNIST',
  model: 'small CNN: convolutions of 8 and 16 filters with stride 2, dense 64, embedding of 32',
  optimizer: 'Adam',
  learningRate: 0.003,
  /** Of either loss. */
  margin: 1,
  schedule: stepDecay([0.5, 0.8], 4),
  scheduleName: 'divided by 4 at 50 % and at 80 % of the time',
  makeModel,
} as const;

function makeModel(
  loss: 'tripletLoss' | 'pairLoss',
  margin: number,
  learningRate: number,
  seed: number,
): tf.LayersModel {
  const model = mnistCnn({ seed });
  const softmax = model.layers[model.layers.length - 1];
  model.pop();
  softmax.dispose();
  const kernelInitializer = tf.initializers.heNormal({ seed: 10 * seed + 4 });
  model.add(tf.layers.dense({ units: 32, kernelInitializer }));
  model.compile({
    optimizer: tf.train.adam(learningRate),
    // The types of TensorFlow.js know losses by name alone.
    loss: (loss === 'tripletLoss' ? tripletLoss : pairLoss)({ margin }) as unknown as string,
    metrics: [acc],
  });
  return model;
}

/**
 * Share of the rows of a batch whose nearest other row is of their class: the accuracy of a 1-nearest-neighbour
 * classifier on the embeddings `[n, d]` with one-hot labels `[n, classes]`. Named as the accuracy of a classifier is.
 */
export function acc(labels: tf.Tensor, embeddings: tf.Tensor): tf.Tensor {
  const [y, x] = [labels, embeddings] as [tf.Tensor2D, tf.Tensor2D];
  const norms = tf.sum(tf.square(x), 1, true);
  const distances = tf.add(tf.sub(norms, tf.mul(2, tf.matMul(x, x, false, true))), tf.transpose(norms));
  const same = tf.matMul(y, y, false, true);
  const far = 1e30;
  const own = tf.add(distances, tf.mul(far, tf.add(tf.sub(1, same), tf.eye(x.shape[0]))));
  const other = tf.add(distances, tf.mul(far, same));
  return tf.mean(tf.cast(tf.less(tf.min(own, 1), tf.min(other, 1)), 'float32'));
}
