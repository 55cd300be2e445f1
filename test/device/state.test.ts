/** With a GPU provider weights and slots stay on the device, and whoever looks sees the newest values. */
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { deviceOf } from '../../src/compiler/device.ts';
import { loadRuntime } from '../../src/compiler/runtime.ts';
import { expectClose, trainingStep } from '../compiler/agree.ts';
import { batch, made, network, signature, squaredError } from '../compiler/made.ts';
import { hasAdapter } from './adapter.ts';

const gpu = { executionProviders: ['webgpu'] };

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Two networks of the same weights, a step for each: on the device, and by TensorFlow.js. */
function pair(optimizer: () => tf.Optimizer, settings: object = gpu) {
  const [a, b] = [network(), network()];
  const [oa, ob] = [optimizer(), optimizer()];
  const step = made(trainingStep(a, squaredError, oa), signature, { ...settings, optimizers: [oa] });
  return { a, b, step, eager: trainingStep(b, squaredError, ob) };
}

function expectSameWeights(a: tf.LayersModel, b: tf.LayersModel): void {
  const expected = b.getWeights();
  for (const [i, w] of a.getWeights().entries()) expectClose(w.dataSync(), expected[i].dataSync(), a.weights[i].name);
}

const crossings = async () => (await deviceOf(await loadRuntime(gpu), gpu))!.crossings;

describe.skipIf(!hasAdapter)('on a device', () => {
  test('weights and slots cross only when somebody looks, once', async () => {
    const { a, b, step, eager } = pair(() => tf.train.adam(0.05));
    await step.run(batch());
    const before = { ...(await crossings()) };
    for (let i = 0; i < 4; i++) await step.run(batch());
    expect(await crossings()).toEqual(before);
    for (let i = 0; i < 5; i++) eager(batch());
    expectSameWeights(a, b);
    const bytes = 4 * a.countParams();
    expect((await crossings()).down - before.down).toBe(bytes);
    expectSameWeights(a, b);
    expect((await crossings()).down - before.down).toBe(bytes);
  });

  test('buffers that are replaced are freed, and what nobody keeps of a call', async () => {
    const { step, a } = pair(() => tf.train.momentum(0.1, 0.9));
    const made = vi.spyOn(Tensor, 'fromGpuBuffer');
    const freed = vi.spyOn(Tensor.prototype, 'dispose');
    try {
      await step.run(batch());
      const kept = made.mock.calls.length - freed.mock.calls.length;
      for (let i = 0; i < 3; i++) await step.run(batch());
      await step.run(batch(), { accept: () => false });
      expect(made.mock.calls.length).toBeGreaterThan(4 * kept);
      expect(made.mock.calls.length - freed.mock.calls.length).toBe(kept);
      const weights = a.weights.length;
      a.dispose();
      expect(made.mock.calls.length - freed.mock.calls.length).toBe(kept - weights);
    } finally {
      made.mockRestore();
      freed.mockRestore();
    }
  });

  test('predictions, clones, assignments and saving see and set the newest values', async () => {
    const { a, b, step, eager } = pair(() => tf.train.momentum(0.1, 0.9));
    const { x } = batch();
    for (let i = 0; i < 2; i++) {
      await step.run(batch());
      eager(batch());
    }
    expectClose((a.predict(x) as tf.Tensor).dataSync(), (b.predict(x) as tf.Tensor).dataSync(), 'after two steps');
    const clone = a.getWeights()[0].clone();
    const expected = b.getWeights()[0].dataSync().slice();
    for (const model of [a, b]) model.setWeights(model.getWeights().map((w) => w.mul(0.5)));
    await step.run(batch());
    eager(batch());
    expectClose(clone.dataSync(), expected, 'a clone keeps the value of its time');
    expectSameWeights(a, b);
    // A value that nobody has fetched yet: cloned on the device, replaced, then fetched.
    await step.run(batch());
    const held = (a.weights[0].read() as tf.Variable).clone();
    eager(batch());
    const then = b.getWeights()[0].dataSync().slice();
    await step.run(batch());
    eager(batch());
    expectClose(await held.data(), then, 'a clone of a value on the device');
    expectSameWeights(a, b);
    let saved: tf.io.ModelArtifacts | undefined;
    await a.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    expectSameWeights(await tf.loadLayersModel(tf.io.fromMemory(saved!)), b);
  });

  test('a weight assigned while a step runs is what the step trains', async () => {
    const { a, b, step, eager } = pair(() => tf.train.sgd(0.1));
    await step.run(batch());
    eager(batch());
    const running = step.run(batch());
    // The session has its inputs, and has not begun.
    for (let k = 0; k < 200; k++) await null;
    for (const { weights } of [a, b]) {
      const kernel = weights[0].read() as tf.Variable;
      kernel.assign(tf.zerosLike(kernel));
    }
    await running;
    eager(batch());
    await step.run(batch(), { accept: () => false });
    expectSameWeights(a, b);
  });

  test('other compiled functions share the values: on the device, and on the processor', async () => {
    const { a, b, step, eager } = pair(() => tf.train.sgd(0.1));
    const forward = ({ x }: Record<string, tf.Tensor>) => ({ p: a.apply(x) as tf.Tensor });
    const there = made(forward, { x: signature.x }, gpu);
    const here = made(forward, { x: signature.x });
    const onHost = made(trainingStep(a, squaredError, tf.train.sgd(0.1)), signature, {});
    const { x } = batch();
    const expected = (): ArrayLike<number> => (b.predict(x) as tf.Tensor).dataSync();
    // Read before they are trained: sent once, and kept.
    const start = (await crossings()).up;
    await there.run({ x });
    const sent = (await crossings()).up;
    expect(sent - start).toBe(4 * a.countParams());
    await there.run({ x });
    expect((await crossings()).up).toBe(sent);
    await step.run(batch());
    eager(batch());
    const down = (await crossings()).down;
    expectClose((await there.run({ x })).p.data, expected(), 'on the device');
    expect((await crossings()).down).toBe(down);
    expectClose((await here.run({ x })).p.data, expected(), 'on the processor');
    await onHost.run(batch());
    expectClose(
      (await there.run({ x })).p.data,
      (await here.run({ x })).p.data,
      'a function that trains on the processor',
    );
  });

  test('values for one call alone, and a call that fails, leave no trace', async () => {
    const { a, b, step, eager } = pair(() => tf.train.sgd(0.1));
    await step.run(batch());
    eager(batch());
    const kernel = a.weights[0].read() as tf.Variable;
    const values = new Map([[kernel, new Float32Array(kernel.size)]]);
    await step.run(batch(), { values, accept: () => false });
    const thrown = { x: batch().x, y: tf.zeros([4, 2]) };
    await expect(step.run(thrown)).rejects.toThrow('differ');
    expectSameWeights(a, b);
  });
});
