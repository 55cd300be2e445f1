import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { disposeTensors } from '../../src/fit/dispose-tensors.ts';
import { fit } from '../../src/index.ts';

/** Numbers of which none may be looked at by name: a walk over the keys of a typed array costs more than a step. */
function untouched(values: Float32Array): Float32Array {
  return Object.defineProperty(values, 'looked at', {
    enumerable: true,
    get: () => {
      throw new Error('walked over the numbers of a typed array');
    },
  });
}

it('frees every tensor in a container, once', () => {
  const before = tf.memory().numTensors;
  const shared = tf.zeros([2]);
  const container: { xs: unknown; ys: unknown; self?: unknown } = {
    xs: { a: tf.ones([3]), b: [shared, [tf.scalar(1)]] },
    ys: [shared, null, undefined, 4, 'text', untouched(new Float32Array(8))],
  };
  container.self = container;
  disposeTensors(container);
  expect(tf.memory().numTensors).toBe(before);
});

it('trains on typed arrays without a walk over them', async () => {
  const [features, classes] = [4, 3];
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: classes, activation: 'softmax', inputShape: [features] })],
  });
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const n = 24;
  const samples = {
    length: n,
    batch: (indices: ArrayLike<number>) => ({
      xs: {
        data: untouched(new Float32Array(indices.length * features)),
        shape: [indices.length, features],
        dtype: 'float32' as const,
      },
      ys: {
        data: untouched(Float32Array.from({ length: indices.length * classes }, (_, k) => (k % classes === 0 ? 1 : 0))),
        shape: [indices.length, classes],
        dtype: 'float32' as const,
      },
    }),
  };
  const history = await fit(model, samples, { epochs: 1, batchSize: 8, verbose: 0 });
  expect(history.epoch).toEqual([0]);
});
