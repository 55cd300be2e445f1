/** What callbacks do to the weights at the end of an epoch counts in validation where it counts in TensorFlow.js. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

it('validation comes before the last onBatchEnd of an epoch, as in model.fit', async () => {
  const x = tf.randomNormal([20, 3], 0, 1, 'float32', 1);
  const y = x.slice([0, 0], [20, 1]);
  const train = async (run: (model: tf.LayersModel, args: tf.ModelFitArgs) => Promise<tf.History>) => {
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3], kernelInitializer })] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const clip = async () => tf.tidy(() => model.setWeights(model.getWeights().map((w) => w.clipByValue(-0.2, 0.2))));
    const args = { batchSize: 4, epochs: 3, shuffle: false, validationSplit: 0.3, callbacks: { onBatchEnd: clip } };
    return (await run(model, { ...args, verbose: 0 })).history.val_loss as number[];
  };
  const expected = await train((model, args) => model.fit(x, y, args));
  const got = await train((model, args) => fit(model, x, y, { ...(args as object), method: uniform() }));
  for (const [i, loss] of got.entries()) expect(loss).toBeCloseTo(expected[i], 5);
});
