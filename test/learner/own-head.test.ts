/** Networks that end in code of a program's own: the score is by the output itself, whatever that code is called. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import type { NdArray } from '../../src/data/samples.ts';
import { fit } from '../../src/fit/fit.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { Random } from '../../src/sampling/random.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 7;
const random = new Random(3);
const normal = (...shape: number[]): NdArray => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  shape,
  dtype: 'float32',
});
const tensor = ({ data, shape }: NdArray) => tf.tensor(data as Float32Array, shape as number[]);
const single = (x: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(x) ? x[0] : x);
const glorot = (seed: number) => tf.initializers.glorotUniform({ seed });
const dense = (more = {}) =>
  tf.layers.dense({ units: 4, activation: 'softmax', kernelInitializer: glorot(1), inputShape: [5], ...more });

/** A dense layer whose `activation` is what its program says. */
class OwnDense extends tf.layers.Layer {
  static className = 'OwnDense';
  readonly activation: unknown;
  #kernel!: tf.LayerVariable;
  constructor({ activation, ...config }: { activation: unknown; inputShape?: number[] }) {
    super(config);
    this.activation = activation;
  }
  override build([, features]: tf.Shape) {
    this.#kernel = this.addWeight('kernel', [features as number, 2], 'float32', glorot(1));
    this.built = true;
  }
  override computeOutputShape(shape: tf.Shape) {
    return [...shape.slice(0, -1), 2];
  }
  override call(x: tf.Tensor | tf.Tensor[]) {
    const z = tf.matMul(single(x), this.#kernel.read());
    return typeof this.activation === 'function' ? this.activation(z) : tf.tanh(z);
  }
}

/** A model that gives a part of what its layers do. */
class Pick extends tf.LayersModel {
  static override className = 'Pick';
  constructor() {
    const i = tf.input({ shape: [5] });
    super({ inputs: i, outputs: dense().apply(i) as tf.SymbolicTensor });
  }
  override call(x: tf.Tensor | tf.Tensor[], kwargs: object) {
    return tf.mul(tf.slice(single(super.call(x, kwargs)), [0, 0], [-1, 2]), 3);
  }
  override computeOutputShape([n]: tf.Shape) {
    return [n, 2];
  }
}

/** A layer with the name of one that moves numbers only. */
class Reshape extends tf.layers.Layer {
  static className = 'Reshape';
  override computeOutputShape([n]: tf.Shape) {
    return [n, 2];
  }
  override call(x: tf.Tensor | tf.Tensor[]) {
    return tf.mul(tf.slice(single(x), [0, 1], [-1, 2]), 2);
  }
}

const overTime = (activation: unknown) => {
  const layer = new OwnDense({ activation });
  return tf.sequential({ layers: [tf.layers.timeDistributed({ layer, inputShape: [3, 5] })] });
};
const within = (last: tf.layers.Layer) => {
  const i = tf.input({ shape: [5] });
  return tf.model({ inputs: i, outputs: last.apply(i) as tf.SymbolicTensor });
};

const models: Record<string, { make: () => tf.LayersModel; x: NdArray; y: NdArray }> = {
  'a layer over time whose activation is a name': {
    ...{ make: () => overTime('tanh'), x: normal(n, 3, 5), y: normal(n, 3, 2) },
  },
  'a layer over time whose activation is a function': {
    ...{ make: () => overTime((z: tf.Tensor) => tf.sigmoid(z)), x: normal(n, 3, 5), y: normal(n, 3, 2) },
  },
  'a model within the model with a call of its own': {
    ...{ make: () => within(new Pick()), x: normal(n, 5), y: normal(n, 2) },
  },
  'a layer that is called Reshape': {
    ...{ make: () => tf.sequential({ layers: [dense(), new Reshape({})] }), x: normal(n, 5), y: normal(n, 2) },
  },
  'an activation in a dense layer': {
    make: () => {
      const last = dense();
      const activation = {
        getClassName: () => 'squares',
        apply: (z: tf.Tensor) => tf.square(z),
        getConfig: () => ({}),
      };
      return within(Object.assign(last, { activation }));
    },
    ...{ x: normal(n, 5), y: normal(n, 4) },
  },
};

it.each(Object.entries(models))('%s', async (_, { make, x, y }) => {
  const compiled = () => {
    const model = make();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    return model;
  };
  const model = compiled();
  const batch = { size: n, xs: [x], ys: [y] };
  const got = await new EagerLearner(model).scores(batch, 'upper-bound');
  // ‖2(ŷ − y)/d‖, of d outputs.
  const difference = tf.sub(model.predict(tensor(x)) as tf.Tensor, tensor(y)).reshape([n, -1]);
  const wanted = tf.mul(tf.norm(difference, 2, 1), 2 / difference.shape[1]!).dataSync();
  for (const [i, score] of wanted.entries()) expect(Math.abs(got[i] - score)).toBeLessThan(1e-5);

  const [theirs, ours] = [compiled(), compiled()];
  const args = { epochs: 2, batchSize: n, shuffle: false, verbose: 0 } as const;
  await theirs.fit(tensor(x), tensor(y), args);
  await fit(ours, tensor(x), tensor(y), { ...args, shuffle: true, engine: 'compiled' });
  const [one, other] = [values(theirs).flat(), values(ours).flat()];
  // Of one batch there is nothing to choose.
  one.forEach((value, i) => {
    expect(Math.abs(value - other[i])).toBeLessThan(1e-5);
  });
});
