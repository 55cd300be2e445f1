/** Courses of training: twice, by turns, in many short calls, with state between batches. */
import * as tf from '@tensorflow/tfjs';
import {
  bits,
  compiled,
  compileWith,
  data,
  eager,
  net,
  noise,
  oneHot,
  type Program,
  type Programs,
  settle,
  small,
} from '../program.ts';

const l = tf.layers;
type Kind = 'lstm' | 'gru' | 'simpleRNN';
const stateful = (kind: Kind, args = {}): tf.Sequential =>
  net([l[kind]({ units: 3, stateful: true, batchInputShape: [4, 3, 2] } as never), l.dense({ units: 1 })], args);
const steps = (): [tf.Tensor, tf.Tensor] => [noise([24, 3, 2]), noise([24, 1], 2)];
const withReset = (kind: Kind): Program =>
  eager(
    async ({ fit, see }) => {
      const model = stateful(kind, { optimizer: tf.train.adam(0.02) });
      const [x, y] = steps();
      await fit(model, x, y, { batchSize: 4, epochs: 3, callbacks: { onEpochEnd: async () => model.resetStates() } });
      for (let k = 0; k < 2; k++) tf.tidy(() => see(model.predict(x.slice([0, 0, 0], [4, 3, 2]), { batchSize: 4 })));
    },
    { once: true },
  );

export const courses: Programs = {
  'a stateful LSTM, its states reset each epoch': withReset('lstm'),
  'a stateful GRU, its states reset each epoch': withReset('gru'),
  'a stateful simple RNN, its states reset each epoch': withReset('simpleRNN'),
  'a stateful LSTM whose states are never reset': eager(
    async ({ fit, see }) => {
      const model = stateful('lstm');
      const [x, y] = steps();
      await fit(model, x, y, { batchSize: 4 });
      tf.tidy(() => see(model.predict(x.slice([0, 0, 0], [4, 3, 2]), { batchSize: 4 })));
      await fit(model, x, y, { batchSize: 4 });
      model.resetStates();
      tf.tidy(() => see(model.predict(x.slice([0, 0, 0], [4, 3, 2]), { batchSize: 4 })));
    },
    { once: true },
  ),
  'a stateful LSTM whose states are reset in the middle of an epoch': eager(
    async ({ fit }) => {
      const model = stateful('lstm');
      await fit(model, ...steps(), {
        batchSize: 4,
        callbacks: {
          onBatchEnd: async (batch) => {
            if (batch % 2 === 1) model.resetStates();
          },
        },
      });
    },
    { once: true },
  ),
  'a stateful LSTM that predicts between batches': eager(
    async ({ fit, see }) => {
      const model = stateful('lstm');
      await fit(model, ...steps(), {
        batchSize: 4,
        callbacks: { onBatchEnd: async () => tf.tidy(() => see(model.predict(tf.ones([4, 3, 2]), { batchSize: 4 }))) },
      });
    },
    { once: true },
  ),
  'a model trained twice': compiled(async ({ fit }) => {
    const model = small({ optimizer: tf.train.adam(0.01) });
    await fit(model, ...data());
    await fit(model, ...data());
  }),
  'a model compiled anew with another optimizer and loss': compiled(async ({ fit }) => {
    const model = small({ optimizer: tf.train.momentum(0.02, 0.9) });
    await fit(model, ...data());
    compileWith(model, { optimizer: tf.train.adam(0.01), loss: 'meanAbsoluteError' });
    await fit(model, ...data());
  }),
  'a model compiled anew with the same optimizer and loss': compiled(async ({ fit }) => {
    const optimizer = tf.train.momentum(0.02, 0.9);
    const model = small({ optimizer });
    await fit(model, ...data());
    compileWith(model, { optimizer });
    await fit(model, ...data());
  }),
  'many short fits with fresh tensors (one call an epoch)': compiled(async ({ fit, see }) => {
    const model = small({ optimizer: tf.train.rmsprop(0.01) });
    for (let k = 0; k < 6; k++) {
      const [x, y] = [noise([16, 4], k + 1), noise([16, 1], k + 30)];
      await fit(model, x, y, { epochs: 1 });
      tf.tidy(() => see(model.predict(x)));
      tf.dispose([x, y]);
    }
  }),
  'many short fits on one batch each, of other sizes': compiled(async ({ fit }) => {
    const model = small({ optimizer: tf.train.adam(0.01) });
    for (let k = 0; k < 5; k++)
      await fit(model, noise([4 + k, 4], k + 1), noise([4 + k, 1], k + 30), { epochs: 1, batchSize: 4 + k });
  }),
  'short fits whose targets come from the model’s own predictions (Q-learning)': compiled(async ({ fit }) => {
    const model = small({ optimizer: tf.train.adam(0.01) }, [], 2);
    for (let k = 0; k < 4; k++) {
      const x = noise([8, 4], k + 1);
      const y = tf.tidy(() => (model.predict(noise([8, 4], k + 20)) as tf.Tensor).mul(0.9).add(noise([8, 2], k + 40)));
      await fit(model, x, y, { epochs: 1 });
    }
  }),
  'an activation exchanged between two fits': compiled(async ({ fit }) => {
    const model = small();
    await fit(model, ...data());
    (model.layers[0] as unknown as { activation: unknown }).activation = (
      l.dense({ units: 1, activation: 'relu' }) as unknown as { activation: unknown }
    ).activation;
    await fit(model, ...data());
  }),
  'a penalty added by a callback': compiled(async ({ fit }) => {
    const model = small();
    const [layer] = model.layers as unknown as { addLoss(loss: () => tf.Scalar): void; kernel: tf.LayerVariable }[];
    const penalty = () => tf.mul<tf.Scalar>(tf.sum(tf.square(layer.kernel.read())), 0.1);
    await fit(model, ...data(), {
      epochs: 3,
      callbacks: { onEpochEnd: async (epoch) => void (epoch === 0 && layer.addLoss(penalty)) },
    });
  }),
  'gradients clipped from the second fit on, by a method put into the optimizer': compiled(async ({ fit }) => {
    const model = small();
    await fit(model, ...data());
    const { optimizer } = model;
    const { applyGradients } = optimizer;
    optimizer.applyGradients = (given) =>
      tf.tidy(() => {
        const list = given as { name: string; tensor: tf.Tensor }[];
        applyGradients.call(
          optimizer,
          list.map(({ name, tensor }) => ({ name, tensor: tensor.clipByValue(-0.01, 0.01) })),
        );
      });
    await fit(model, ...data());
  }),
  'half of the rate from the second fit on, by a method put into the optimizer': compiled(async ({ fit }) => {
    const model = small();
    await fit(model, ...data());
    const { optimizer } = model;
    optimizer.applyGradients = (given) => {
      const rate = (optimizer as tf.SGDOptimizer & { learningRate: number }).learningRate / 2;
      for (const { name, tensor } of given as { name: string; tensor: tf.Tensor }[]) {
        const variable = tf.engine().registeredVariables[name];
        tf.tidy(() => variable.assign(variable.sub(tensor.mul(rate))));
      }
    };
    await fit(model, ...data());
  }),
  'weights set by hand between two fits': compiled(async ({ fit }) => {
    const model = small();
    await fit(model, ...data());
    tf.tidy(() => model.setWeights(model.getWeights().map((w) => w.mul(0.5))));
    await fit(model, ...data());
  }),
  'trainOnBatch between two fits': compiled(async ({ fit, see }) => {
    const model = small({ optimizer: tf.train.momentum(0.02, 0.9) });
    const [x, y] = data();
    await fit(model, x, y);
    see((await model.trainOnBatch(x, y)) as number);
    await fit(model, x, y);
  }),
  'a layer set free between two fits, compiled anew (fine-tuning)': compiled(async ({ fit }) => {
    const model = small();
    model.layers[0].trainable = false;
    compileWith(model, {});
    await fit(model, ...data());
    model.layers[0].trainable = true;
    compileWith(model, { optimizer: tf.train.sgd(0.01) });
    await fit(model, ...data());
  }),
  'two models by turns that share layers': compiled(async ({ fit }) => {
    const x = tf.input({ shape: [4] });
    const trunk = l.dense({ units: 4, activation: 'tanh' }).apply(x) as tf.SymbolicTensor;
    const [one, two] = [1, 2].map((seed) =>
      compileWith(
        settle(tf.model({ inputs: x, outputs: l.dense({ units: 1 }).apply(trunk) as tf.SymbolicTensor }), seed),
      ),
    );
    for (let k = 0; k < 3; k++) {
      await fit(one, noise([12, 4], k + 1), noise([12, 1], k + 9), { epochs: 1 });
      await fit(two, noise([12, 4], k + 3), noise([12, 1], k + 5), { epochs: 1 });
    }
  }),
  'a discriminator and a generator by turns (GAN), the one frozen within the other': compiled(
    async ({ fit }) => {
      const discriminator = net(
        [l.dense({ units: 4, activation: 'tanh', inputShape: [2] }), l.dense({ units: 1, activation: 'sigmoid' })],
        { loss: 'binaryCrossentropy', optimizer: tf.train.adam(0.02) },
      );
      const generator = settle(tf.sequential({ layers: [l.dense({ units: 2, inputShape: [3] })] }), 2);
      discriminator.trainable = false;
      const z = tf.input({ shape: [3] });
      const fooled = discriminator.apply(generator.apply(z)) as tf.SymbolicTensor;
      const gan = compileWith(tf.model({ inputs: z, outputs: fooled }), {
        loss: 'binaryCrossentropy',
        optimizer: tf.train.adam(0.02),
      });
      for (let k = 0; k < 3; k++) {
        const fake = generator.predict(noise([8, 3], k + 1)) as tf.Tensor;
        discriminator.trainable = true;
        await fit(
          discriminator,
          tf.concat([noise([8, 2], k + 9), fake]),
          tf.concat([tf.ones([8, 1]), tf.zeros([8, 1])]),
          { epochs: 1 },
        );
        discriminator.trainable = false;
        await fit(gan, noise([16, 3], k + 20), tf.ones([16, 1]), { epochs: 1 });
      }
    },
    { once: true },
  ),
  'an actor and a critic of one trunk, losses of one’s own': compiled(async ({ fit }) => {
    const x = tf.input({ shape: [4] });
    const h = l.dense({ units: 5, activation: 'relu' }).apply(x);
    const policy = l.dense({ units: 3, activation: 'softmax', name: 'policy' }).apply(h) as tf.SymbolicTensor;
    const value = l.dense({ units: 1, name: 'value' }).apply(h) as tf.SymbolicTensor;
    const entropy = (t: tf.Tensor, p: tf.Tensor) =>
      tf.tidy(() => tf.neg(tf.sum(tf.add(tf.mul(t, tf.log(tf.add(p, 1e-6))), tf.mul(0.01, tf.mul(p, tf.log(p)))), -1)));
    const model = compileWith(settle(tf.model({ inputs: x, outputs: [policy, value] })), {
      loss: [entropy, 'meanSquaredError'] as never,
      optimizer: tf.train.adam(0.01),
    });
    await fit(model, noise([20, 4]), [oneHot([20], 3), noise([20, 1], 2)]);
  }),
  'a siamese network with a contrastive loss': compiled(async ({ fit }) => {
    const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const tower = settle(tf.sequential({ layers: [l.dense({ units: 3, activation: 'tanh', inputShape: [4] })] }));
    const near = l.dot({ axes: -1, normalize: true }).apply([tower.apply(a), tower.apply(b)] as tf.SymbolicTensor[]);
    const loss = (t: tf.Tensor, p: tf.Tensor) =>
      tf.mean(tf.add(tf.mul(t, tf.square(tf.sub(1, p))), tf.mul(tf.sub(1, t), tf.square(tf.relu(p)))), -1);
    const model = compileWith(tf.model({ inputs: [a, b], outputs: near as tf.SymbolicTensor }), {
      loss: loss as never,
    });
    await fit(model, [noise([20, 4]), noise([20, 4], 2)], bits([20, 1]));
  }),
  'a model saved, loaded and trained on': compiled(async ({ fit }) => {
    const model = small();
    await fit(model, ...data());
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved!));
    await fit(compileWith(loaded), ...data());
  }),
  'the model’s weights copied to a target network every second call': compiled(async ({ fit, see }) => {
    const [online, target] = [small({ optimizer: tf.train.adam(0.02) }), small()];
    for (let k = 0; k < 4; k++) {
      const x = noise([8, 4], k + 1);
      await fit(
        online,
        x,
        tf.tidy(() => (target.predict(x) as tf.Tensor).add(1)),
        { epochs: 1 },
      );
      if (k % 2 === 1) target.setWeights(online.getWeights());
      tf.tidy(() => see(target.predict(x)));
    }
  }),
};
