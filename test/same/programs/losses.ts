/** Losses and metrics: of TensorFlow.js, of a user's own, with one number a sample or one in all, that change or keep. */
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
  type Programs,
  real,
  settle,
  small,
  whole,
} from '../program.ts';

type Loss = (t: tf.Tensor, p: tf.Tensor) => tf.Tensor;
const squares: Loss = (t, p) => tf.mean(tf.square(tf.sub(t, p)), -1);
const n = 28;

const classifier = (loss: unknown, more = {}) =>
  net(
    [
      tf.layers.dense({ units: 5, activation: 'tanh', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
    { loss: loss as string, ...more },
  );
const logits = (loss: unknown, units = 2) => small({ loss: loss as string }, [], units);
const trained = (loss: Loss, y: () => tf.Tensor, units = 2) =>
  compiled(async ({ fit }) => {
    await fit(logits(loss, units), noise([n, 4]), y());
  });

const named: { readonly [name: string]: () => tf.Tensor } = {
  categoricalCrossentropy: () => oneHot([n], 3),
  sparseCategoricalCrossentropy: () => real(whole([n, 1], 3)),
  binaryCrossentropy: () => bits([n, 3]),
  meanAbsolutePercentageError: () => noise([n, 3], 2).abs().add(0.5),
  meanSquaredLogarithmicError: () => noise([n, 3], 2).abs(),
  categoricalHinge: () => oneHot([n], 3),
  kullbackLeiblerDivergence: () => tf.softmax(noise([n, 3], 2)),
  poisson: () => noise([n, 3], 2).abs(),
  cosineProximity: () => noise([n, 3], 2),
  logcosh: () => noise([n, 3], 2),
};

export const losses: Programs = {
  ...Object.fromEntries(
    Object.entries(named).map(([name, y]) => [
      `the loss ${name} by its name`,
      compiled(async ({ fit }) => {
        await fit(classifier(name), noise([n, 4]), y());
      }),
    ]),
  ),
  'tf.losses.meanSquaredError, one number in all': trained(tf.losses.meanSquaredError as Loss, () => noise([n, 2], 2)),
  'tf.losses.absoluteDifference': trained(tf.losses.absoluteDifference as Loss, () => noise([n, 2], 2)),
  'tf.losses.huberLoss': trained(tf.losses.huberLoss as Loss, () => noise([n, 2], 2)),
  'tf.losses.softmaxCrossEntropy of logits': trained(tf.losses.softmaxCrossEntropy as Loss, () => oneHot([n], 2)),
  'tf.losses.sigmoidCrossEntropy of logits': trained(tf.losses.sigmoidCrossEntropy as Loss, () => bits([n, 2])),
  'tf.losses.softmaxCrossEntropy with Reduction.NONE and smoothing': trained(
    (t, p) => tf.losses.softmaxCrossEntropy(t, p, undefined, 0.1, tf.Reduction.NONE),
    () => oneHot([n], 2),
  ),
  'tf.metrics.meanSquaredError as a loss': trained(tf.metrics.meanSquaredError as Loss, () => noise([n, 2], 2)),
  "a loss of one's own, one number a sample": trained(squares, () => noise([n, 2], 2)),
  "a loss of one's own, one number in all": trained(
    (t, p) => tf.sub(t, p).square().mean(),
    () => noise([n, 2], 2),
  ),
  'a loss by statistics of the batch: 1 - r²': trained(
    (t, p) =>
      t
        .sub(p)
        .square()
        .sum()
        .div(t.sub(t.mean(0)).square().sum()),
    () => noise([n, 2], 2),
  ),
  'a loss with one number for each output of a sample': compiled(async ({ fit }) => {
    await fit(small({ loss: ((t: tf.Tensor, p: tf.Tensor) => tf.squaredDifference(t, p)) as never }), ...data());
  }),
  'a loss weight that a callback changes at the end of every short epoch': eager(async ({ fit }) => {
    let w = 0.1;
    const model = small({ loss: ((t: tf.Tensor, p: tf.Tensor) => tf.mul(w, squares(t, p))) as never });
    await fit(model, ...data(), {
      epochs: 4,
      callbacks: {
        onEpochEnd: async () => {
          w *= 3;
        },
      },
    });
  }),
  'a loss weight that a callback changes at every batch': eager(async ({ fit }) => {
    let w = 0.1;
    const model = small({ loss: ((t: tf.Tensor, p: tf.Tensor) => tf.mul(w, squares(t, p))) as never });
    await fit(model, ...data(), {
      epochs: 4,
      callbacks: {
        onBatchEnd: async () => {
          w *= 1.1;
        },
      },
    });
  }),
  'a loss weight in a variable that a callback assigns': compiled(async ({ fit }) => {
    const w = tf.variable(tf.scalar(0.1), false);
    const model = small({ loss: ((t: tf.Tensor, p: tf.Tensor) => tf.mul(w, squares(t, p))) as never });
    await fit(model, ...data(), {
      epochs: 3,
      callbacks: { onBatchEnd: async () => tf.tidy(() => w.assign(w.mul(1.2) as tf.Scalar)) },
    });
  }),
  'a loss that branches on a number that changes': compiled(async ({ fit }) => {
    let robust = false;
    const model = small({
      loss: ((t: tf.Tensor, p: tf.Tensor) => (robust ? tf.mean(tf.abs(tf.sub(t, p)), -1) : squares(t, p))) as never,
    });
    await fit(model, ...data(), {
      epochs: 4,
      callbacks: {
        onEpochEnd: async (epoch) => {
          robust = epoch >= 1;
        },
      },
    });
  }),
  'a loss that moves a variable at every call': compiled(
    async ({ fit, see }) => {
      const center = tf.variable(tf.zeros([3]));
      const loss: Loss = (t, p) => {
        center.assign(tf.add(tf.mul(center, 0.9), tf.mul(tf.mean(p, 0), 0.1)));
        return tf.add(squares(t, p), tf.mul(squares(center, p), 0.1));
      };
      await fit(classifier(loss), noise([n, 4]), oneHot([n], 3));
      see(center);
      center.dispose();
    },
    { once: true },
  ),
  'losses of two outputs that count their calls in a variable': compiled(
    async ({ fit, see }) => {
      const calls = tf.variable(tf.scalar(0));
      const loss: Loss = (t, p) => {
        calls.assign(tf.add(calls, 1));
        return tf.mul(squares(t, p), tf.add(1, tf.mul(calls, 0.01)));
      };
      const x = tf.input({ shape: [4] });
      const heads = ['a', 'b'].map((name) => tf.layers.dense({ units: 2, name }).apply(x) as tf.SymbolicTensor);
      const model = compileWith(settle(tf.model({ inputs: x, outputs: heads })), { loss: [loss, loss] });
      await fit(model, noise([n, 4]), [noise([n, 2], 2), noise([n, 2], 3)]);
      see(calls);
      calls.dispose();
    },
    { once: true },
  ),
  'an output whose loss does not depend on it': compiled(async ({ fit }) => {
    const x = tf.input({ shape: [4] });
    const looked = tf.layers.dense({ units: 3, activation: 'tanh', name: 'looked' }).apply(x) as tf.SymbolicTensor;
    const y = tf.layers.dense({ units: 1, name: 'told' }).apply(looked) as tf.SymbolicTensor;
    const model = settle(tf.model({ inputs: x, outputs: [y, looked] }));
    const none: Loss = (t) => tf.zeros([t.shape[0]]);
    const [from, to] = data();
    await fit(compileWith(model, { loss: [squares, none] }), from, [to, tf.zeros([n, 3])]);
  }),
  'a loss of pairs of rows, in their order': compiled(async ({ fit }) => {
    const pairs: Loss = (t, p) => {
      const [first, second] = tf.unstack(tf.reshape(p, [-1, 2, 2]), 1);
      return tf.add(squares(first, second), tf.mean(squares(t, p)));
    };
    await fit(logits(pairs), noise([n, 4]), noise([n, 2], 2), { batchSize: 7 * 2 });
  }),
  'a loss that reads what a layer has left in a field': compiled(async ({ fit }) => {
    class Leaves extends tf.layers.Layer {
      static className = 'SameLeaves';
      left!: tf.Tensor;
      override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = Array.isArray(input) ? input[0] : input;
        this.left = tf.mean(tf.square(x), -1);
        return x.mul(1.5);
      }
    }
    const layer = new Leaves({});
    const loss: Loss = (t, p) => tf.add(squares(t, p), tf.mul(layer.left, 0.1));
    await fit(small({ loss }, [layer]), ...data());
  }),
  'a loss that warms up by how many steps the optimizer has made': eager(async ({ fit }) => {
    const optimizer = tf.train.sgd(0.05);
    const loss: Loss = (t, p) => tf.mul(squares(t, p), Math.min(1, (1 + optimizer.iterations) / 10));
    await fit(small({ loss, optimizer }), ...data(), { epochs: 3 });
  }),
  'a loss that counts its calls': eager(
    async ({ fit }) => {
      let calls = 0;
      const model = small({
        loss: ((t: tf.Tensor, p: tf.Tensor) => tf.mul(1 / (1 + 0.1 * calls++), squares(t, p))) as never,
      });
      await fit(model, ...data(), { epochs: 3 });
    },
    { once: true },
  ),
  'weights that a loss makes at its first call and keeps': compiled(async ({ fit }) => {
    let constant: tf.Tensor | undefined;
    const loss = (t: tf.Tensor, p: tf.Tensor) => {
      constant ??= tf.keep(tf.tensor1d([1, 3]));
      return tf.mean(tf.mul(constant, tf.square(tf.sub(t, p))), -1);
    };
    await fit(logits(loss), noise([n, 4]), noise([n, 2], 2), { validationSplit: 0.2 });
  }),
  'a loss with a constant array': compiled(async ({ fit }) => {
    const loss = (t: tf.Tensor, p: tf.Tensor) => tf.tidy(() => tf.metrics.meanSquaredError(t.mul([4, 1]), p));
    await fit(logits(loss), noise([n, 4]), noise([n, 2], 2));
  }),
  "a loss that reads the weights (a penalty of one's own)": compiled(async ({ fit }) => {
    const model: tf.Sequential = small({
      loss: ((t: tf.Tensor, p: tf.Tensor) =>
        tf.add(squares(t, p), tf.mul(0.01, tf.sum(tf.square(model.layers[0].getWeights()[0]))))) as never,
    });
    await fit(model, ...data());
  }),
  'a loss that remembers its last value in a field': eager(
    async ({ fit }) => {
      let last = tf.keep(tf.scalar(1));
      const loss = (t: tf.Tensor, p: tf.Tensor) => {
        const each = squares(t, p);
        const before = last;
        last = tf.keep(tf.mean(each));
        return tf.div(each, tf.add(1, before));
      };
      await fit(small({ loss: loss as never }), ...data());
    },
    { once: true },
  ),
  "metrics by name and of one's own": compiled(async ({ fit }) => {
    const off = (t: tf.Tensor, p: tf.Tensor) => tf.mean(tf.abs(tf.sub(t, p)));
    await fit(small({ metrics: ['mae', off, 'cosine'] }), ...data(), { validationSplit: 0.25 });
  }),
  'accuracy of sparse targets of rank 1': compiled(async ({ fit }) => {
    await fit(
      classifier('sparseCategoricalCrossentropy', { metrics: ['accuracy'] }),
      noise([n, 4]),
      real(whole([n], 3)),
    );
  }),
  'precision and recall as metrics': compiled(async ({ fit }) => {
    await fit(
      classifier('categoricalCrossentropy', { metrics: ['precision', 'recall'] }),
      noise([n, 4]),
      oneHot([n], 3),
    );
  }),
  'class weights': compiled(async ({ fit }) => {
    await fit(classifier('categoricalCrossentropy', { metrics: ['accuracy'] }), noise([n, 4]), oneHot([n], 3), {
      classWeight: { 0: 1, 1: 3, 2: 0.5 },
    });
  }),
  'class weights and validationSplit': compiled(async ({ fit }) => {
    await fit(classifier('sparseCategoricalCrossentropy'), noise([n, 4]), real(whole([n, 1], 3)), {
      classWeight: { 0: 1, 1: 3, 2: 0.5 },
      validationSplit: 0.3,
    });
  }),
  'L1 and L2 penalties on kernels and biases, and a constraint': compiled(async ({ fit }) => {
    const model = net([
      tf.layers.dense({
        units: 5,
        inputShape: [4],
        kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
        biasRegularizer: 'l1l2',
        kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.5, axis: 0 }),
      }),
      tf.layers.dense({ units: 1, kernelConstraint: 'nonNeg' }),
    ]);
    await fit(model, ...data());
  }),
};
