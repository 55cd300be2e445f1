/** Code that looks at other rows, in all the places that TensorFlow.js calls it from: such a model is trained uniformly. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { importance } from '../../src/methods/importance/importance.ts';

beforeAll(() => tf.setBackend('cpu'));

const [n, width] = [64, 4];
const y = tf.randomNormal<tf.Rank.R2>([n, 1], 0, 1, 'float32', 2);

class Own extends tf.layers.Layer {
  static className = 'RowsOfPeople';
  constructor(private readonly f: (v: tf.Tensor) => tf.Tensor) {
    super({});
  }
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    return tf.tidy(() => this.f([inputs].flat()[0]));
  }
}
/** Calls another layer and knows nothing of training. */
class Holding extends tf.layers.Layer {
  static className = 'HoldingOfPeople';
  constructor(private readonly one: tf.layers.Layer) {
    super({});
  }
  override build(shape: tf.Shape) {
    this.one.build(shape);
    this.built = true;
  }
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object) {
    return this.one.call([inputs].flat()[0], kwargs);
  }
}
const layer = (f: (v: tf.Tensor) => tf.Tensor) => new Own(f);

describe('code that looks at other rows is noticed wherever it is called:', () => {
  const { input, timeDistributed, rnn, stackedRNNCells, flatten, concatenate } = tf.layers;
  const centred = (v: tf.Tensor) => tf.sub(v, tf.mean(v, 0, true));
  const seeded = tf.initializers.glorotUniform({ seed: 1 });
  const dense = (units: number) => tf.layers.dense({ units, kernelInitializer: seeded });

  class Cell extends tf.layers.Layer {
    static className = 'CellOfPeople';
    readonly stateSize = width;
    private w!: { read(): tf.Tensor };
    override build([, units]: number[]) {
      this.w = this.addWeight('w', [units, width], 'float32', seeded as never);
      this.built = true;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      const [moment, state] = inputs as tf.Tensor[];
      const next = tf.tanh(tf.add(tf.matMul(centred(moment), this.w.read()), state));
      return [next, next];
    }
  }
  class TwoOutputs extends tf.layers.Layer {
    static className = 'TwoOutputsOfPeople';
    override computeOutputShape(shape: tf.Shape) {
      return [shape, shape];
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      const [v] = [inputs].flat();
      return [tf.mul(v, 2), centred(v)];
    }
  }
  class Within extends tf.LayersModel {
    static override className = 'WithinOfPeople';
    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object) {
      return centred([super.call(inputs, kwargs as never)].flat()[0]);
    }
  }
  class MeanOfKnown extends tf.layers.Layer {
    static className = 'MeanOfKnownOfPeople';
    override supportsMasking = true;
    override computeOutputShape([rows, , units]: number[]) {
      return [rows, units];
    }
    override computeMask() {
      return null as never;
    }
    override call(inputs: tf.Tensor | tf.Tensor[], { mask }: { mask: tf.Tensor }) {
      const isKnown = tf.expandDims(tf.cast([mask].flat()[0], 'float32'), -1);
      return tf.div(tf.sum(tf.mul([inputs].flat()[0], isKnown), 1), tf.sum(isKnown));
    }
  }
  const mixed = (v: tf.Tensor) => tf.add(tf.mul(v, 0.7), tf.mul(tf.reverse(v, 0), 0.3));
  class Mixup extends tf.layers.Layer {
    static className = 'MixupOfPeople';
    override call(inputs: tf.Tensor | tf.Tensor[], { training }: { training?: boolean }) {
      const [v] = [inputs].flat();
      return training ? mixed(v) : v;
    }
  }
  class Left extends tf.layers.Layer {
    static className = 'LeftOfPeople';
    out!: tf.Tensor;
    override computeOutputShape(shape: tf.Shape) {
      return shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      this.out = [inputs].flat()[0];
      return tf.mul(this.out, 1);
    }
  }
  type Loss = (y: tf.Tensor, p: tf.Tensor) => tf.Tensor;
  type Apply = (v: tf.SymbolicTensor) => tf.SymbolicTensor;
  const through =
    (...layers: tf.layers.Layer[]): Apply =>
    (v) =>
      layers.reduce((value, one) => one.apply(value) as tf.SymbolicTensor, v);
  const [rows, moments] = [input({ shape: [width] }), input({ shape: [3, width] })];
  const numbers = input({ shape: [5] });
  const seen = (loss: (out: tf.Tensor, y: tf.Tensor, p: tf.Tensor) => tf.Tensor): [tf.SymbolicTensor, Apply, Loss] => {
    const left = new Left({});
    return [rows, through(dense(width), left, dense(1)), (y, p) => loss(left.out, y, p)];
  };
  const squares: Loss = (y, p) => tf.mean(tf.square(tf.sub(y, p)), -1);

  const kinds: Record<string, () => [tf.SymbolicTensor, Apply, Loss?]> = {
    'a layer at each moment': () => [moments, through(timeDistributed({ layer: layer(centred) }), flatten(), dense(1))],
    'a cell': () => [moments, through(rnn({ cell: new Cell({}) as never }), dense(1))],
    'a cell among others': () => {
      const cells = [tf.layers.gruCell({ units: width }), new Cell({}) as never];
      return [moments, through(rnn({ cell: stackedRNNCells({ cells }) as never }), dense(1))];
    },
    'a model within': () => {
      const inputs = input({ shape: [width] });
      return [rows, through(new Within({ inputs, outputs: dense(width).apply(inputs) as never }), dense(1))];
    },
    'a second output': () => [
      rows,
      (v) => dense(1).apply(concatenate().apply(new TwoOutputs({}).apply(v) as tf.SymbolicTensor[])) as never,
    ],
    'a mask': () => [
      numbers,
      through(tf.layers.embedding({ inputDim: 3, outputDim: width, maskZero: true }), new MeanOfKnown({}), dense(1)),
    ],
    'what the first weights make nothing of': () => [
      rows,
      through(layer(centred), tf.layers.dense({ units: 1, kernelInitializer: 'zeros' })),
    ],
    'a layer that mixes rows in training alone': () => [rows, through(dense(width), new Mixup({}), dense(1))],
    'the same behind batch normalisation': () => [
      rows,
      through(dense(width), tf.layers.batchNormalization(), new Mixup({}), dense(1)),
    ],
    'a layer that asks for training by a method': () => {
      class ByMethod extends tf.layers.Layer {
        static className = 'MixupByMethodOfPeople';
        override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object) {
          const [v] = [inputs].flat();
          return this.isOn(kwargs) ? mixed(v) : v;
        }
        private isOn({ training }: { training?: boolean }) {
          return training === true;
        }
      }
      return [rows, through(dense(width), new ByMethod({}), dense(1))];
    },
    'a layer that leaves training to its parent': () => {
      class Child extends Mixup {
        static override className = 'MixupChildOfPeople';
        override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object) {
          return super.call(inputs, kwargs);
        }
      }
      return [rows, through(dense(width), new Child({}), dense(1))];
    },
    'a layer that holds one which mixes rows in training': () => [
      rows,
      through(dense(width), new Holding(new Mixup({})), dense(1)),
    ],
    'an activation': () => {
      const one = tf.layers.dense({ units: width, activation: 'tanh' });
      const { activation } = one as unknown as { activation: { apply(v: tf.Tensor): tf.Tensor } };
      Object.assign(one, { activation: Object.assign(Object.create(activation), { apply: centred }) });
      return [rows, through(one, dense(1))];
    },
    'a loss of what a layer left, of which it takes the mean': () =>
      seen((out, y, p) => tf.add(tf.mean(squares(y, p)), tf.mean(tf.mul(tf.square(out), tf.add(tf.mul(y, 0), 1))))),
    'a loss of pairs of what a layer left': () =>
      seen((out, y, p) => tf.add(squares(y, p), tf.mean(tf.matMul(out, out, false, true), 1))),
    'a term that a layer adds to the loss': () => {
      const left = new Left({});
      left.addLoss(() => tf.mean<tf.Scalar>(tf.abs(left.out)));
      return [rows, through(dense(width), left, dense(1))];
    },
    'a loss by how many targets are known': () => [
      rows,
      through(dense(1)),
      (y, p) => tf.div(squares(y, p), tf.sum(tf.cast(tf.greater(y, 0), 'float32'))),
    ],
  };
  it.each(Object.entries(kinds))('%s', async (_, make) => {
    const [inputs, apply, loss = 'meanSquaredError'] = make();
    const model = tf.model({ inputs, outputs: apply(inputs) });
    model.compile({ optimizer: tf.train.sgd(0.02), loss: loss as never });
    const shape = [n, ...(inputs.shape.slice(1) as number[])];
    const data =
      inputs === numbers ? tf.randomUniform(shape, 0, 3, 'int32', 4) : tf.randomNormal(shape, 0, 1, 'float32', 4);
    const seenPhases = new Set<string>();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const method = importance({ start: 'always' });
    await fit(model, data, y, {
      method,
      verbose: 0,
      batchSize: 16,
      epochs: 3,
      onStep: ({ phase }) => void seenPhases.add(phase),
    });
    expect([...seenPhases]).toEqual(['uniform']);
    const told = warn.mock.calls.flat();
    warn.mockRestore();
    expect(told).toContainEqual(
      expect.stringMatching(/by uniform sampling.*(depends on the others|of the whole batch|one number)/),
    );
  });
});

it('noise of one’s own in training is not taken for it, nor is batch normalisation before it or within', async () => {
  class Noise extends tf.layers.Layer {
    static className = 'NoiseOfPeople';
    override call(inputs: tf.Tensor | tf.Tensor[], { training }: { training?: boolean }) {
      const [v] = [inputs].flat();
      return training ? tf.mul(tf.dropout(v, 0.1), tf.randomNormal(v.shape, 1, 0.01)) : v;
    }
  }
  const { dense, batchNormalization, dropout } = tf.layers;
  const layers = [
    dense({ units: 8, inputShape: [width] }),
    batchNormalization(),
    dropout({ rate: 0.1 }),
    new Noise({}),
    // TensorFlow.js's own is known to look at other rows, and picked samples may be normalised.
    new Holding(batchNormalization()),
  ];
  const model = tf.sequential({ layers: [...layers, dense({ units: 1 })] });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const phases = new Set<string>();
  await fit(model, tf.randomNormal([n, width], 0, 1, 'float32', 4), y, {
    ...{ method: importance({ start: 'always' }), verbose: 0, batchSize: 16, epochs: 3, engine: 'eager' },
    onStep: ({ phase }) => void phases.add(phase),
  });
  const told = warn.mock.calls.flat();
  warn.mockRestore();
  expect(told).toEqual([]);
  expect(phases).toContain('importance');
});

it('what a callback switches on is told, also of a later epoch', async () => {
  const phase = { mixes: false };
  const within = layer((v) => (phase.mixes ? tf.add(tf.mul(v, 0.7), tf.mul(tf.reverse(v, 0), 0.3)) : tf.mul(v, 1)));
  const data = tf.randomNormal([n, width], 0, 1, 'float32', 4);
  const told = async (callbacks: object, epochs = 2) => {
    phase.mixes = false;
    const { dense } = tf.layers;
    const model = tf.sequential({ layers: [dense({ units: 8, inputShape: [width] }), within, dense({ units: 1 })] });
    model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await fit(model, data, y, { epochs, batchSize: 16, verbose: 0, callbacks });
    const all = warn.mock.calls.flat();
    warn.mockRestore();
    return all;
  };
  const on = () => {
    phase.mixes = true;
  };
  const late = (epoch: number) => {
    phase.mixes = epoch > 0;
  };
  const switched = [
    expect.stringMatching(
      /depends on the others of its batch now.*by importance all the same: say method: uniform\(\)/,
    ),
  ];
  expect(await told({ onTrainBegin: on })).toEqual(switched);
  expect(await told({ onEpochBegin: on })).toEqual(switched);
  expect(await told({ onEpochBegin: late })).toEqual(switched);
  expect(await told({ onEpochEnd: () => {} })).toEqual([]);
});
