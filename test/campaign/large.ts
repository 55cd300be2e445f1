import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { type Family, Lost } from './family.ts';

/** Rows and columns of an embedding that is not trained: 2.1 GiB. */
const [words, width] = [2 ** 23, 68];

/** A run whose checkpoint is above 2 GiB goes on where it was stopped. Needs 12 GiB of memory: only by `--only large`. */
export const large: Family = {
  name: 'large checkpoint',
  trials: 1,
  patience: 900_000,
  alone: true,
  start: async (folder) => {
    await tf.setBackend('cpu');
    return async () => {
      const path = join(folder, 'large');
      const xs = tf.tensor2d(
        Float32Array.from({ length: 64 }, (_, i) => (i * 104_729) % words),
        [16, 4],
      );
      const ys = tf.oneHot(tf.tensor1d(Int32Array.from({ length: 16 }, (_, i) => i % 3)), 3);
      const args = { batchSize: 4, method: uniform(), seed: 1, verbose: 0, engine: 'eager', shuffle: true } as const;
      const whole = await trained((model) => fit(model, xs, ys, { ...args, epochs: 2 }));
      await trained((model) => fit(model, xs, ys, { ...args, epochs: 1, checkpoint: { path } }));
      const { size } = statSync(path);
      if (size <= 2 ** 31) throw new Lost(`a checkpoint of ${size} bytes`);
      const resumed = await trained((model) => fit(model, xs, ys, { ...args, epochs: 2, resume: path }));
      if (resumed !== whole) throw new Lost('the run ended otherwise');
      return 'ok';
    };
  },
};

/** A model trained; what its trained weights, some of the others and the history are, as text. */
async function trained(run: (model: tf.LayersModel) => Promise<{ history: object }>): Promise<string> {
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({
        ...{ inputDim: words, outputDim: width, inputLength: 4, trainable: false },
        embeddingsInitializer: 'zeros',
      }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: init(1) }),
    ],
  });
  // The same numbers each time, without a second copy.
  const isTable = ({ size }: tf.Tensor) => size === words * width;
  const table = model.getWeights().find(isTable)!.dataSync() as Float32Array;
  for (let i = 0; i < table.length; i++) table[i] = ((i * 2_654_435_761) % 1000) / 1000 - 0.5;
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
  const { history } = await run(model);
  const weights = model.getWeights();
  const values = weights.find(isTable)!.dataSync();
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum = (sum * 31 + values[i]) % 1_000_003;
  const rest = weights.filter((weight) => !isTable(weight)).map((weight) => Array.from(weight.dataSync()));
  const text = JSON.stringify([history, sum, rest]);
  model.dispose();
  return text;
}
