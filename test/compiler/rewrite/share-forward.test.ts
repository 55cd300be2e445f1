/** What is computed for all rows of a pool is taken from there for some of them, and nothing else changes. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { type GraphNode, reachable, type Value } from '../../../src/compiler/graph.ts';
import { layOut } from '../../../src/compiler/rewrite/blocked.ts';
import { NCHWC } from '../../../src/compiler/rewrite/layout.ts';
import { shareForward } from '../../../src/compiler/rewrite/share-forward.ts';
import { Emitter } from '../../../src/compiler/symbol.ts';
import { trace } from '../../../src/compiler/trace.ts';
import { SampleNormalization, smallCnn, wideResnet } from '../../../src/models/index.ts';
import { expectSame, noise, seedWeights } from '../agree.ts';
import { layerCases } from '../layer-cases.ts';
import { made } from '../made.ts';
import { type Losses, poolAndRows, sharedWork, squaredErrors, trainable } from './pool-and-rows.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const l = tf.layers;
/** Out of order, one of them twice. */
const ROWS = [4, 1, 1, 5];
const POOL = 6;

const shapeOf = (shape: readonly (number | null)[], n = POOL): number[] => [n, ...(shape.slice(1) as number[])];

/** Random inputs and targets for a model; whole numbers where it embeds. */
function poolFor(model: tf.LayersModel, n = POOL): Record<string, tf.Tensor> {
  const embeds = model.layers.some((layer) => layer.getClassName() === 'Embedding');
  const inputs = model.inputs.map((x, i): [string, tf.Tensor] => {
    const values = noise(shapeOf(x.shape, n), 20 + i);
    return [`x${i}`, embeds ? values.abs().mul(2.5).floor().minimum(6) : values];
  });
  const targets = model.outputs.map((y, i): [string, tf.Tensor] => [`y${i}`, noise(shapeOf(y.shape, n), 40 + i)]);
  return Object.fromEntries([...inputs, ...targets]);
}

/** Trained on squared errors, this much of the work of a model is shared. */
async function shareOf(model: tf.LayersModel, training = false, tolerance = 1e-4) {
  seedWeights(model);
  return sharedWork(squaredErrors(model, training), trainable(model), poolFor(model), ROWS, tolerance);
}

function chain(shape: number[], ...layers: tf.layers.Layer[]): tf.LayersModel {
  const x = tf.input({ shape });
  return tf.model({ inputs: x, outputs: layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x) });
}

describe('every layer', () => {
  test.each(Object.keys(layerCases))('%s', async (name) => {
    const { shape, build } = layerCases[name]();
    const x = tf.input({ shape });
    const model = tf.model({ inputs: x, outputs: build(x) });
    // The cpu backend mixes up the samples in the gradient of `upSampling2d nearest`: see below.
    if (model.trainableWeights.length === 0 || name === 'upSampling2d nearest') return;
    const { whole, shared } = await shareOf(model);
    // The products of the first state, zeros, are gone but count as not shared.
    if (name === 'convLstm2d') expect(shared).toBeGreaterThan(0.8 * whole);
    else expect(shared).toBe(whole);
  });
});

const nets: Record<string, () => tf.LayersModel> = {
  'an MLP with layer normalisation': () =>
    chain(
      [10],
      l.dense({ units: 12, activation: 'relu' }),
      l.layerNormalization(),
      l.dense({ units: 12, activation: 'tanh' }),
      l.dense({ units: 4 }),
    ),
  'a CNN whose channels fill blocks': () =>
    chain(
      [8, 8, 16],
      l.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
      l.conv2d({ filters: 32, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
      l.maxPooling2d({ poolSize: 2 }),
      l.conv2d({ filters: 16, kernelSize: 1, activation: 'tanh' }),
      l.flatten(),
      l.dense({ units: 3 }),
    ),
  'a CNN whose channels fill none': () =>
    chain(
      [9, 8, 3],
      l.conv2d({ filters: 5, kernelSize: 3, activation: 'elu' }),
      l.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      l.conv2d({ filters: 6, kernelSize: 3, activation: 'relu' }),
      l.globalMaxPooling2d({}),
      l.dense({ units: 3 }),
    ),
  'the small CNN': () => smallCnn({ inputShape: [8, 8, 3], classes: 5, seed: 1 }),
  'a CNN of volumes': () =>
    chain(
      [4, 4, 4, 2],
      l.conv3d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
      l.flatten(),
      l.dense({ units: 2 }),
    ),
  'up-sampling before the weights': () =>
    chain([4, 4, 2], l.upSampling2d({ size: [2, 3] }), l.flatten(), l.dense({ units: 2 })),
  'embeddings and an LSTM': () =>
    chain([6], l.embedding({ inputDim: 7, outputDim: 4 }), l.lstm({ units: 5 }), l.dense({ units: 2 })),
  'an LSTM of few steps': () => chain([3, 4], l.lstm({ units: 5 }), l.dense({ units: 2 })),
  'large states': () => chain([5, 3], l.lstm({ units: 200, recurrentInitializer: 'zeros' }), l.dense({ units: 2 })),
  'GRUs on each other': () =>
    chain(
      [7, 3],
      l.gru({ units: 4, returnSequences: true }),
      l.gru({ units: 5, goBackwards: true, returnSequences: true }),
      l.timeDistributed({ layer: l.dense({ units: 3, activation: 'relu' }) }),
      l.globalAveragePooling1d(),
      l.dense({ units: 2 }),
    ),
  'a bidirectional LSTM': () =>
    chain(
      [6, 3],
      l.bidirectional({ layer: l.lstm({ units: 4, returnSequences: true }) as tf.RNN, mergeMode: 'concat' }),
      l.lstm({ units: 3 }),
    ),
  'several inputs and outputs': () => {
    const [a, b] = [tf.input({ shape: [5] }), tf.input({ shape: [6, 6, 2] })];
    const p = l.dense({ units: 8, activation: 'relu' }).apply(a) as tf.SymbolicTensor;
    const image = l.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }).apply(b) as tf.SymbolicTensor;
    const q = l.dense({ units: 8 }).apply(l.flatten().apply(image)) as tf.SymbolicTensor;
    const joint = l.concatenate().apply([p, l.multiply().apply([p, q]) as tf.SymbolicTensor]) as tf.SymbolicTensor;
    const outputs = [
      l.dense({ units: 2 }).apply(joint) as tf.SymbolicTensor,
      l.dense({ units: 3, activation: 'softmax' }).apply(q) as tf.SymbolicTensor,
    ];
    return tf.model({ inputs: [a, b], outputs });
  },
};

describe('networks that treat their samples one by one', () => {
  test.each(Object.keys(nets))('%s', async (name) => {
    const { whole, shared } = await shareOf(nets[name](), true);
    expect(whole).toBeGreaterThan(0);
    expect(shared).toBeGreaterThanOrEqual((name === 'an LSTM of few steps' ? 0.7 : 1) * whole);
  });

  test('a wide residual network with sample normalisation', async () => {
    const model = wideResnet({ inputShape: [8, 8, 3], depth: 10, width: 1, seed: 1 });
    const pool = poolFor(model);
    // Its own weights: random ones leave gradients that are differences of large numbers.
    const { whole, shared } = await sharedWork(squaredErrors(model, true), trainable(model), pool, ROWS, 1e-3);
    expect(shared).toBe(whole);
  });

  test('attention', async () => {
    const [q, k, v] = [1, 2, 3].map((seed) => tf.variable(noise([6, 4], seed)));
    const losses: Losses = ({ x, y }) => {
      const heads = [q, k, v].map((w) => tf.matMul(x.reshape([-1, 6]), w as tf.Tensor2D).reshape([-1, 5, 4]));
      const weights = tf.softmax(tf.matMul(heads[0], heads[1], false, true).div(2));
      return tf.matMul(weights, heads[2]).sub(y).square().mean([1, 2]);
    };
    const pool = { x: noise([POOL, 5, 6], 3), y: noise([POOL, 5, 4], 4) };
    const { whole, shared } = await sharedWork(losses, [q, k, v], pool, ROWS);
    expect(whole).toBe(POOL * 5 * (3 * 6 * 4 + 2 * 5 * 4));
    expect(shared).toBe(whole);
    tf.dispose([q, k, v]);
  });

  test('large constants that are made anew each time', async () => {
    const w = tf.variable(noise([40, 40], 1));
    const losses: Losses = ({ x }) => {
      const images = tf.image.resizeBilinear(x as tf.Tensor4D, [40, 40]);
      const places = tf.tensor(
        Float32Array.from({ length: 1600 }, (_, i) => Math.sin(i)),
        [40, 40],
      );
      const lines = images.reshape([-1, 40, 40]).add(places).reshape([-1, 40]) as tf.Tensor2D;
      return tf
        .matMul(lines, w as tf.Tensor2D)
        .square()
        .reshape([-1, 1600])
        .mean(1);
    };
    const { whole, shared } = await sharedWork(losses, [w], { x: noise([POOL, 30, 30, 1], 3) }, ROWS);
    expect(shared).toBe(whole);
    w.dispose();
  });

  test.each([1, 2])('%i rows', async (count) => {
    const model = nets['a CNN whose channels fill blocks']();
    seedWeights(model);
    const rows = ROWS.slice(0, count);
    const { whole, shared } = await sharedWork(squaredErrors(model), trainable(model), poolFor(model), rows);
    expect(shared).toBe(whole);
  });

  test('as many rows as the pool has, and more', async () => {
    const model = nets['an MLP with layer normalisation']();
    seedWeights(model);
    for (const rows of [
      [5, 4, 3, 2, 1, 0],
      [0, 0, 0, 1, 1, 1, 5, 5],
    ]) {
      const { whole, shared } = await sharedWork(squaredErrors(model), trainable(model), poolFor(model), rows);
      expect(shared).toBe(whole);
    }
  });
});

describe('losses', () => {
  const classes = tf.oneHot(tf.tensor1d([0, 2, 1, 2, 0, 1], 'int32'), 3).toFloat();
  const cases: Record<string, [(y: tf.Tensor, logits: tf.Tensor) => tf.Tensor, tf.Tensor]> = {
    'categorical cross-entropy': [(y, z) => tf.metrics.categoricalCrossentropy(y, tf.softmax(z)), classes],
    'softmax cross-entropy of logits': [
      (y, z) => tf.losses.softmaxCrossEntropy(y, z, undefined, 0.1, tf.Reduction.NONE),
      classes,
    ],
    'sparse labels': [
      (y, z) => tf.logSumExp(z, 1).sub(z.mul(tf.oneHot(y.toInt() as tf.Tensor1D, 3)).sum(1)),
      tf.tensor1d([0, 2, 1, 2, 0, 1]),
    ],
    'binary cross-entropy': [(y, z) => tf.metrics.binaryCrossentropy(y, tf.sigmoid(z)), classes],
    'sigmoid cross-entropy of logits': [
      (y, z) => tf.losses.sigmoidCrossEntropy(y, z, undefined, 0, tf.Reduction.NONE).mean(1),
      classes,
    ],
    Huber: [(y, z) => tf.losses.huberLoss(y, z, undefined, 1, tf.Reduction.NONE).mean(1), classes],
    'one of two': [(y, z) => tf.where(y.max(1).greater(0.5), z.square().sum(1), z.abs().max(1)), noise([POOL, 3], 4)],
  };

  test.each(Object.keys(cases))('%s', async (name) => {
    const [loss, labels] = cases[name];
    const model = chain([5], l.dense({ units: 6, activation: 'relu' }), l.dense({ units: 3 }));
    seedWeights(model);
    const losses: Losses = ({ x, y }) => loss(y, model.apply(x) as tf.Tensor);
    const pool = { x: noise([POOL, 5], 3), y: labels };
    const { whole, shared } = await sharedWork(losses, trainable(model), pool, ROWS);
    expect(shared).toBe(whole);
  });
});

describe('rows that see each other', () => {
  test('batch normalisation in training', async () => {
    const model = chain(
      [6, 6, 3],
      l.conv2d({ filters: 4, kernelSize: 3, useBias: false }),
      l.batchNormalization(),
      l.reLU(),
      l.flatten(),
      l.dense({ units: 3 }),
    );
    seedWeights(model);
    // Moving statistics are assigned in training: they start anew, so that both ways see the same.
    const moving = model.weights.filter((w) => !model.trainableWeights.includes(w));
    const start = moving.map((w) => w.read().clone());
    const errors = squaredErrors(model, true);
    const losses: Losses = (samples, training) => {
      if (!training) for (const [i, w] of moving.entries()) w.write(start[i]);
      return errors(samples, training);
    };
    const { whole, shared } = await sharedWork(losses, trainable(model), poolFor(model), ROWS);
    // The convolution before it is the same.
    expect(shared).toBeGreaterThan(0);
    expect(shared).toBeLessThan(whole);
  });

  test('batch normalisation as it is used is a factor for each channel', async () => {
    const model = chain(
      [6, 6, 3],
      l.conv2d({ filters: 4, kernelSize: 3 }),
      l.batchNormalization(),
      l.flatten(),
      l.dense({ units: 3 }),
    );
    const { whole, shared } = await shareOf(model);
    expect(shared).toBe(whole);
  });

  test('means, products and orders over the batch', async () => {
    const model = chain([5], l.dense({ units: 4, activation: 'tanh' }));
    seedWeights(model);
    const kernel = tf.variable(noise([4, 4], 5));
    const mixing: Record<string, (h: tf.Tensor2D) => tf.Tensor> = {
      'a mean': (h) => h.sub(h.mean(0)),
      'a softmax': (h) => tf.softmax(h.transpose(), 1).transpose(),
      'the other samples': (h) => tf.matMul(h, h, false, true).square().mean(1, true).mul(h),
      'a running sum': (h) => tf.cumsum(h, 0),
      'the order': (h) => tf.reverse(h, 0),
      'the neighbours': (h) =>
        h.add(
          tf.pad(h.slice([1, 0], [h.shape[0] - 1, 4]), [
            [1, 0],
            [0, 0],
          ]),
        ),
      'the largest': (h) => h.div(h.abs().max()),
      'the number': (h) => h.div(h.shape[0]),
      'the place in the batch': (h) => h.mul(tf.range(1, h.shape[0] + 1).expandDims(1)),
    };
    for (const [name, mix] of Object.entries(mixing)) {
      const losses: Losses = ({ x }) =>
        tf
          .matMul(mix(model.apply(x) as tf.Tensor2D) as tf.Tensor2D, kernel as unknown as tf.Tensor2D)
          .square()
          .sum(1);
      const { whole, shared } = await sharedWork(
        losses,
        [...trainable(model), kernel],
        { x: noise([POOL, 5], 3) },
        ROWS,
      );
      expect(shared, name).toBe(POOL * 5 * 4);
      expect(shared, name).toBeLessThan(whole);
    }
    kernel.dispose();
  });
});

describe('loops through time', () => {
  type State = (samples: Record<string, tf.Tensor>, training: boolean) => tf.Tensor;
  interface Cell {
    call(inputs: tf.Tensor[], kwargs: object): tf.Tensor[];
  }

  /** The share of the work of a recurrent layer that starts from the given states. */
  async function shareFrom(state: State, change: (h: tf.Tensor) => tf.Tensor = (h) => h) {
    const rnn = l.simpleRNN({ units: 3 }) as tf.RNN;
    rnn.apply(tf.zeros([1, 5, 4]));
    const cell = rnn.cell as unknown as Cell;
    const step = cell.call.bind(cell);
    cell.call = (...args) => {
      const h = change(step(...args)[0]);
      return [h, h];
    };
    rnn.weights.forEach((w, i) => {
      w.write(noise([...(w.shape as number[])], 100 + i, 0.5));
    });
    const losses: Losses = (samples, training) => {
      const y = rnn.apply(samples.x, { initialState: [state(samples, training)] }) as tf.Tensor;
      return y.sub(samples.y).square().sum(1);
    };
    const pool = { x: noise([POOL, 5, 4], 1), h: noise([POOL, 3], 2), y: noise([POOL, 3], 3) };
    const variables = rnn.trainableWeights.map((w) => w.read() as tf.Variable);
    return sharedWork(losses, variables, pool, ROWS);
  }
  // The products with the inputs of all steps are one, before the loop.
  const before = POOL * 5 * 4 * 3;
  const whole = before + POOL * 5 * 3 * 3;
  const zeros: State = ({ x }) => tf.zeros([x.shape[0], 3]);

  test('are shared from zeros', async () => {
    expect(await shareFrom(zeros)).toEqual({ whole, shared: whole });
  });

  test('are shared from the states of the rows', async () => {
    expect(await shareFrom(({ h }) => h)).toEqual({ whole, shared: whole });
  });

  test.each<[string, State]>([
    ['other numbers', (samples, training) => (training ? tf.onesLike(zeros(samples, true)) : zeros(samples, false))],
    ['states of others', ({ h }, training) => (training ? tf.reverse(h, 0) : h)],
    ['numbers for the pool', ({ h }, training) => (training ? tf.zerosLike(h) : h)],
    ['numbers for the rows', ({ h }, training) => (training ? h : tf.zerosLike(h))],
  ])('are not shared from %s', async (_, state) => {
    expect(await shareFrom(state)).toEqual({ whole, shared: before });
  });

  test('are not shared where a step mixes the rows', async () => {
    expect(await shareFrom(zeros, (h) => h.sub(h.mean(0)))).toEqual({ whole, shared: before });
    expect(
      await shareFrom(
        ({ h }) => h,
        (h) => h.sub(h.mean(0)),
      ),
    ).toEqual({ whole, shared: before });
  });

  test('are shared in their own direction', async () => {
    const x = tf.input({ shape: [6, 3] });
    const directions = [false, true].map((goBackwards) =>
      l.gru({ units: 3, goBackwards, returnSequences: true }).apply(x),
    );
    const model = tf.model({
      inputs: x,
      outputs: l.add().apply(directions as tf.SymbolicTensor[]) as tf.SymbolicTensor,
    });
    const { whole, shared } = await shareOf(model);
    expect(shared).toBe(whole);
  });
});

test('dropout draws for the rows, and what comes before it is shared', async () => {
  const model = chain([5], l.dense({ units: 8, activation: 'relu' }), l.dropout({ rate: 0.5 }), l.dense({ units: 3 }));
  seedWeights(model);
  const [kernel, bias, kernel2, bias2] = trainable(model).map((v) => v.dataSync());
  const compiled = made(poolAndRows(squaredErrors(model, true), trainable(model)), {
    x0: { shape: [POOL, 5] },
    y0: { shape: [POOL, 3] },
    rows: { shape: [ROWS.length], dtype: 'int32' },
  });
  const { x0, y0 } = poolFor(model);
  const { loss, ...outputs } = await compiled.run({ x0, y0, rows: Int32Array.from(ROWS) });
  const { whole, shared } = compiled.programs[0].statistics.shared;
  expect(shared).toBe(POOL * 5 * 8);
  expect(whole).toBe(POOL * (5 * 8 + 8 * 3));

  // Each unit is dropped or doubled: one of the 2⁸ masks gives a row's loss.
  const [x, y] = [x0.arraySync(), y0.arraySync()] as number[][][];
  const lossOf = (row: number, mask: number): number => {
    const hidden = Array.from({ length: 8 }, (_, j) => {
      const z = x[row].reduce((sum, v, i) => sum + v * kernel[i * 8 + j], bias[j]);
      return (mask >> j) & 1 ? 2 * Math.max(0, z) : 0;
    });
    const errors = y[row].map((t, k) => t - hidden.reduce((sum, h, j) => sum + h * kernel2[j * 3 + k], bias2[k]));
    return errors.reduce((sum, d) => sum + (d * d) / 3, 0);
  };
  const losses = outputs['losses of the rows'].data;
  for (const [k, row] of ROWS.entries()) {
    const nearest = Math.min(...Array.from({ length: 256 }, (_, mask) => Math.abs(lossOf(row, mask) - losses[k])));
    expect(nearest).toBeLessThan(1e-4);
  }
  // The same row twice, with two masks.
  expect(losses[1]).not.toBeCloseTo(losses[2], 5);
  const pool = outputs['losses of the pool'].data;
  expect(ROWS.every((row, k) => Math.abs(pool[row] - losses[k]) < 1e-6)).toBe(false);
  expect(Number.isFinite(loss.data[0])).toBe(true);
});

describe('the graph', () => {
  const port = (name: string, shape: number[], dtype: 'float32' | 'int32' = 'float32') => ({ name, shape, dtype });

  /** The graph of a pool and the gradient of rows of it, shared. */
  function shared(model: tf.LayersModel, block = 16): GraphNode[] {
    const ports = [
      port('x0', shapeOf(model.inputs[0].shape)),
      port('y0', shapeOf(model.outputs[0].shape)),
      port('rows', [ROWS.length], 'int32'),
    ];
    const { emitter, outputs } = trace(poolAndRows(squaredErrors(model), trainable(model)), ports, []);
    const results = new Map<string, Value>([...outputs].map(([name, s]) => [name, emitter.full(s)]));
    return reachable([...layOut(shareForward(results, emitter).results, emitter, block).values()]);
  }

  it('gathers images in blocks', () => {
    const nodes = shared(nets['a CNN whose channels fill blocks']());
    const gathers = nodes.filter(({ op, inputs }) => op === 'Gather' && inputs[0]!.shape.length === 4);
    const blocked = gathers.filter(({ inputs }) => inputs[0]!.node?.domain === NCHWC);
    // The two convolutions that a ReLU follows, and the pool; the images themselves are given in their own order.
    expect(blocked.length).toBeGreaterThanOrEqual(3);
    expect(nodes.filter(({ op, domain }) => op === 'MaxPool' && domain === NCHWC)).toHaveLength(1 + 1);
  });

  it('runs a loop through time once for the pool and back once for the rows', () => {
    const nodes = shared(chain([8, 3], l.lstm({ units: 4 }), l.dense({ units: 2 })));
    const scans = nodes.filter(({ op }) => op === 'Scan');
    expect(scans.map(({ inputs }) => inputs[0]!.shape[0])).toEqual([POOL, ROWS.length]);
  });

  it('is left alone where nothing is gathered, or nothing twice', () => {
    const e = new Emitter();
    const x = e.input('x', 'float32', [6, 3]);
    const w = e.input('w', 'float32', [3, 2]);
    const rows = e.input('rows', 'int32', [2]);
    for (const value of [e.unary('Relu', e.matmul(x, w)), e.unary('Relu', e.matmul(e.gather(x, rows, 0), w))]) {
      const before = reachable([value]).map(({ op, inputs }) => [op, ...inputs]);
      const { results, work } = shareForward(new Map([['y', value]]), e);
      expect(results.get('y')).toBe(value);
      expect(reachable([value]).map(({ op, inputs }) => [op, ...inputs])).toEqual(before);
      expect(work).toEqual({ whole: 0, shared: 0 });
    }
  });

  it('keeps two choices of rows apart', async () => {
    const model = chain([5], l.dense({ units: 4, activation: 'relu' }), l.dense({ units: 2 }));
    seedWeights(model);
    await expectSame(
      ({ x, i, j }) => {
        const f = (rows?: tf.Tensor) => model.apply(rows ? tf.gather(x, rows) : x) as tf.Tensor;
        const twice = model.apply(tf.gather(tf.gather(x, i), j)) as tf.Tensor;
        return { all: f(), some: f(i), others: f(j), difference: f(i).sub(f(j)), twice };
      },
      { x: noise([POOL, 5], 1), i: tf.tensor1d([5, 1, 0], 'int32'), j: tf.tensor1d([2, 1, 1], 'int32') },
    );
  });

  it('looks classes up by labels of rows', async () => {
    // The rows of a table by labels, which are rows of the labels of all.
    const model = chain([5], l.dense({ units: 4, activation: 'relu' }));
    seedWeights(model);
    const centres = tf.variable(noise([3, 4], 2));
    const losses: Losses = ({ x, y }) =>
      (model.apply(x) as tf.Tensor)
        .sub(tf.matMul(tf.gather(centres, y.toInt()).square(), turn as tf.Tensor2D))
        .square()
        .sum(1);
    const turn = noise([4, 4], 6);
    const pool = { x: noise([POOL, 5], 3), y: tf.tensor1d([0, 2, 1, 2, 0, 1]) };
    const { whole, shared } = await sharedWork(losses, [...trainable(model), centres], pool, ROWS);
    expect(shared).toBe(whole);
    centres.dispose();
  });
});

describe('random networks', () => {
  type Make = () => tf.layers.Layer;
  const activation = fc.constantFrom('relu', 'tanh', 'elu', 'sigmoid', 'linear', 'softplus' as const);
  const units = fc.constantFrom(3, 8);
  const onVectors = fc.oneof(
    fc.tuple(units, activation).map(
      ([units, activation]): Make =>
        () =>
          l.dense({ units, activation: activation as 'relu' }),
    ),
    fc.constant((): tf.layers.Layer => l.layerNormalization()),
    fc.constant((): tf.layers.Layer => l.prelu()),
  );
  const onImages = fc.oneof(
    fc
      .record({
        filters: fc.constantFrom(4, 16),
        kernelSize: fc.constantFrom(1, 2, 3),
        strides: fc.constantFrom(1, 2),
        padding: fc.constantFrom('same', 'valid'),
        activation,
        useBias: fc.boolean(),
      })
      .map(
        (args): Make =>
          () =>
            l.conv2d(args as Parameters<typeof l.conv2d>[0]),
      ),
    fc.constantFrom<Make>(
      () => l.averagePooling2d({ poolSize: 2, padding: 'same' }),
      () => l.maxPooling2d({ poolSize: 2, padding: 'same' }),
      () => l.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }),
      () => l.depthwiseConv2d({ kernelSize: 2, padding: 'same' }),
      () => new SampleNormalization(),
      () => l.zeroPadding2d({ padding: 1 }),
      () => l.batchNormalization(),
    ),
  );
  const onSequences = fc.constantFrom<Make>(
    () => l.lstm({ units: 3, returnSequences: true }),
    () => l.gru({ units: 4, returnSequences: true }),
    () => l.simpleRNN({ units: 3, returnSequences: true, goBackwards: true }),
    () => l.conv1d({ filters: 4, kernelSize: 2, padding: 'same', activation: 'relu' }),
    () => l.dense({ units: 3, activation: 'tanh' }),
    () => l.permute({ dims: [2, 1] }),
  );
  const few = (layer: fc.Arbitrary<Make>, most: number) => fc.array(layer, { minLength: 1, maxLength: most });
  const network = fc.oneof(
    few(onVectors, 3).map((layers) => ({ shape: [6], layers })),
    few(onImages, 3).map((layers) => ({ shape: [6, 5, 3], layers })),
    few(onSequences, 3).map((layers) => ({ shape: [5, 4], layers })),
  );

  it('share all their work', async () => {
    await fc.assert(
      fc.asyncProperty(
        network,
        fc.array(fc.nat(POOL - 1), { minLength: 2, maxLength: 4 }),
        async ({ shape, layers }, rows) => {
          const made = layers.map((make) => make());
          const model = chain(shape, ...made, ...(shape.length > 1 ? [l.flatten()] : []), l.dense({ units: 2 }));
          seedWeights(model);
          const { whole, shared } = await sharedWork(
            squaredErrors(model),
            trainable(model),
            poolFor(model),
            rows,
            1e-3,
          );
          expect(shared).toBe(whole);
          model.dispose();
        },
      ),
      { seed: 5, numRuns: 40 },
    );
  });
});
