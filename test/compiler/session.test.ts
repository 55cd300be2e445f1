/** What a compiled function promises apart from its numbers: state, randomness, errors, and leaving nothing behind. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Compiled, compile } from '../../src/compiler/index.ts';
import { UnequalError } from '../../src/errors.ts';
import { expectClose, noise, seedWeights, trainingStep } from './agree.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const open: Compiled[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((c) => c.dispose()));
});
const made: typeof compile = (...args) => {
  const compiled = compile(...args);
  open.push(compiled);
  return compiled;
};

type Tensors = Record<string, tf.Tensor>;
const squaredError = (y: tf.Tensor, p: tf.Tensor): tf.Tensor => y.sub(p).square().sum(-1);
const signature = { x: { shape: [null, 4] }, y: { shape: [null, 2] } };
const batch = (n = 5, seed = 1): Tensors => ({ x: noise([n, 4], seed), y: noise([n, 2], seed + 1) });

function network(...middle: tf.layers.Layer[]): tf.LayersModel {
  const layers = [
    tf.layers.dense({ units: 3, activation: 'tanh', inputShape: [4] }),
    ...middle,
    tf.layers.dense({ units: 2 }),
  ];
  const model = tf.sequential({ layers });
  seedWeights(model);
  return model;
}

function expectSameWeights(a: tf.LayersModel, b: tf.LayersModel): void {
  const expected = b.getWeights();
  for (const [i, w] of a.getWeights().entries()) expectClose(w.dataSync(), expected[i].dataSync(), a.weights[i].name);
}

describe('state', () => {
  test('batches of other sizes are other programs over the same variables', async () => {
    const [a, b] = [network(), network()];
    const [oa, ob] = [tf.train.momentum(0.1, 0.9), tf.train.momentum(0.1, 0.9)];
    const step = made(trainingStep(a, squaredError, oa), signature, { optimizers: [oa] });
    const eager = trainingStep(b, squaredError, ob);
    for (const n of [5, 3, 5, 1]) {
      const { loss } = await step.run(batch(n));
      expectClose(loss.data, eager(batch(n)).loss.dataSync(), `batch of ${n}`);
    }
    expect(step.programs.length).toBe(3);
    step.sync();
    expectSameWeights(a, b);
  });

  test('inputs may be typed arrays', async () => {
    const double = made(({ x }) => ({ y: x.mul(2) }), { x: { shape: [null, 2] } });
    const { y } = await double.run({ x: Float32Array.of(1, 2, 3, 4) });
    expect(y.shape).toEqual([2, 2]);
    expect(Array.from(y.data)).toEqual([2, 4, 6, 8]);
  });

  test('other compiled functions and TensorFlow.js see the weights a step left; assignments from outside are seen', async () => {
    const model = network();
    const optimizer = tf.train.sgd(0.1);
    const step = made(trainingStep(model, squaredError, optimizer), signature, { optimizers: [optimizer] });
    const forward = made(({ x }) => ({ p: model.apply(x) as tf.Tensor }), { x: signature.x });
    const { x } = batch();
    const before = (await forward.run({ x })).p.data.slice();
    await step.run(batch());
    const after = (await forward.run({ x })).p.data;
    expect(Array.from(after)).not.toEqual(Array.from(before));
    step.sync();
    expectClose(after, (model.predict(x) as tf.Tensor).dataSync(), 'after a step');
    model.setWeights(model.getWeights().map((w) => w.mul(0.5)));
    expectClose((await forward.run({ x })).p.data, (model.predict(x) as tf.Tensor).dataSync(), 'after setWeights');
    // An assignment wins over a step that was not written back yet.
    await step.run(batch());
    model.setWeights(model.getWeights().map((w) => tf.zerosLike(w)));
    step.sync();
    expect(model.getWeights().every((w) => w.abs().max().dataSync()[0] === 0)).toBe(true);
    expect(Math.max(...(await forward.run({ x })).p.data)).toBe(0);
  });

  test('frozen layers stay as they are', async () => {
    const [a, b] = [network(), network()];
    for (const model of [a, b]) model.layers[0].trainable = false;
    const [oa, ob] = [tf.train.adam(0.05), tf.train.adam(0.05)];
    const step = made(trainingStep(a, squaredError, oa), signature, { optimizers: [oa] });
    const eager = trainingStep(b, squaredError, ob);
    const start = a.layers[0].getWeights()[0].dataSync().slice();
    for (let i = 0; i < 3; i++) {
      await step.run(batch());
      eager(batch());
    }
    step.sync();
    expectSameWeights(a, b);
    expect(a.layers[0].getWeights()[0].dataSync()).toEqual(start);
  });

  test('moving statistics of batch normalisation move as in TensorFlow.js', async () => {
    const [a, b] = [
      network(tf.layers.batchNormalization({ momentum: 0.9 })),
      network(tf.layers.batchNormalization({ momentum: 0.9 })),
    ];
    const [oa, ob] = [tf.train.sgd(0.05), tf.train.sgd(0.05)];
    const step = made(trainingStep(a, squaredError, oa), signature, { optimizers: [oa] });
    const eager = trainingStep(b, squaredError, ob);
    for (let i = 0; i < 3; i++) {
      await step.run(batch(5, i + 1));
      eager(batch(5, i + 1));
    }
    step.sync();
    expectSameWeights(a, b);
  });

  test('a model saved after training has the trained weights', async () => {
    const model = network();
    const optimizer = tf.train.sgd(0.1);
    const step = made(trainingStep(model, squaredError, optimizer), signature, { optimizers: [optimizer] });
    await step.run(batch());
    step.sync();
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved!));
    const forward = made(({ x }) => ({ p: model.apply(x) as tf.Tensor }), { x: signature.x });
    const { x } = batch();
    expectClose((await forward.run({ x })).p.data, (loaded.predict(x) as tf.Tensor).dataSync(), 'loaded');
  });
});

describe('random numbers', () => {
  const masks = (layer: tf.layers.Layer) =>
    made(({ x }) => ({ y: layer.apply(x, { training: true }) as tf.Tensor }), { x: { shape: [200, 50] } }, { seed: 7 });
  const ones = new Float32Array(10_000).fill(1);

  test.each([undefined, 3])('dropout draws a new mask every call, also with a layer seed of %s', async (seed) => {
    const dropped = masks(tf.layers.dropout({ rate: 0.25, seed, inputShape: [50] }));
    const first = (await dropped.run({ x: ones })).y.data.slice();
    const second = (await dropped.run({ x: ones })).y.data.slice();
    expect(second).not.toEqual(first);
    for (const mask of [first, second]) {
      expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
      // Binomial: four standard deviations of 10,000 draws are 0.017.
      expect(Math.abs(mask.filter((m) => m === 0).length / mask.length - 0.25)).toBeLessThan(0.018);
    }
  });

  test('the seed and the number of the call give the same mask again', async () => {
    const dropped = masks(tf.layers.dropout({ rate: 0.5, inputShape: [50] }));
    const first = (await dropped.run({ x: ones })).y.data.slice();
    const second = (await dropped.run({ x: ones })).y.data.slice();
    expect(dropped.calls).toBe(2);
    expect((await dropped.run({ x: ones }, { call: 0 })).y.data).toEqual(first);
    expect(dropped.calls).toBe(2);
    dropped.calls = 1;
    expect((await dropped.run({ x: ones })).y.data).toEqual(second);
    dropped.calls = 0;
    dropped.seed = 8;
    expect((await dropped.run({ x: ones })).y.data).not.toEqual(first);
  });

  test('the gradient uses the mask of the forward pass', async () => {
    const layer = tf.layers.dropout({ rate: 0.5, inputShape: [50] });
    const both = made(
      ({ x }) => {
        const y = layer.apply(x, { training: true }) as tf.Tensor;
        const gradient = tf.grad((v) => (layer.apply(v, { training: true }) as tf.Tensor).square().sum().div(2))(x);
        return { y, gradient };
      },
      { x: { shape: [20, 50] } },
    );
    const { gradient } = await both.run({ x: ones.slice(0, 1000) });
    // d(m x)²/2 = m² x: 0 or 4 for a mask of 0 or 2.
    expect(new Set(gradient.data)).toEqual(new Set([0, 4]));
  });

  test('normal and uniform draws keep their moments', async () => {
    const drawn = made(
      ({ x }) => ({
        normal: tf.randomNormal([20_000], 3, 0.5).add(x),
        uniform: tf.randomUniform([20_000], -1, 3).add(x),
        truncated: tf.truncatedNormal([20_000], 1, 2).add(x),
      }),
      { x: { shape: [] } },
    );
    const { normal, uniform, truncated } = await drawn.run({ x: Float32Array.of(0) });
    const moments = (list: ArrayLike<number>): [number, number] => {
      const numbers = Array.from(list);
      const mean = numbers.reduce((a, b) => a + b) / numbers.length;
      return [mean, Math.sqrt(numbers.reduce((s, v) => s + (v - mean) ** 2, 0) / numbers.length)];
    };
    const near = ([mean, deviation]: [number, number], m: number, s: number): void => {
      // Four standard errors of the mean of 20,000.
      expect(Math.abs(mean - m)).toBeLessThan((4 * s) / Math.sqrt(20_000));
      expect(Math.abs(deviation - s)).toBeLessThan(0.03 * s);
    };
    near(moments(normal.data), 3, 0.5);
    near(moments(uniform.data), 1, 4 / Math.sqrt(12));
    // A normal cut at two deviations has a deviation of 0.8796.
    near(moments(truncated.data), 1, 2 * 0.8796);
    expect(Math.max(...truncated.data)).toBeLessThanOrEqual(5.0001);
  });

  test('noise layers and recurrent dropout draw anew', async () => {
    const layers = [
      tf.layers.gaussianNoise({ stddev: 1 }),
      tf.layers.gaussianDropout({ rate: 0.3 }),
      tf.layers.alphaDropout({ rate: 0.3 }),
      tf.layers.spatialDropout1d({ rate: 0.5 }),
      tf.layers.lstm({ units: 3, dropout: 0.5, recurrentDropout: 0.5 }),
    ];
    for (const layer of layers) {
      layer.apply(tf.input({ shape: [5, 3] }));
      const noisy = made(({ x }) => ({ y: layer.apply(x, { training: true }) as tf.Tensor }), {
        x: { shape: [8, 5, 3] },
      });
      const x = noise([8, 5, 3]);
      const first = (await noisy.run({ x })).y.data.slice();
      expect((await noisy.run({ x })).y.data, layer.name).not.toEqual(first);
      expect((await noisy.run({ x }, { call: 0 })).y.data, layer.name).toEqual(first);
    }
  });
});

describe('bad input', () => {
  const fails = async (compiled: Compiled, inputs: Tensors, ...parts: RegExp[]): Promise<void> => {
    const error = await compiled.run(inputs).catch((e) => e);
    expect(error).toBeInstanceOf(UnequalError);
    for (const part of parts) expect(error.message).toMatch(part);
  };
  const identity = () => made(({ x }) => ({ y: x.add(1) }), { x: { shape: [null, 2] } }, { name: 'f' });

  test('inputs of another name, shape, type', async () => {
    await fails(identity(), {}, /f: input x is missing/);
    await fails(identity(), { x: tf.zeros([2, 2]), z: tf.zeros([1]) }, /there is no input z/, /one of x/);
    await fails(identity(), { x: tf.zeros([2, 3]) }, /input x has another shape/, /\[2,3\]/, /\[batch,2\]/);
    await fails(identity(), { x: tf.zeros([2, 2], 'int32') }, /another data type/, /int32/);
    const gone = tf.zeros([2, 2]);
    gone.dispose();
    await fails(identity(), { x: gone }, /disposed/);
    const two = made(({ x, y }) => ({ z: x.add(y) }), { x: { shape: [null, 1] }, y: { shape: [null, 1] } });
    await fails(two, { x: tf.zeros([2, 1]), y: tf.zeros([3, 1]) }, /dimension batch/, /x: 2, y: 3/);
  });

  test('data types that cannot be trained', async () => {
    expect(() => compile(({ x }) => ({ x }), { x: { shape: [1], dtype: 'complex64' as 'float32' } })).toThrow(
      /complex64/,
    );
    expect(() => compile(({ x }) => ({ x }), { x: { shape: [1], dtype: 'int8' as 'float32' } })).toThrow(/int8/);
    const complex = made(({ x }) => ({ y: tf.abs(tf.complex(x, x)) }), { x: { shape: [2] } });
    await fails(complex, { x: tf.zeros([2]) }, /Complex/);
  });

  test('a kernel that is not lowered, with its layer', async () => {
    class Spectral extends tf.layers.Layer {
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.image.flipLeftRight((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D);
      }
      static get className(): string {
        return 'Spectral';
      }
    }
    const layer = new Spectral({ name: 'mirror_7' });
    await fails(
      made(({ x }) => ({ y: layer.apply(x) as tf.Tensor }), { x: { shape: [1, 2, 2, 1] } }),
      { x: tf.zeros([1, 2, 2, 1]) },
      /FlipLeftRight/,
      /mirror_7/,
    );
  });

  test('a function that reads values', async () => {
    await fails(
      made(({ x }) => ({ y: x.mul(x.dataSync()[0]) }), { x: { shape: [2] } }),
      { x: tf.zeros([2]) },
      /reads the values/,
      /\[2\]/,
    );
  });

  test('outputs that change shape between calls', async () => {
    const growing = made(({ x }) => ({ y: x.shape[0] > 2 ? x.sum(1) : x }), { x: { shape: [null, 2] } });
    await growing.run({ x: tf.zeros([2, 2]) });
    await fails(growing, { x: tf.zeros([3, 2]) }, /change shape/, /y \[3\]/, /y \[2,2\]/);
  });

  test('a disposed function, a disposed variable', async () => {
    const f = identity();
    await f.dispose();
    await fails(f, { x: tf.zeros([1, 2]) }, /disposed/);
    const variable = tf.variable(tf.zeros([2]), true, 'gone');
    const g = made(({ x }) => ({ y: x.add(variable) }), { x: { shape: [2] } });
    await g.run({ x: tf.zeros([2]) });
    variable.dispose();
    await fails(g, { x: tf.zeros([2]) }, /disposed variable/, /gone/);
  });

  test('an execution provider this build lacks', async () => {
    const f = made(({ x }) => ({ y: x.add(1) }), { x: { shape: [2] } }, { executionProviders: ['no-such-device'] });
    await fails(f, { x: tf.zeros([2]) }, /execution provider/, /no-such-device/, /cpu/);
  });
});

describe('nothing is left behind', () => {
  const snapshot = (model: tf.LayersModel) => ({
    tensors: tf.memory().numTensors,
    bytes: tf.memory().numBytes,
    buffers: tf.memory().numDataBuffers,
    backend: tf.getBackend(),
    ids: model.weights.map((w) => w.read().dataId),
    random: Math.random,
  });

  test('by a trace', async () => {
    const model = network(tf.layers.dropout({ rate: 0.5 }));
    const optimizer = tf.train.adam(0.01);
    trainingStep(model, squaredError, optimizer)(batch());
    const inputs = batch();
    const before = snapshot(model);
    const step = made(trainingStep(model, squaredError, optimizer), signature, { optimizers: [optimizer] });
    await step.prepare({ x: [5, 4], y: [5, 2] });
    expect(snapshot(model)).toEqual(before);
    await step.run(inputs);
    step.sync();
    expect({ ...snapshot(model), ids: 0 }).toEqual({ ...before, ids: 0 });
  });

  test('by a trace that fails', async () => {
    const model = network();
    const optimizer = tf.train.adam(0.01);
    const weights = model.getWeights().map((w) => w.dataSync().slice());
    trainingStep(model, squaredError, optimizer)(batch());
    model.setWeights(weights.map((w, i) => tf.tensor(w, model.weights[i].shape as number[])));
    const before = snapshot(model);
    const fails = made(
      (inputs) => {
        trainingStep(model, squaredError, optimizer)(inputs);
        throw new Error('half-way');
      },
      signature,
      { optimizers: [optimizer] },
    );
    await expect(fails.prepare({ x: [5, 4], y: [5, 2] })).rejects.toThrow('half-way');
    expect(snapshot(model)).toEqual(before);
    expect(optimizer.iterations).toBe(1);
    expect((optimizer as unknown as { learningRate: number }).learningRate).toBe(0.01);
    expect(model.getWeights().map((w) => w.dataSync())).toEqual(weights);
  });

  test('by a session that fails', async () => {
    const table = tf.variable(noise([4, 2]), true, 'table');
    const optimizer = tf.train.adagrad(0.1);
    const step = made(
      ({ i }) => {
        const { value, grads } = tf.variableGrads(
          () =>
            tf
              .gather(table, i as tf.Tensor1D)
              .square()
              .sum(),
          [table],
        );
        optimizer.applyGradients(grads as Record<string, tf.Variable>);
        return { loss: value };
      },
      { i: { shape: [null], dtype: 'int32' } },
      { optimizers: [optimizer] },
    );
    await step.run({ i: Int32Array.of(0, 1) });
    step.sync();
    const slots = async () => (await optimizer.getWeights()).map((w) => Array.from(w.tensor.dataSync()));
    const before = [Array.from(table.dataSync()), await slots()];
    await expect(step.run({ i: Int32Array.of(0, 9) })).rejects.toThrow(UnequalError);
    step.sync();
    expect([Array.from(table.dataSync()), await slots()]).toEqual(before);
    // The next good call goes on from there.
    const { loss } = await step.run({ i: Int32Array.of(0, 1) });
    expectClose(
      loss.data,
      [before[0].slice(0, 4).reduce((s, v) => (s as number) + (v as number) ** 2, 0) as number],
      'loss',
    );
  });
});
