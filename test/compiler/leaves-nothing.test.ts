/** Tracing and failing leave TensorFlow.js, the model and its optimizer as they were. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { expectClose, noise, trainingStep } from './agree.ts';
import { batch, made, network, signature, squaredError } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('nothing is left behind', () => {
  const snapshot = (model: tf.LayersModel) => ({
    tensors: tf.memory().numTensors,
    bytes: tf.memory().numBytes,
    buffers: tf.memory().numDataBuffers,
    backend: tf.getBackend(),
    ids: model.weights.map((w) => w.read().dataId),
    random: Math.random,
    gradient: tf.getGradient('Tile'),
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

test('two copies of the library do not touch the kernels of each other', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const first = made(({ x }) => ({ y: x.add(1) }), { x: { shape: [null] } });
  await first.run({ x: tf.ones([2]) });
  vi.resetModules();
  const { compile } = await import('../../src/compiler/index.ts');
  const second = compile(({ x }) => ({ y: x.mul(3) }), { x: { shape: [null] } });
  expect(Array.from((await second.run({ x: tf.ones([2]) })).y.data)).toEqual([3, 3]);
  expect(Array.from((await first.run({ x: tf.ones([3]) })).y.data)).toEqual([2, 2, 2]);
  await second.dispose();
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
