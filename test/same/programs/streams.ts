/** Streams of batches: `fitDataset`. */
import * as tf from '@tensorflow/tfjs';
import {
  compiled,
  compileWith,
  eager,
  net,
  noise,
  oneHot,
  type Programs,
  refused,
  settle,
  small,
  stream,
} from '../program.ts';

const l = tf.layers;
const pair = (k: number, rows = 6) => ({ xs: noise([rows, 4], k + 1), ys: noise([rows, 1], k + 50) });
const tensors = (rows = 26) => {
  const xs = tf.data.array(noise([rows, 4]).arraySync() as number[][]);
  const ys = tf.data.array(noise([rows, 1], 2).arraySync() as number[][]);
  return tf.data.zip({ xs, ys });
};
/** Batches of sequences of 4, 5 or 6 steps. */
const lengths = (k: number) => ({ xs: noise([6, 4 + (k % 3), 3], k + 1), ys: noise([6, 1], k + 50) });
const sides = (k: number) => ({ xs: noise([4, 5 + (k % 3), 5 + (k % 2), 2], k + 1), ys: noise([4, 1], k + 50) });

export const streams: Programs = {
  'a generator of batches': compiled(async ({ fitDataset }) => {
    await fitDataset(small({ metrics: ['mae'] }), stream(4, pair));
  }),
  'a bare iterator that disposes of its own batches': compiled(async ({ fitDataset }) => {
    const bare = {
      iterator: function* () {
        for (let k = 0; k < 4; k++) {
          const batch = pair(k);
          yield batch;
          tf.dispose(batch);
        }
      },
    };
    await fitDataset(small(), bare);
  }),
  'arrays batched by tf.data, with a last batch that is not full': compiled(async ({ fitDataset }) => {
    await fitDataset(small({ metrics: ['mae'] }), tensors().batch(8));
  }),
  'arrays batched by tf.data and repeated, with batchesPerEpoch': compiled(async ({ fitDataset }) => {
    await fitDataset(small(), tensors(24).batch(8).repeat(), { batchesPerEpoch: 4, epochs: 3 });
  }),
  'batches of several sizes': compiled(async ({ fitDataset }) => {
    await fitDataset(
      small(),
      stream(5, (k) => pair(k, 3 + 2 * (k % 3))),
    );
  }),
  'batchesPerEpoch that divide one pass': compiled(async ({ fitDataset }) => {
    await fitDataset(small(), stream(6, pair), { batchesPerEpoch: 3, epochs: 2 });
  }),
  'a stream that ends before batchesPerEpoch': compiled(
    async ({ fitDataset }) => {
      await fitDataset(small(), stream(5, pair), { batchesPerEpoch: 3, epochs: 3 });
    },
    { once: true },
  ),
  'a stream mapped and prefetched': compiled(async ({ fitDataset }) => {
    const mapped = tensors()
      .batch(8)
      .map((batch) => {
        const { xs, ys } = batch as { xs: tf.Tensor; ys: tf.Tensor };
        return { xs: xs.mul(2), ys: ys.add(1) };
      });
    await fitDataset(small(), mapped.prefetch(2));
  }),
  'a stream shuffled with a seed': compiled(async ({ fitDataset }) => {
    await fitDataset(small(), tensors().shuffle(26, '7', false).batch(6));
  }),
  'validationData as a stream': compiled(async ({ fitDataset }) => {
    await fitDataset(small({ metrics: ['mae'] }), stream(4, pair), { validationData: stream(3, (k) => pair(k + 9)) });
  }),
  'validationData as a stream, only some of its batches': compiled(async ({ fitDataset }) => {
    await fitDataset(small({ metrics: ['mae'] }), stream(4, pair), {
      validationData: stream(5, (k) => pair(k + 9)),
      validationBatches: 2,
    });
  }),
  'validationData as tensors, with a batch size of its own': compiled(async ({ fitDataset }) => {
    await fitDataset(small({ metrics: ['mae'] }), stream(4, pair), {
      validationData: [noise([12, 4], 7), noise([12, 1], 8)],
      validationBatchSize: 4,
    });
  }),
  'dictionaries of inputs and outputs in a stream': compiled(async ({ fitDataset }) => {
    const [a, b] = [tf.input({ shape: [4], name: 'a' }), tf.input({ shape: [2], name: 'b' })];
    const h = l.concatenate().apply([a, b]);
    const outputs = [
      l.dense({ units: 1, name: 'u' }).apply(h) as tf.SymbolicTensor,
      l.dense({ units: 2, name: 'v' }).apply(h) as tf.SymbolicTensor,
    ];
    const model = compileWith(settle(tf.model({ inputs: [a, b], outputs })));
    await fitDataset(
      model,
      stream(4, (k) => ({
        xs: { a: noise([5, 4], k + 1), b: noise([5, 2], k + 20) },
        ys: { u: noise([5, 1], k + 40), v: noise([5, 2], k + 60) },
      })),
    );
  }),
  'class weights in a stream': compiled(async ({ fitDataset }) => {
    const model = net([l.dense({ units: 3, activation: 'softmax', inputShape: [4] })], {
      loss: 'categoricalCrossentropy',
    });
    await fitDataset(
      model,
      stream(4, (k) => ({ xs: noise([6, 4], k + 1), ys: oneHot([6], 3, k + 1) })),
      { classWeight: { 0: 1, 1: 3, 2: 0.5 } },
    );
  }),
  'sequences whose length differs from batch to batch, an LSTM': compiled(async ({ fitDataset }) => {
    const model = net([l.lstm({ units: 3, inputShape: [null as never, 3] }), l.dense({ units: 1 })]);
    await fitDataset(model, stream(6, lengths));
  }),
  'sequences whose length differs from batch to batch, a convolution': compiled(async ({ fitDataset }) => {
    const model = net([
      l.conv1d({ filters: 3, kernelSize: 3, inputShape: [null as never, 3] }),
      l.globalMaxPooling1d(),
      l.dense({ units: 1 }),
    ]);
    await fitDataset(model, stream(6, lengths));
  }),
  'images whose size differs from batch to batch': compiled(async ({ fitDataset }) => {
    const model = net([
      l.conv2d({ filters: 3, kernelSize: 3, inputShape: [null as never, null as never, 2] }),
      l.globalAveragePooling2d({}),
      l.dense({ units: 1 }),
    ]);
    await fitDataset(model, stream(6, sides));
  }),
  'training on a stream stopped after a batch': compiled(async ({ fitDataset }) => {
    const model = small();
    await fitDataset(model, stream(5, pair), {
      callbacks: {
        onBatchEnd: async (batch) => {
          if (batch === 1) model.stopTraining = true;
        },
      },
    });
  }),
  'weights clipped between the batches of a stream': compiled(async ({ fitDataset }) => {
    const model = small();
    await fitDataset(model, stream(5, pair), {
      callbacks: {
        onBatchEnd: async () =>
          tf.tidy(() => model.setWeights(model.getWeights().map((w) => w.clipByValue(-0.3, 0.3)))),
      },
    });
  }),
  'weights that a generator sets and the loss reads': eager(async ({ fitDataset }) => {
    let weight = 1;
    const loss = (t: tf.Tensor, p: tf.Tensor) => tf.mul(tf.mean(tf.square(tf.sub(t, p)), -1), weight);
    const weighted = stream(6, (k) => {
      weight = 1 + k;
      return pair(k);
    });
    await fitDataset(small({ loss }), weighted);
  }),
  'an unbatched stream': refused(async ({ fitDataset }) => {
    await fitDataset(small(), tensors());
  }),
  'an empty stream': refused(async ({ fitDataset }) => {
    await fitDataset(small(), stream(0, pair));
  }),
};
