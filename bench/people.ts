/** Small programs of people's kinds, each with made-up data. What trains is passed in. */
import * as tf from '@tensorflow/tfjs';

type Train = (model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor, options: tf.ModelFitArgs) => Promise<unknown>;

export interface Program {
  readonly name: string;
  /** Makes models and data; what it returns trains. */
  readonly prepare: () => (train: Train) => Promise<void>;
}

const initial = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });

function dense(units: readonly number[], width: number, loss: string, seed = 1): tf.Sequential {
  const model = tf.sequential();
  for (const [k, one] of units.entries()) {
    const last = k === units.length - 1;
    const activation = !last ? 'relu' : loss === 'meanSquaredError' ? undefined : 'softmax';
    const first = k === 0 ? { inputShape: [width] } : {};
    model.add(tf.layers.dense({ units: one, activation, ...first, ...initial(seed + k) }));
  }
  model.compile({ optimizer: tf.train.adam(0.01), loss });
  return model;
}

/** Numbers `[n, width]` and what they sum to. */
function table(n: number, width: number, seed = 1): [tf.Tensor2D, tf.Tensor2D] {
  const x = tf.randomNormal<tf.Rank.R2>([n, width], 0, 1, 'float32', seed);
  return [x, tf.tidy(() => tf.sin(tf.sum(x, 1, true)) as tf.Tensor2D)];
}

const classes = (n: number, count: number) =>
  tf.tidy(() => tf.oneHot(tf.randomUniform([n], 0, count, 'int32', 3).toInt(), count) as tf.Tensor2D);

export const programs: readonly Program[] = [
  {
    name: 'table of 500 rows, 50 epochs',
    prepare: () => {
      const [x, y] = table(500, 8);
      const model = dense([16, 16, 1], 8, 'meanSquaredError');
      return async (train) => {
        await train(model, x, y, { epochs: 50, batchSize: 32, verbose: 0 });
      };
    },
  },
  {
    name: 'table with an own loss, 20 epochs',
    prepare: () => {
      const [x, y] = table(500, 8);
      const model = dense([16, 1], 8, 'meanSquaredError');
      const pinball = (a: tf.Tensor, b: tf.Tensor) =>
        tf.tidy(() => tf.mean(tf.maximum(tf.mul(tf.sub(a, b), 0.9), tf.mul(tf.sub(b, a), 0.1)), -1));
      model.compile({ optimizer: tf.train.adam(0.01), loss: pinball });
      return async (train) => {
        await train(model, x, y, { epochs: 20, batchSize: 32, verbose: 0 });
      };
    },
  },
  {
    name: '300 digits by a CNN, 2 epochs',
    prepare: () => {
      const x = tf.randomUniform([300, 28, 28, 1], 0, 1, 'float32', 1);
      const y = classes(300, 10);
      const model = tf.sequential({
        layers: [
          tf.layers.conv2d({ filters: 8, kernelSize: 5, activation: 'relu', inputShape: [28, 28, 1], ...initial(1) }),
          tf.layers.maxPooling2d({ poolSize: 2 }),
          tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu', ...initial(2) }),
          tf.layers.maxPooling2d({ poolSize: 2 }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 10, activation: 'softmax', ...initial(3) }),
        ],
      });
      model.compile({ optimizer: tf.train.adam(), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
      return async (train) => {
        await train(model, x, y, { epochs: 2, batchSize: 64, verbose: 0 });
      };
    },
  },
  {
    name: 'series of 30 steps by an LSTM, 3 epochs',
    prepare: () => {
      const x = tf.randomNormal([600, 30, 4], 0, 1, 'float32', 1);
      const y = tf.tidy(() => tf.mean(x, [1, 2]).reshape([600, 1]));
      const recurrentInitializer = tf.initializers.glorotUniform({ seed: 2 });
      const model = tf.sequential({
        layers: [
          tf.layers.lstm({ units: 16, inputShape: [30, 4], recurrentInitializer, ...initial(1) }),
          tf.layers.dense({ units: 1, ...initial(3) }),
        ],
      });
      model.compile({ optimizer: tf.train.rmsprop(0.005), loss: 'meanSquaredError' });
      return async (train) => {
        await train(model, x, y, { epochs: 3, batchSize: 32, verbose: 0 });
      };
    },
  },
  {
    name: 'texts of 20 words, embedding, 2 epochs',
    prepare: () => {
      const x = tf.randomUniform([500, 20], 0, 300, 'int32', 1);
      const y = classes(500, 2);
      const embeddingsInitializer = tf.initializers.randomUniform({ minval: -0.05, maxval: 0.05, seed: 1 });
      const model = tf.sequential({
        layers: [
          tf.layers.embedding({ inputDim: 300, outputDim: 16, inputLength: 20, embeddingsInitializer }),
          tf.layers.globalAveragePooling1d({}),
          tf.layers.dense({ units: 2, activation: 'softmax', ...initial(2) }),
        ],
      });
      model.compile({ optimizer: tf.train.adam(), loss: 'categoricalCrossentropy' });
      return async (train) => {
        await train(model, x, y, { epochs: 2, batchSize: 32, verbose: 0 });
      };
    },
  },
  {
    name: '40 small models, one epoch each',
    prepare: () => {
      const [x, y] = table(200, 6);
      const models = Array.from({ length: 40 }, (_, k) => dense([8, 1], 6, 'meanSquaredError', 10 * k));
      return async (train) => {
        for (const model of models) await train(model, x, y, { epochs: 1, batchSize: 32, verbose: 0 });
      };
    },
  },
  {
    name: 'a search over 30 widths, 5 epochs each',
    prepare: () => {
      const [x, y] = table(300, 6);
      const models = Array.from({ length: 30 }, (_, k) => dense([4 + 2 * k, 1], 6, 'meanSquaredError'));
      return async (train) => {
        for (const model of models) await train(model, x, y, { epochs: 5, batchSize: 32, verbose: 0 });
      };
    },
  },
  {
    name: 'an ensemble of 12, ten rounds in turn',
    prepare: () => {
      const [x, y] = table(200, 6);
      const models = Array.from({ length: 12 }, (_, k) => dense([16, 1], 6, 'meanSquaredError', 10 * k));
      return async (train) => {
        for (let round = 0; round < 10; round++) {
          for (const model of models) await train(model, x, y, { epochs: 1, batchSize: 32, verbose: 0 });
        }
      };
    },
  },
  {
    name: '60 fits, each of another batch size',
    prepare: () => {
      const [x, y] = table(200, 6);
      const model = dense([16, 1], 6, 'meanSquaredError');
      return async (train) => {
        for (let size = 4; size < 64; size++) await train(model, x, y, { epochs: 1, batchSize: size, verbose: 0 });
      };
    },
  },
  {
    name: 'a GAN, 100 turns of two models',
    prepare: () => {
      const generator = dense([32, 8], 4, 'meanSquaredError', 1);
      const judge = dense([32, 2], 8, 'categoricalCrossentropy', 5);
      judge.trainable = false;
      const both = tf.sequential({ layers: [generator, judge] });
      both.compile({ optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy' });
      judge.trainable = true;
      const [real] = table(32, 8);
      const [noise] = table(32, 4, 7);
      const [yes, no] = [tf.tensor2d([[1, 0]]).tile([32, 1]), tf.tensor2d([[0, 1]]).tile([32, 1])];
      const labels = tf.concat([yes, no]);
      return async (train) => {
        for (let turn = 0; turn < 100; turn++) {
          const made = generator.predictOnBatch(noise) as tf.Tensor;
          const seen = tf.concat([real, made as tf.Tensor2D]);
          judge.trainable = true;
          await train(judge, seen, labels, { epochs: 1, batchSize: 64, verbose: 0 });
          judge.trainable = false;
          await train(both, noise, yes, { epochs: 1, batchSize: 32, verbose: 0 });
          tf.dispose([made, seen]);
        }
      };
    },
  },
  {
    name: '60 dense layers, 10 epochs',
    prepare: () => {
      const [x, y] = table(300, 8);
      const model = dense([...new Array(59).fill(16), 1], 8, 'meanSquaredError');
      return async (train) => {
        await train(model, x, y, { epochs: 10, batchSize: 32, verbose: 0 });
      };
    },
  },
];
