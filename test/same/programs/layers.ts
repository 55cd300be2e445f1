/** Kinds of layers, of TensorFlow.js and of a user's own. */
import * as tf from '@tensorflow/tfjs';
import {
  compiled,
  compileWith,
  data,
  eager,
  layerOf,
  net,
  noise,
  oneHot,
  type Programs,
  real,
  settle,
  small,
  whole,
} from '../program.ts';

const l = tf.layers;
const n = 20;
const first = (x: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(x) ? x[0] : x);

/** Adds a sine to a sequence, which it makes at its first call and keeps. */
class Position extends tf.layers.Layer {
  static className = 'SamePosition';
  private table?: tf.Tensor;
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = first(input);
      this.table ??= tf.keep(tf.sin(tf.range(0, x.shape[1]!).reshape([1, x.shape[1]!, 1])));
      return tf.add(x, this.table);
    });
  }
}

/** Attends to what came before, by a mask that it makes at its first call and keeps. */
class Causal extends tf.layers.Layer {
  static className = 'SameCausal';
  private mask?: tf.Tensor;
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = first(input);
      const t = x.shape[1]!;
      if (!this.mask) this.mask = tf.keep(tf.linalg.bandPart(tf.ones([t, t]), -1, 0));
      const scores = tf.matMul(x, x, false, true).add(tf.sub(1, this.mask).mul(-1e9));
      return tf.matMul(tf.softmax(scores), x);
    });
  }
}

/** Halves in its first steps. */
class BehindSetter extends tf.layers.Layer {
  static className = 'SameBehindSetter';
  #calls = 0;
  get calls(): number {
    return this.#calls;
  }
  set calls(now: number) {
    this.#calls = now;
  }
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    this.calls += 1;
    return tf.mul(first(input), this.calls < 5 ? 0.5 : 1);
  }
}

/** Halves in its first steps, by a state that is never changed, but replaced. */
class Replaced extends tf.layers.Layer {
  static className = 'SameReplaced';
  private state = { calls: 0, scale: 0.5 };
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const calls = this.state.calls + 1;
    this.state = { ...this.state, calls, scale: calls < 5 ? 0.5 : 1 };
    return tf.mul(first(input), this.state.scale);
  }
}

/** Halves in its first steps, counted in fields that are not there before. */
class Lazy extends tf.layers.Layer {
  static className = 'SameLazy';
  declare private step?: number;
  declare private state?: { calls: number };
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    this.step = (this.step ?? 0) + 1;
    this.state ??= { calls: 0 };
    this.state.calls++;
    return tf.mul(first(input), this.step < 5 ? 0.5 : this.state.calls / this.step);
  }
}

/** Scales by weights of its own, and has one that it never uses. */
class Scaled extends tf.layers.Layer {
  static className = 'SameScaled';
  private w!: tf.LayerVariable;
  override build(shape: tf.Shape): void {
    this.w = this.addWeight('w', [shape.at(-1)!], 'float32', tf.initializers.constant({ value: 1.5 }));
    this.addWeight('unused', [2], 'float32', tf.initializers.ones());
    this.built = true;
  }
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul(first(input), this.w.read());
  }
}

/** Counts its calls in a weight that is not trained. */
class Counted extends tf.layers.Layer {
  static className = 'SameCounted';
  private calls!: tf.LayerVariable;
  override build(): void {
    this.calls = this.addWeight('calls', [], 'float32', tf.initializers.zeros(), undefined, false);
    this.built = true;
  }
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor {
    return tf.tidy(() => {
      if (kwargs.training) this.calls.write(this.calls.read().add(1));
      return tf.div(first(input), tf.add(1, tf.mul(0.1, this.calls.read())));
    });
  }
}

/** Another number each call, drawn by JavaScript; of no weight, so that nothing depends on it. */
class Drawn extends tf.layers.Layer {
  static className = 'SameDrawn';
  override computeOutputShape(s: tf.Shape): tf.Shape {
    return s;
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.add(first(input), Math.random() * 1e-12);
  }
}

/** A fixed random projection, drawn anew from its seed each time. */
class Projected extends tf.layers.Layer {
  static className = 'SameProjected';
  private readonly seed = 9;
  override computeOutputShape([rows]: tf.Shape): tf.Shape {
    return [rows, 10];
  }
  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = first(input) as tf.Tensor2D;
      return tf.cos(tf.matMul(x, tf.randomNormal<tf.Rank.R2>([x.shape[1], 10], 0, 1, 'float32', this.seed)));
    });
  }
}

/** A model that says of itself to compute something else than its layers do, which `model.fit` does not ask. */
class Doubled extends tf.LayersModel {
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor | tf.Tensor[] {
    return tf.mul(first(super.call(inputs, kwargs as never)), 2);
  }
}

/** A discriminator of two outputs within a model that ends with it. */
function ganOf(last: () => tf.layers.Layer[]): tf.LayersModel {
  const picture = tf.input({ shape: [4] });
  const body = l.dense({ units: 5, activation: 'tanh' }).apply(picture);
  const outputs = last().map((layer) => layer.apply(body) as tf.SymbolicTensor);
  const discriminator = tf.model({ inputs: picture, outputs, name: 'judge' });
  const noise = tf.input({ shape: [4] });
  const judged = discriminator.apply(l.dense({ units: 4 }).apply(noise)) as tf.SymbolicTensor[];
  return settle(tf.model({ inputs: noise, outputs: judged }));
}

const image = (): [tf.Tensor, tf.Tensor] => [noise([n, 6, 6, 2]), oneHot([n], 3)];
const classes = (args = {}) => ({ loss: 'categoricalCrossentropy', metrics: ['accuracy'], ...args });
const series = (): [tf.Tensor, tf.Tensor] => [noise([n, 5, 3]), noise([n, 2], 2)];

export const layers: Programs = {
  'a small convolutional network, batch normalisation and max pooling': compiled(async ({ fit }) => {
    const model = net(
      [
        l.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [6, 6, 2] }),
        l.batchNormalization(),
        l.maxPooling2d({ poolSize: 2 }),
        l.flatten(),
        l.dense({ units: 3, activation: 'softmax' }),
      ],
      classes(),
    );
    await fit(model, ...image());
  }),
  'depthwise and separable convolutions with global pooling': compiled(async ({ fit }) => {
    const model = net(
      [
        l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, inputShape: [6, 6, 2] }),
        l.separableConv2d({ filters: 4, kernelSize: 2, activation: 'relu' }),
        l.globalAveragePooling2d({}),
        l.dense({ units: 3, activation: 'softmax' }),
      ],
      classes(),
    );
    await fit(model, ...image());
  }),
  'a transposed convolution and cropping (an autoencoder)': compiled(async ({ fit }) => {
    const model = net([
      l.conv2d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu', inputShape: [6, 6, 2] }),
      l.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }),
      l.cropping2D({
        cropping: [
          [1, 1],
          [1, 1],
        ],
      }),
      l.zeroPadding2d({ padding: 1 }),
    ]);
    const x = noise([n, 6, 6, 2]);
    await fit(model, x, x);
  }),
  'a 1-D convolution over a sequence': compiled(async ({ fit }) => {
    const model = net([
      l.conv1d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [5, 3] }),
      l.globalMaxPooling1d(),
      l.dense({ units: 2 }),
    ]);
    await fit(model, ...series());
  }),
  'a 3-D convolution': compiled(async ({ fit }) => {
    const model = net([
      l.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 4, 4, 1], activation: 'relu' }),
      l.flatten(),
      l.dense({ units: 2 }),
    ]);
    await fit(model, noise([n, 3, 4, 4, 1]), noise([n, 2], 2));
  }),
  '3-D max pooling': eager(async ({ fit }) => {
    const model = net([l.maxPooling3d({ poolSize: 2, inputShape: [4, 4, 4, 1] }), l.flatten(), l.dense({ units: 2 })]);
    await fit(model, noise([n, 4, 4, 4, 1]), noise([n, 2], 2));
  }),
  '3-D average pooling after a convolution': eager(async ({ fit }) => {
    const model = net([
      l.conv3d({ filters: 2, kernelSize: 1, inputShape: [4, 4, 4, 1] }),
      l.averagePooling3d({ poolSize: 2 }),
      l.flatten(),
      l.dense({ units: 2 }),
    ]);
    await fit(model, noise([n, 4, 4, 4, 1]), noise([n, 2], 2));
  }),
  'an LSTM': compiled(async ({ fit }) => {
    await fit(net([l.lstm({ units: 4, inputShape: [5, 3] }), l.dense({ units: 2 })]), ...series());
  }),
  'stacked GRU and simple RNN': compiled(async ({ fit }) => {
    const model = net([
      l.gru({ units: 4, returnSequences: true, inputShape: [5, 3] }),
      l.simpleRNN({ units: 3 }),
      l.dense({ units: 2 }),
    ]);
    await fit(model, ...series());
  }),
  'a bidirectional LSTM with a time-distributed head': compiled(async ({ fit }) => {
    const model = net(
      [
        l.bidirectional({ layer: l.lstm({ units: 3, returnSequences: true }) as tf.RNN, inputShape: [5, 3] }),
        l.timeDistributed({ layer: l.dense({ units: 4 }) }),
        l.activation({ activation: 'softmax' }),
      ],
      classes({ optimizer: tf.train.adam(0.01) }),
    );
    await fit(model, noise([n, 5, 3]), oneHot([n, 5], 4));
  }),
  'stacked LSTM cells in one RNN': compiled(async ({ fit }) => {
    const cells = [l.lstmCell({ units: 3 }), l.lstmCell({ units: 2 })];
    const cell = l.stackedRNNCells({ cells } as Parameters<typeof l.stackedRNNCells>[0]);
    await fit(
      net([l.rnn({ cell, inputShape: [4, 3] } as never) as tf.layers.Layer, l.dense({ units: 2 })]),
      noise([n, 4, 3]),
      noise([n, 2], 2),
    );
  }),
  'a convolutional LSTM': compiled(async ({ fit }) => {
    const model = net([
      l.convLstm2d({ filters: 2, kernelSize: 2, inputShape: [3, 4, 4, 1] } as never) as unknown as tf.layers.Layer,
      l.flatten(),
      l.dense({ units: 1 }),
    ]);
    await fit(model, noise([n, 3, 4, 4, 1]), noise([n, 1], 2));
  }),
  'an embedding with a mask, and an LSTM that heeds it': compiled(async ({ fit }) => {
    const model = net(
      [
        l.embedding({ inputDim: 7, outputDim: 3, inputLength: 5, maskZero: true }),
        l.lstm({ units: 3 }),
        l.dense({ units: 1, activation: 'sigmoid' }),
      ],
      { loss: 'binaryCrossentropy', metrics: ['acc'] },
    );
    await fit(model, whole([n, 5], 7), whole([n, 1], 2, 2));
  }),
  'two branches, of which the longer has a mask': compiled(async ({ fit }) => {
    const [a, b] = [tf.input({ shape: [12] }), tf.input({ shape: [5, 2] })];
    const h = l.embedding({ inputDim: 7, outputDim: 3, maskZero: true }).apply(a);
    // TensorFlow.js hands the second the mask of the first.
    const long = l.lstm({ units: 3 }).apply(h) as tf.SymbolicTensor;
    const short = l.gru({ units: 3 }).apply(b) as tf.SymbolicTensor;
    const y = l.dense({ units: 1 }).apply(l.concatenate().apply([short, long])) as tf.SymbolicTensor;
    const model = compileWith(settle(tf.model({ inputs: [a, b], outputs: y })));
    await fit(model, [whole([n, 12], 7), noise([n, 5, 2])], noise([n, 1], 2));
  }),
  'a mask of numbers that are trained': compiled(async ({ fit }) => {
    class Gate extends tf.layers.Layer {
      static className = 'GateOfNumbers';
      override computeMask(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        return tf.tidy(() => tf.sigmoid(tf.sum(x, -1)));
      }
    }
    const x = tf.input({ shape: [5, 3] });
    const h = new Gate().apply(l.dense({ units: 3 }).apply(x));
    const y = l.dense({ units: 1 }).apply(l.lstm({ units: 3 }).apply(h)) as tf.SymbolicTensor;
    const model = compileWith(settle(tf.model({ inputs: x, outputs: y })));
    await fit(model, noise([n, 5, 3]), noise([n, 1], 2));
  }),
  'masking of a sequence': compiled(async ({ fit }) => {
    const x = real(noise([n, 5, 3]).mul(real(whole([n, 5, 1], 2, 3))));
    const model = net([l.masking({ maskValue: 0, inputShape: [5, 3] }), l.gru({ units: 3 }), l.dense({ units: 2 })]);
    await fit(model, x, noise([n, 2], 2));
  }),
  'layer normalisation and residuals': compiled(async ({ fit }) => {
    const x = tf.input({ shape: [4] });
    const h = l.dense({ units: 4, activation: 'relu' }).apply(l.layerNormalization().apply(x));
    const sum = l.add().apply([x, h as tf.SymbolicTensor]);
    const model = settle(tf.model({ inputs: x, outputs: l.dense({ units: 1 }).apply(sum) as tf.SymbolicTensor }));
    await fit(compileWith(model), ...data());
  }),
  'every way to merge': compiled(async ({ fit }) => {
    const x = tf.input({ shape: [4] });
    const [a, b] = [1, 2].map(() => l.dense({ units: 3 }).apply(x) as tf.SymbolicTensor);
    const merged = [l.multiply(), l.average(), l.maximum(), l.minimum(), l.add(), l.dot({ axes: -1 })].map(
      (layer) => layer.apply([a, b]) as tf.SymbolicTensor,
    );
    const out = l.dense({ units: 1 }).apply(l.concatenate().apply(merged)) as tf.SymbolicTensor;
    await fit(compileWith(settle(tf.model({ inputs: x, outputs: out }))), ...data());
  }),
  'advanced activations, PReLU among them': compiled(async ({ fit }) => {
    const between = [l.prelu(), l.leakyReLU({ alpha: 0.2 }), l.elu()];
    await fit(small({}, between as tf.layers.Layer[]), ...data());
  }),
  'reshape, permute and repeat': compiled(async ({ fit }) => {
    const model = net([
      l.dense({ units: 6, inputShape: [4] }),
      l.repeatVector({ n: 2 }),
      l.permute({ dims: [2, 1] }),
      l.reshape({ targetShape: [3, 4] }),
      l.flatten(),
      l.dense({ units: 1 }),
    ]);
    await fit(model, ...data());
  }),
  'dropout and noise layers with a rate of 0': compiled(async ({ fit }) => {
    const between = [
      l.dropout({ rate: 0 }),
      l.gaussianNoise({ stddev: 0 }),
      l.gaussianDropout({ rate: 0 }),
      l.alphaDropout({ rate: 0 }),
    ];
    await fit(small({}, between), ...data());
  }),
  'dropout with a seed of its own': compiled(async ({ fit }) => {
    await fit(
      net([l.dense({ units: 8, inputShape: [4] }), l.dropout({ rate: 0.4, seed: 5 }), l.dense({ units: 2 })]),
      ...data(2),
    );
  }),
  'a layer that does something else where nothing is said of training': compiled(async ({ fit }) => {
    class Unless extends tf.layers.Layer {
      static className = 'SameUnless';
      override call(input: tf.Tensor | tf.Tensor[], { training }: { training?: boolean }): tf.Tensor {
        return tf.mul(first(input), training === false ? 3 : training ? 1 : 2);
      }
    }
    await fit(small({}, [new Unless({})]), ...data(), { validationSplit: 0.25 });
  }),
  'a layer of the user’s that draws from its own seed': compiled(async ({ fit }) => {
    await fit(net([new Projected({ inputShape: [4] }), l.dense({ units: 2 })]), ...data(2));
  }),
  'a subclass of LayersModel with a call of its own': compiled(async ({ fit }) => {
    const x = tf.input({ shape: [4] });
    const y = l.dense({ units: 2 }).apply(l.dense({ units: 3, activation: 'tanh' }).apply(x)) as tf.SymbolicTensor;
    await fit(compileWith(settle(new Doubled({ inputs: x, outputs: y, name: 'doubled' }))), ...data(2));
  }),
  'a model of two outputs within a model that ends with it': compiled(async ({ fit }) => {
    const heads = () => [
      l.dense({ units: 1, activation: 'sigmoid', name: 'real' }),
      l.dense({ units: 3, activation: 'softmax', name: 'class' }),
    ];
    const model = ganOf(heads);
    model.compile({ optimizer: 'sgd', loss: ['binaryCrossentropy', 'categoricalCrossentropy'] });
    const [x] = data();
    await fit(model, x, [tf.ones([x.shape[0], 1]), oneHot([x.shape[0]], 3)]);
  }),
  'a model nested in a model, with a frozen base': compiled(async ({ fit }) => {
    const base = settle(
      tf.sequential({ layers: [l.dense({ units: 5, activation: 'relu', inputShape: [4] }), l.batchNormalization()] }),
    );
    base.trainable = false;
    await fit(net([base, l.dense({ units: 3, activation: 'tanh' }), l.dense({ units: 1 })]), ...data());
  }),
  'one layer used twice (shared weights)': compiled(async ({ fit }) => {
    const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const shared = l.dense({ units: 3, activation: 'tanh' });
    const both = l.concatenate().apply([shared.apply(a), shared.apply(b)] as tf.SymbolicTensor[]);
    const model = tf.model({ inputs: [a, b], outputs: l.dense({ units: 1 }).apply(both) as tf.SymbolicTensor });
    const [x, y] = data();
    await fit(compileWith(settle(model)), [x, noise([28, 4], 9)], y);
  }),
  'an output through the transposed weights of the input (weight tying)': compiled(async ({ fit }) => {
    const encoder = l.dense({ units: 3, useBias: false, inputShape: [4] });
    const model = net([
      encoder,
      layerOf((x) => tf.matMul(x, encoder.getWeights()[0], false, true), { shape: ([b]) => [b, 4] }),
    ]);
    const [x] = data();
    await fit(model, x, x);
  }),
  "a layer of one's own with a weight that nothing uses": compiled(async ({ fit }) => {
    await fit(small({ optimizer: tf.train.adam(0.01) }, [new Scaled({})]), ...data());
  }),
  "a layer of one's own that counts in a weight": compiled(async ({ fit }) => {
    await fit(small({}, [new Counted({})]), ...data());
  }),
  'positions that a layer makes at its first call and keeps': compiled(async ({ fit }) => {
    const model = net([
      l.dense({ units: 4, inputShape: [5, 3] }),
      new Position({}),
      l.flatten(),
      l.dense({ units: 2 }),
    ]);
    await fit(model, ...series());
  }),
  'a causal mask that a layer makes at its first call and keeps': compiled(async ({ fit }) => {
    const model = net([l.dense({ units: 4, inputShape: [5, 3] }), new Causal({}), l.flatten(), l.dense({ units: 2 })]);
    await fit(model, ...series(), { validationSplit: 0.2 });
  }),
  'a last layer with a field called activation': compiled(async ({ fit }) => {
    const last = layerOf((x) => tf.sigmoid(x));
    (last as unknown as { activation: unknown }).activation = tf.sigmoid;
    await fit(net([l.dense({ units: 1, inputShape: [4] }), last]), ...data());
  }),
  'a layer that counts in a private field behind a getter and a setter': eager(async ({ fit }) => {
    await fit(small({}, [new BehindSetter({})]), ...data(), { epochs: 3 });
  }),
  'a layer that puts another state in the place of its own': eager(async ({ fit }) => {
    await fit(small({}, [new Replaced({})]), ...data(), { epochs: 3 });
  }),
  'a layer that makes its count at its first call': eager(async ({ fit }) => {
    await fit(small({}, [new Lazy({})]), ...data(), { epochs: 3 });
  }),
  'a layer that draws a number by Math.random': eager(async ({ fit }) => {
    await fit(small({}, [new Drawn({})]), ...data());
  }),
  'a spectrum (FFT, complex numbers)': eager(async ({ fit }) => {
    const spectrum = layerOf((x) => tf.abs(tf.spectral.rfft(x as tf.Tensor2D)), {
      shape: ([b]) => [b, 5],
      inputShape: [8],
    });
    await fit(net([spectrum, l.dense({ units: 1 })]), noise([n, 8]), noise([n, 1], 2));
  }),
  'the power of a spectrum, by its real and imaginary parts': eager(async ({ fit }) => {
    const power = layerOf(
      (x) => {
        const c = tf.spectral.rfft(x as tf.Tensor2D);
        return tf.add(tf.square(tf.real(c)), tf.square(tf.imag(c)));
      },
      { shape: ([b]) => [b, 5], inputShape: [8] },
    );
    await fit(net([power, l.dense({ units: 1 })]), noise([n, 8]), noise([n, 1], 2));
  }),
  'local response normalisation': eager(async ({ fit }) => {
    const lrn = layerOf((x) => tf.localResponseNormalization(x as tf.Tensor4D, 2));
    await fit(
      net(
        [
          l.conv2d({ filters: 4, kernelSize: 3, inputShape: [6, 6, 2] }),
          lrn,
          l.flatten(),
          l.dense({ units: 3, activation: 'softmax' }),
        ],
        classes(),
      ),
      ...image(),
    );
  }),
  'depth to space': eager(async ({ fit }) => {
    const wide = layerOf((x) => tf.depthToSpace(x as tf.Tensor4D, 2), {
      shape: ([b, h, w, c]) => [b, 2 * h, 2 * w, c / 4],
      inputShape: [3, 3, 4],
    });
    await fit(net([wide, l.flatten(), l.dense({ units: 1 })]), noise([n, 3, 3, 4]), noise([n, 1], 2));
  }),
  'a layer behind a cast to int32, which has no gradient': compiled(async ({ fit }) => {
    const rounded = layerOf((x) => tf.cast(tf.cast(x, 'int32'), 'float32'));
    await fit(small({ optimizer: tf.train.adam(0.01) }, [rounded]), ...data());
  }),
};
