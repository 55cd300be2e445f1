/** Inputs, outputs and targets: several, by name, of other types and ranks, of any size. */
import * as tf from '@tensorflow/tfjs';
import {
  bits,
  compiled,
  compileWith,
  data,
  layerOf,
  net,
  noise,
  oneHot,
  type Programs,
  real,
  refused,
  settle,
  small,
  whole,
} from '../program.ts';

const l = tf.layers;
const n = 22;
const symbolic = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(x) as tf.SymbolicTensor;

/** Two inputs, `left` and `right`, to two outputs, `sum` (a number) and `kind` (three classes). */
function twoByTwo(args = {}): tf.LayersModel {
  const [left, right] = [tf.input({ shape: [4], name: 'left' }), tf.input({ shape: [2], name: 'right' })];
  const h = symbolic(l.concatenate(), [symbolic(l.dense({ units: 4, activation: 'tanh' }), left), right]);
  const outputs = [
    symbolic(l.dense({ units: 1, name: 'sum' }), h),
    symbolic(l.dense({ units: 3, activation: 'softmax', name: 'kind' }), h),
  ];
  const model = settle(tf.model({ inputs: [left, right], outputs }));
  return compileWith(model, { loss: ['meanSquaredError', 'categoricalCrossentropy'], ...args });
}
const two = (): { [name: string]: tf.Tensor } => ({
  left: noise([n, 4]),
  right: noise([n, 2], 2),
  sum: noise([n, 1], 3),
  kind: oneHot([n], 3),
});

/** The columns of the validation with several outputs: in model.fit the total is in that of the first output's loss. */
export const shifted = /val_/;

export const inputs: Programs = {
  'two inputs and two outputs, as lists': compiled(async ({ fit }) => {
    const { left, right, sum, kind } = two();
    await fit(twoByTwo(), [left, right], [sum, kind]);
  }),
  'two inputs and two outputs, as dictionaries': compiled(async ({ fit }) => {
    const { left, right, sum, kind } = two();
    await fit(twoByTwo(), { right, left }, { kind, sum });
  }),
  'losses and metrics by the names of outputs': compiled(async ({ fit }) => {
    const { left, right, sum, kind } = two();
    const loss = { sum: 'meanAbsoluteError', kind: 'categoricalCrossentropy' };
    await fit(twoByTwo({ loss, metrics: { kind: 'accuracy', sum: 'mse' } }), [left, right], [sum, kind]);
  }),
  'several metrics for several outputs, and validationData': compiled(
    async ({ fit }) => {
      const { left, right, sum, kind } = two();
      await fit(twoByTwo({ metrics: ['mse', 'accuracy'] }), [left, right], [sum, kind], {
        validationData: [
          [noise([9, 4], 5), noise([9, 2], 6)],
          [noise([9, 1], 7), oneHot([9], 3, 8)],
        ] as never,
      });
    },
    { wrongThere: shifted },
  ),
  'one loss for all outputs, and validationSplit': compiled(
    async ({ fit }) => {
      const { left, right, sum, kind } = two();
      await fit(twoByTwo({ loss: 'meanSquaredError' }), [left, right], [sum, kind], { validationSplit: 0.3 });
    },
    { wrongThere: shifted },
  ),
  'class weights by the names of outputs': compiled(async ({ fit }) => {
    const { left, right, sum, kind } = two();
    await fit(twoByTwo(), [left, right], [sum, kind], { classWeight: { kind: { 0: 2, 1: 1, 2: 0.5 } } as never });
  }),
  'whole numbers (int32) as input of an embedding': compiled(async ({ fit }) => {
    const model = net([l.embedding({ inputDim: 6, outputDim: 3, inputLength: 4 }), l.flatten(), l.dense({ units: 1 })]);
    await fit(model, whole([n, 4], 6), noise([n, 1], 2));
  }),
  'whole numbers (int32) as input of a dense layer': compiled(async ({ fit }) => {
    await fit(small(), whole([n, 4], 5), noise([n, 1], 2));
  }),
  'whole numbers (int32) as targets': compiled(async ({ fit }) => {
    await fit(small(), noise([n, 4]), whole([n, 1], 3, 2));
  }),
  'whole numbers (int32) as targets of binaryCrossentropy': compiled(async ({ fit }) => {
    const model = net([l.dense({ units: 1, activation: 'sigmoid', inputShape: [4] })], {
      loss: 'binaryCrossentropy',
      metrics: ['acc'],
    });
    await fit(model, noise([n, 4]), whole([n, 1], 2, 2));
  }),
  'yes and no (bool) as targets': compiled(async ({ fit }) => {
    const model = net([l.dense({ units: 1, activation: 'sigmoid', inputShape: [4] })], { loss: 'binaryCrossentropy' });
    await fit(model, noise([n, 4]), tf.cast(whole([n, 1], 2, 2), 'bool'));
  }),
  'yes and no (bool) as input': compiled(async ({ fit }) => {
    await fit(small(), tf.cast(whole([n, 4], 2), 'bool'), noise([n, 1], 2));
  }),
  'targets of rank 1': compiled(async ({ fit }) => {
    const [x, y] = data();
    await fit(small({ metrics: ['mae'] }), x, y.reshape([28]));
  }),
  'an input of rank 1': compiled(async ({ fit }) => {
    await fit(
      net([l.dense({ units: 2, inputShape: [1], activation: 'tanh' }), l.dense({ units: 1 })]),
      noise([n]),
      noise([n], 2),
    );
  }),
  'one-hot rows cast to float, the user’s own': compiled(async ({ fit, mine, see }) => {
    const y = mine(tf.oneHot(whole([n], 3) as tf.Tensor1D, 3).toFloat());
    const model = net([l.dense({ units: 3, activation: 'softmax', inputShape: [4] })], {
      loss: 'categoricalCrossentropy',
    });
    await fit(model, mine(noise([n, 4])), y);
    see(y.mul(2));
  }),
  'comparisons cast to float, the user’s own': compiled(async ({ fit, mine, see }) => {
    const x = mine(noise([n, 4]));
    const y = mine(x.sum(1, true).greater(0).toFloat());
    const model = net([l.dense({ units: 1, activation: 'sigmoid', inputShape: [4] })], { loss: 'binaryCrossentropy' });
    await fit(model, x, y);
    see(y.mul(2));
  }),
  'views of one tensor: slices and reshapes': compiled(async ({ fit, mine }) => {
    const all = mine(noise([n, 5]));
    await fit(small(), mine(all.slice([0, 0], [n, 4])), mine(all.slice([0, 4], [n, 1])));
  }),
  'sequences of any length, all of one in a call': compiled(async ({ fit }) => {
    const model = net([l.lstm({ units: 3, inputShape: [null as never, 3] }), l.dense({ units: 1 })]);
    await fit(model, noise([n, 6, 3]), noise([n, 1], 2), {
      validationData: [noise([7, 8, 3], 4), noise([7, 1], 5)],
    });
  }),
  'sequences of other lengths in a second call': compiled(async ({ fit }) => {
    const model = net([
      l.gru({ units: 3, returnSequences: true, inputShape: [null as never, 3] }),
      l.dense({ units: 1 }),
    ]);
    await fit(model, noise([n, 4, 3]), noise([n, 4, 1], 2));
    await fit(model, noise([n, 7, 3], 3), noise([n, 7, 1], 4));
  }),
  'a batch larger than the data': compiled(async ({ fit }) => {
    await fit(small(), ...data(), { batchSize: 50 });
  }),
  'a batch larger than what validationSplit leaves': compiled(async ({ fit }) => {
    await fit(small(), ...data(), { batchSize: 25, validationSplit: 0.5 });
  }),
  'a batch of one sample': compiled(async ({ fit }) => {
    await fit(small(), ...data(1, 6), { batchSize: 1 });
  }),
  'the whole of the data in one batch': compiled(async ({ fit }) => {
    await fit(small(), ...data(), { batchSize: 28, epochs: 4 });
  }),
  'no batchSize given': compiled(async ({ fit }) => {
    await fit(small(), ...data(1, 70), { batchSize: undefined });
  }),
  'validationSplit, with metrics': compiled(async ({ fit }) => {
    await fit(small({ metrics: ['mae', 'mse'] }), ...data(), { validationSplit: 0.3 });
  }),
  'validationData with a last batch that is not full': compiled(async ({ fit }) => {
    await fit(small({ metrics: ['mae'] }), ...data(), { validationData: data(1, 13) });
  }),
  initialEpoch: compiled(async ({ fit }) => {
    await fit(small(), ...data(), { initialEpoch: 2, epochs: 4 });
  }),
  'images of channels first': compiled(async ({ fit }) => {
    const model = net([
      l.conv2d({ filters: 2, kernelSize: 3, dataFormat: 'channelsFirst', inputShape: [2, 5, 5] }),
      l.flatten(),
      l.dense({ units: 1 }),
    ]);
    await fit(model, noise([n, 2, 5, 5]), noise([n, 1], 2));
  }),
  'an input that is an output too': compiled(async ({ fit }) => {
    const x = tf.input({ shape: [3] });
    const h = symbolic(l.dense({ units: 3, activation: 'tanh', name: 'inner' }), x);
    const model = settle(tf.model({ inputs: x, outputs: [h, symbolic(l.dense({ units: 1, name: 'outer' }), h)] }));
    await fit(compileWith(model), noise([n, 3]), [noise([n, 3], 2), noise([n, 1], 3)]);
  }),
  'a target that the loss does not use': compiled(async ({ fit }) => {
    const loss = (_: tf.Tensor, p: tf.Tensor) => tf.mean(tf.square(tf.sub(p, 1)), -1);
    await fit(small({ loss: loss as never }), ...data());
  }),
  'a loss of one’s own that takes the output apart': compiled(async ({ fit }) => {
    // Mean and deviation of a normal distribution, in two outputs, for one number.
    const loss = (t: tf.Tensor, p: tf.Tensor) =>
      tf.tidy(() => {
        const [mean, log] = tf.split(p, 2, -1);
        const off = tf.sub(tf.slice(t, [0, 0], [-1, 1]), mean);
        return tf.mean(tf.add(log, tf.mul(0.5, tf.square(tf.div(off, tf.exp(log))))), -1);
      });
    await fit(small({ loss: loss as never, optimizer: tf.train.sgd(0.01) }, [], 2), noise([n, 4]), noise([n, 2], 2));
  }),
  'samples normalised in a layer by the statistics of the batch': compiled(async ({ fit }) => {
    const whiten = layerOf((x) => tf.div(tf.sub(x, tf.mean(x, 0)), tf.add(1, tf.abs(tf.mean(x, 0)))));
    await fit(small({}, [whiten]), ...data());
  }),
  'an image pyramid: upsampling, and mean pooling of overlapping windows': compiled(async ({ fit }) => {
    const model = net(
      [
        l.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same', inputShape: [5, 5, 2] }),
        l.conv2d({ filters: 2, kernelSize: 1, activation: 'relu' }),
        l.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
        l.globalMaxPooling2d({}),
        l.dense({ units: 3, activation: 'sigmoid' }),
      ],
      { loss: 'binaryCrossentropy' },
    );
    await fit(model, noise([n, 5, 5, 2]), bits([n, 3]));
  }),
  'a NaN among the inputs': refused(async ({ fit }) => {
    const x = real(noise([n, 4]));
    await fit(small(), tf.where(x.greater(1.5), tf.fill(x.shape, Number.NaN), x), noise([n, 1], 2));
  }),
  'a class that the output has not': refused(async ({ fit }) => {
    const model = net([l.dense({ units: 3, activation: 'softmax', inputShape: [4] })], {
      loss: 'sparseCategoricalCrossentropy',
    });
    await fit(model, noise([n, 4]), real(whole([n, 1], 5)));
  }),
  'a target of a wrong shape': refused(async ({ fit }) => {
    await fit(small(), noise([n, 4]), noise([n, 2], 2));
  }),
  'an input of a name that the model has not': refused(async ({ fit }) => {
    const { left, sum, kind } = two();
    await fit(twoByTwo(), { left, wrong: left }, [sum, kind]);
  }),
};
