/** Callbacks that look at the training, and callbacks that meddle with it. */
import * as tf from '@tensorflow/tfjs';
import {
  type Args,
  compiled,
  data,
  eager,
  layerOf,
  noise,
  type Program,
  type Programs,
  small,
  type Trainer,
} from '../program.ts';

type Looks = (model: tf.LayersModel, by: Trainer) => Args['callbacks'];

/** Four epochs of the small model with these callbacks. */
const withCallbacks =
  (callbacks: Looks, make: () => tf.LayersModel = () => small({ metrics: ['mae'] })): Program['run'] =>
  async (by) => {
    const model = make();
    await by.fit(model, ...data(), { epochs: 3, callbacks: callbacks(model, by) });
  };

const probe = (): tf.Tensor => tf.ones([1, 4]);
const clip = (model: tf.LayersModel): void =>
  tf.tidy(() => model.setWeights(model.getWeights().map((weight) => weight.clipByValue(-0.3, 0.3))));

/** A handler that saves nowhere, and notes the weights that it was given. */
const handler = ({ see }: Trainer): tf.io.IOHandler => ({
  save: async (artifacts) => {
    for (const one of [artifacts.weightData!].flat()) see(...Array.from(new Float32Array(one)));
    see(artifacts.weightSpecs!.length);
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  },
});

/** A callback as a class. */
class Watching extends tf.Callback {
  constructor(private readonly by: Trainer) {
    super();
  }
  override async onEpochEnd(epoch: number, logs?: { [name: string]: number }): Promise<void> {
    this.by.see(epoch, Object.keys(logs ?? {}).join());
  }
  override async onTrainBegin(): Promise<void> {
    const { epochs, samples, batchSize, verbose, doValidation, metrics } = (
      this as unknown as { params: { [name: string]: unknown } }
    ).params;
    this.by.see(JSON.stringify({ epochs, samples, batchSize, verbose, doValidation, metrics }));
  }
}

export const callbacks: Programs = {
  'predict after every batch': compiled(
    withCallbacks((m, { see }) => ({ onBatchEnd: async () => tf.tidy(() => see(m.predict(probe()))) })),
  ),
  'predict before every batch': compiled(
    withCallbacks((m, { see }) => ({ onBatchBegin: async () => tf.tidy(() => see(m.predict(probe()))) })),
  ),
  'predict after every epoch': compiled(
    withCallbacks((m, { see }) => ({ onEpochEnd: async () => tf.tidy(() => see(m.predict(probe()))) })),
  ),
  'evaluate after every batch': compiled(async (by) => {
    const [x, y] = data();
    const model = small();
    await by.fit(model, x, y, { callbacks: { onBatchEnd: async () => tf.tidy(() => by.see(model.evaluate(x, y))) } });
  }),
  'getWeights after every batch': compiled(
    withCallbacks((m, { see }) => ({ onBatchEnd: async () => see(m.getWeights()) })),
  ),
  'the weights read asynchronously with data()': compiled(
    withCallbacks((m, { see }) => ({ onBatchEnd: async () => see(...(await m.getWeights()[0].data())) })),
  ),
  'save to a handler after every epoch': compiled(
    withCallbacks((m, by) => ({ onEpochEnd: async () => void (await m.save(handler(by))) })),
  ),
  'save to a handler in the middle of an epoch': compiled(
    withCallbacks((m, by) => ({
      onBatchEnd: async (batch) => {
        if (batch === 1) await m.save(handler(by));
      },
    })),
  ),
  'optimizer.getWeights after every epoch': compiled(
    withCallbacks(
      (m, { see }) => ({ onEpochEnd: async () => see((await m.optimizer.getWeights()).map(({ tensor }) => tensor)) }),
      () => small({ optimizer: tf.train.adam(0.01) }),
    ),
  ),
  'optimizer.getWeights after every batch': compiled(
    withCallbacks(
      (m, { see }) => ({ onBatchEnd: async () => see((await m.optimizer.getWeights()).map(({ tensor }) => tensor)) }),
      () => small({ optimizer: tf.train.momentum(0.05, 0.9) }),
    ),
  ),
  'a moving average of the weights after every batch': compiled(
    withCallbacks((m, { see }) => {
      let mean = 0;
      return {
        onBatchEnd: async () => {
          mean = 0.9 * mean + 0.1 * m.getWeights()[0].dataSync()[0];
          see(mean);
        },
      };
    }),
  ),
  'a moving average kept in tensors, by tf.tidy and tf.dispose': compiled(
    withCallbacks((m, { see }) => {
      let mean: tf.Tensor[] = [];
      return {
        onBatchEnd: async () => {
          const next = tf.tidy(() =>
            m.getWeights().map((w, k) => (mean[k] ? mean[k].mul(0.9).add(w.mul(0.1)) : w.clone())),
          );
          tf.dispose(mean);
          mean = next;
        },
        onTrainEnd: async () => {
          see(mean);
          tf.dispose(mean);
        },
      };
    }),
  ),
  'the moving average set at the end': compiled(
    withCallbacks((m) => {
      let mean: tf.Tensor[] = [];
      return {
        onBatchEnd: async () => {
          const next = tf.tidy(() => m.getWeights().map((w, k) => (mean[k] ? mean[k].add(w).div(2) : w.clone())));
          tf.dispose(mean);
          mean = next;
        },
        onTrainEnd: async () => {
          m.setWeights(mean);
          tf.dispose(mean);
        },
      };
    }),
  ),
  'an inner activation by a model of some of the layers': compiled(
    withCallbacks((m, { see }) => {
      const inner = tf.model({ inputs: m.inputs, outputs: m.layers[0].output as tf.SymbolicTensor });
      return { onBatchEnd: async () => tf.tidy(() => see(inner.predict(probe()) as tf.Tensor)) };
    }),
  ),
  'gradients of the input by tf.grad after every epoch': compiled(
    withCallbacks((m, { see }) => ({
      onEpochEnd: async () => tf.tidy(() => see(tf.grad((x) => (m.predict(x) as tf.Tensor).sum())(probe()))),
    })),
  ),
  'weights clipped after every batch': compiled(withCallbacks((m) => ({ onBatchEnd: async () => clip(m) }))),
  'weights clipped before every batch': compiled(withCallbacks((m) => ({ onBatchBegin: async () => clip(m) }))),
  'weights clipped after every epoch': compiled(withCallbacks((m) => ({ onEpochEnd: async () => clip(m) }))),
  "one weight's variable assigned after every batch": compiled(
    withCallbacks((m) => ({
      onBatchEnd: async () =>
        tf.tidy(() => {
          const bias = m.layers[0].weights[1];
          bias.write(bias.read().mul(0.5));
        }),
    })),
  ),
  'weights put back to those of the start, at an epoch': compiled(
    withCallbacks((m) => {
      let start: tf.Tensor[] = [];
      return {
        onTrainBegin: async () => {
          start = m.getWeights().map((w) => w.clone());
        },
        onEpochBegin: async (epoch) => {
          if (epoch === 2) m.setWeights(start);
        },
      };
    }),
  ),
  "a slot of the optimizer's set to zero at an epoch": compiled(
    withCallbacks(
      (m) => ({
        onEpochEnd: async () => {
          const weights = await m.optimizer.getWeights();
          await m.optimizer.setWeights(
            weights.map(({ name, tensor }, k) => ({ name, tensor: k === 0 ? tensor : tf.zerosLike(tensor) })),
          );
        },
      }),
      () => small({ optimizer: tf.train.momentum(0.05, 0.9) }),
    ),
  ),
  'a learning-rate schedule by setLearningRate, each epoch': compiled(
    withCallbacks((m) => ({
      onEpochEnd: async (epoch) => (m.optimizer as tf.SGDOptimizer).setLearningRate(0.05 / (epoch + 2)),
    })),
  ),
  'a learning-rate schedule by the field learningRate, each batch': compiled(
    withCallbacks(
      (m) => ({
        onBatchBegin: async () => {
          (m.optimizer as unknown as { learningRate: number }).learningRate *= 0.9;
        },
      }),
      () => small({ optimizer: tf.train.adam(0.02) }),
    ),
  ),
  'a learning-rate schedule by the field learningRate of sgd, which TensorFlow.js does not read': compiled(
    withCallbacks((m) => ({
      onBatchBegin: async () => {
        (m.optimizer as unknown as { learningRate: number }).learningRate *= 0.9;
      },
    })),
  ),
  'a layer frozen by a callback after the first epoch': compiled(
    withCallbacks((m) => ({
      onEpochEnd: async () => {
        m.layers[0].trainable = false;
      },
    })),
  ),
  'a layer frozen after compile': compiled(async ({ fit }) => {
    const model = small({ optimizer: tf.train.adam(0.01) });
    model.layers[0].trainable = false;
    await fit(model, ...data());
  }),
  'the rate of dropout raised by a callback, from 0 to nearly 1': compiled(
    withCallbacks(
      (m) => ({
        onEpochEnd: async () => {
          // All but one in a million are dropped, so that nothing depends on the draw.
          (m.layers[1] as unknown as { rate: number }).rate = 1 - 1e-6;
        },
      }),
      () => small({}, [tf.layers.dropout({ rate: 0 })]),
    ),
  ),
  'a number of a layer that a callback halves each epoch': eager(async (by) => {
    const box = { v: 1 };
    const model = small({}, [layerOf((x) => tf.mul(x, box.v))]);
    await by.fit(model, ...data(), {
      epochs: 4,
      callbacks: {
        onEpochEnd: async () => {
          box.v *= 0.5;
        },
      },
    });
  }),
  'a number of a layer that a callback changes in the middle of an epoch': eager(async (by) => {
    const box = { v: 1 };
    const model = small({}, [layerOf((x) => tf.mul(x, box.v))]);
    await by.fit(model, ...data(), {
      epochs: 3,
      callbacks: {
        onBatchEnd: async (batch) => {
          if (batch === 1) box.v *= 0.5;
        },
      },
    });
  }),
  'training stopped after a batch': compiled(
    withCallbacks((m) => ({
      onBatchEnd: async (batch) => {
        if (batch === 2) m.stopTraining = true;
      },
    })),
  ),
  'training stopped after an epoch': compiled(
    withCallbacks((m) => ({
      onEpochEnd: async (epoch) => {
        if (epoch === 1) m.stopTraining = true;
      },
    })),
  ),
  'early stopping on the validation loss': compiled(
    async ({ fit }) => {
      const stop = tf.callbacks.earlyStopping({ monitor: 'val_loss', patience: 0, minDelta: 0.5 });
      await fit(small(), ...data(), { epochs: 8, validationSplit: 0.25, callbacks: stop });
    },
    { once: true },
  ),
  'several callbacks, all of them classes': compiled(async (by) => {
    const model = small({ metrics: ['mae'] });
    await by.fit(model, ...data(), {
      validationSplit: 0.2,
      callbacks: [new Watching(by), tf.callbacks.earlyStopping({ monitor: 'loss', patience: 1 })] as never,
    });
  }),
  'a callback that waits for the next frame': compiled(
    withCallbacks((_, { see }) => ({
      onBatchEnd: async (batch) => {
        await tf.nextFrame();
        see(batch);
      },
    })),
  ),
  'onYield every batch': compiled(async (by) => {
    await by.fit(small(), ...data(), {
      yieldEvery: 'batch',
      callbacks: { onYield: async (epoch, batch) => by.see(epoch, batch) },
    });
  }),
  'a callback that throws': compiled(async (by) => {
    const model = small();
    try {
      await by.fit(model, ...data(), {
        callbacks: {
          onBatchEnd: async (batch) => {
            if (batch === 1) throw new Error('enough');
          },
        },
      });
    } catch (error) {
      by.see((error as Error).message);
    }
    await by.fit(model, ...data());
  }),
  'a second model trained by model.fit in a callback': compiled(async (by) => {
    const [one, two] = [small(), small({}, [], 1)];
    const [x, y] = data();
    await by.fit(one, x, y, {
      callbacks: {
        onEpochEnd: async () => {
          by.see((await two.fit(x, y, { epochs: 1, shuffle: false, verbose: 0 })).history.loss[0]);
        },
      },
    });
  }),
  "the user's own tensors used between steps": compiled(async (by) => {
    const labels = by.mine(tf.oneHot(tf.tensor1d([0, 1, 2, 1], 'int32'), 3).toFloat());
    const yes = by.mine(tf.tensor1d([0.2, 0.9, 0.7, 0.1]).greater(0.5).toFloat());
    await by.fit(small(), ...data(), {
      callbacks: { onBatchEnd: async () => tf.tidy(() => by.see(labels.mul(2), yes.add(1))) },
    });
  }),
  "a validation of one's own every batch, by apply": compiled(
    withCallbacks((m, { see }) => ({
      onBatchEnd: async () => tf.tidy(() => see(m.apply(noise([3, 4], 5)) as tf.Tensor)),
    })),
  ),
};
