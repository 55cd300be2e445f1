/** Recurrent cells that read more than their input, their state and their own weights, against `model.fit`. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const steps = 6;
const units = 4;
const x = tf.randomUniform<tf.Rank.R3>([20, steps, 3], -1, 1, 'float32', 3);
const y = tf.sum(x, [1, 2]).reshape([20, 1]);
const glorot = (seed: number) => tf.initializers.glorotUniform({ seed });
const dense = (units: number, seed: number, more = {}) =>
  tf.layers.dense({ units, kernelInitializer: glorot(seed), ...more });
const mean = () => tf.layers.globalAveragePooling1d();

/** What a cell makes of the sum of its weighed input and state, of its input, and of its state. */
type Law = (z: tf.Tensor, x: tf.Tensor, h: tf.Tensor) => tf.Tensor;
type Node = tf.SymbolicTensor;

let classes = 0;
class Cell extends tf.layers.Layer {
  readonly stateSize = units;
  #w!: tf.LayerVariable;
  #u!: tf.LayerVariable;
  readonly #law: Law;
  constructor(law: Law) {
    super({});
    this.#law = law;
  }
  override getClassName() {
    return `ReadingCell${classes++}`;
  }
  override build([, features]: tf.Shape) {
    this.#w = this.addWeight('w', [features as number, units], 'float32', glorot(1));
    this.#u = this.addWeight('u', [units, units], 'float32', glorot(2));
    this.built = true;
  }
  override call([x, h]: tf.Tensor[]) {
    const next = tf.tanh(this.#law(tf.add(tf.matMul(x, this.#w.read()), tf.matMul(h, this.#u.read())), x, h));
    return [next, next];
  }
}
const rnn = (law: Law, more = {}) => tf.layers.rnn({ cell: new Cell(law) as never, ...more }) as tf.layers.Layer;

/** A layer that gives its first input to somebody, and the second to the next layer. */
class Hand extends tf.layers.Layer {
  static className = 'Hand';
  readonly #to: (given: tf.Tensor) => void;
  constructor(to: (given: tf.Tensor) => void) {
    super({});
    this.#to = to;
  }
  override computeOutputShape(shapes: tf.Shape[]) {
    return shapes[1];
  }
  override call([given, x]: tf.Tensor[]) {
    this.#to(given);
    return tf.mul(x, 1);
  }
}

/** A recurrent layer whose cell looks at what another layer makes of the whole sequence. */
function withMemory(i: Node, memory: Node, law: (m: tf.Tensor) => Law, more = {}): Node {
  const held: { memory?: tf.Tensor } = {};
  const hand = new Hand((given) => {
    held.memory = given;
  });
  return rnn((...args) => law(held.memory!)(...args), more).apply(hand.apply([memory, i])) as Node;
}

const attend = (memory: tf.Tensor): Law => {
  return (z, _, h) => {
    const shares = tf.softmax(tf.squeeze(tf.matMul(memory, tf.expandDims(h, 2)), [2]));
    return z.add(memory.mul(tf.expandDims(shares, 2)).sum(1));
  };
};

/** A gradient of a layer within the model. */
class Penalised extends tf.layers.Layer {
  static className = 'Penalised';
  readonly #inner = tf.layers.simpleRNN({ units, kernelInitializer: glorot(1), recurrentInitializer: glorot(2) });
  override build(shape: tf.Shape) {
    this.#inner.build(shape);
    this.trainableWeights = this.#inner.trainableWeights;
    this.built = true;
  }
  override computeOutputShape([n]: tf.Shape) {
    return [n, units];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const through = (v: tf.Tensor) => this.#inner.call(v, {}) as tf.Tensor;
    const slope = tf.grad((v: tf.Tensor) => tf.sum(through(v)))(x);
    return tf.add(through(x), tf.mul(tf.sum(tf.square(slope), [1, 2]).expandDims(1), 0.02));
  }
}

const programs: Record<string, (i: Node) => Node> = {
  'a weight of another layer': (i) => {
    const other = dense(units, 4, { useBias: false });
    const mapped = mean().apply(other.apply(i)) as Node;
    const kernel = () => (other as unknown as { kernel: tf.LayerVariable }).kernel.read();
    const tied = rnn((z, x) => z.add(tf.matMul(x, kernel()))).apply(i) as Node;
    return tf.layers.concatenate().apply([tied, mapped]) as Node;
  },
  'a summary that an encoder makes': (i) =>
    withMemory(i, dense(units, 5).apply(mean().apply(i)) as Node, (m) => (z) => z.mul(m.sigmoid())),
  'all outputs of an encoder, by attention': (i) => {
    const lstm = { units, kernelInitializer: glorot(7), recurrentInitializer: glorot(8), returnSequences: true };
    return withMemory(i, tf.layers.lstm(lstm).apply(i) as Node, attend, { goBackwards: true });
  },
  'a field that another layer changes before the gradient': (i) => {
    const held: { memory?: tf.Tensor } = {};
    const summary = (seed: number) => dense(units, seed).apply(mean().apply(i));
    const hand = (x: Node, seed: number) =>
      new Hand((given) => {
        held.memory = given;
      }).apply([summary(seed), x] as Node[]);
    const law: Law = (z) => z.mul(held.memory!);
    const first = rnn(law, { returnSequences: true }).apply(hand(i, 5)) as Node;
    return rnn(law).apply(hand(first, 6)) as Node;
  },
  'a variable of a closure, and numbers that have no gradient': (i) => {
    const shift = tf.variable(tf.tensor1d([0.1, 0.2, 0.3, 0.4]));
    const order = tf.tensor1d([3, 2, 1, 0], 'int32');
    return rnn((z) => tf.where(tf.greater(shift, 0.15), tf.gather(z, order, 1), z).add(shift)).apply(i) as Node;
  },
  'an encoder, and gives it on as its output': (i) => {
    const held: { memory?: tf.Tensor } = {};
    class Passing extends Cell {
      override call(inputs: tf.Tensor[]) {
        return [held.memory!, super.call(inputs)[0]];
      }
    }
    const hand = new Hand((given) => {
      held.memory = given;
    });
    const layer = tf.layers.rnn({ cell: new Passing((z) => z) as never, returnSequences: true }) as tf.layers.Layer;
    return mean().apply(layer.apply(hand.apply([dense(units, 5).apply(mean().apply(i)), i] as Node[]))) as Node;
  },
  'what a recurrent layer of its own makes of each step': (i) => {
    const inner = tf.layers.simpleRNN({ units, kernelInitializer: glorot(7), recurrentInitializer: glorot(8) });
    // Its weights are not the cell's: whoever reads them trains them.
    const before = inner.apply(tf.layers.reshape({ targetShape: [3 * steps, 1] }).apply(i)) as Node;
    const outer = rnn((z, x) => z.add(inner.call(tf.reshape(tf.concat([x, x], 1), [-1, 6, 1]), {}) as tf.Tensor));
    return tf.layers.add().apply([outer.apply(i), before] as Node[]) as Node;
  },
  'a bias, by an activation of a cell of TensorFlow.js': (i) => {
    const other = dense(units, 5);
    const summary = other.apply(mean().apply(i)) as Node;
    const cell = tf.layers.simpleRNNCell({ units, kernelInitializer: glorot(1), recurrentInitializer: glorot(2) });
    const bias = () => (other as unknown as { bias: tf.LayerVariable }).bias.read();
    const activation = { getClassName: () => 'shifted', apply: (z: tf.Tensor) => tf.tanh(tf.add(z, bias())) };
    Object.assign(cell, { activation });
    const layer = tf.layers.rnn({ cell: cell as never }) as tf.layers.Layer;
    return tf.layers.concatenate().apply([layer.apply(i), summary] as Node[]) as Node;
  },
  'nothing else, and is linear': (i) => {
    const initial = { kernelInitializer: glorot(1), recurrentInitializer: tf.initializers.identity({ gain: 0.5 }) };
    const linear = tf.layers.simpleRNN({ units, activation: 'linear', ...initial }).apply(i) as Node;
    return tf.layers.activation({ activation: 'tanh' }).apply(linear) as Node;
  },
  'nothing else, but its gradient is part of the model': (i) => new Penalised({}).apply(i) as Node,
};

it.each(Object.entries(programs))('a cell that reads %s', async (_, program) => {
  const make = () => {
    const i = tf.input({ shape: [steps, 3] });
    const model = tf.model({ inputs: i, outputs: dense(1, 3).apply(program(i)) as Node });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    return model;
  };
  const args = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 } as const;
  const [theirs, ours] = [make(), make()];
  await theirs.fit(x, y, args);
  await fit(ours, x, y, { ...args, method: uniform(), engine: 'compiled', seed: 5 });
  const [want, got] = [values(theirs), values(ours)];
  for (const [k, weight] of want.entries()) {
    weight.forEach((value, i) => {
      expect(Math.abs(value - got[k][i])).toBeLessThan(2e-5);
    });
  }
});
