/** A list of execution providers says what is to run where the first ones cannot. */
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Runtime } from '../../src/compiler/runtime.ts';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';

const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset());
afterEach(() => void warn.mockReset());
/** What is known of a runtime is kept with it. */
const another = (): Runtime => ({ ...ort });
const ours = () => warn.mock.calls.flat().filter((text) => String(text).startsWith('unequal:'));

const train = async (providers: string[] | undefined, runtime = another()) => {
  const layer = (units: number) =>
    tf.layers.dense({ units, kernelInitializer: tf.initializers.glorotUniform({ seed: units }), inputShape: [5] });
  const model = tf.sequential({ layers: [layer(7), layer(1)] });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const [x, y] = [tf.randomNormal([40, 5], 0, 1, 'float32', 1), tf.randomNormal([40, 1], 0, 1, 'float32', 2)];
  const args = { epochs: 2, seed: 1, verbose: 0, method: uniform(), runtime, providers } as const;
  const history = await fit(model, x, y, args);
  return { loss: history.history.loss, weights: model.getWeights().map((w) => [...w.dataSync()]), ...history.setup };
};

test.each([[['no-such-gpu', 'cpu']], [['cpu', 'no-such-gpu']], [['no-such-gpu', 'nor-this', 'cpu']]])(
  '%j trains compiled, to the bit as without, after one warning',
  async (providers) => {
    const { loss, weights, engine } = await train(providers);
    const expected = await train(undefined);
    expect(engine).toBe('compiled');
    expect({ loss, weights }).toEqual({ loss: expected.loss, weights: expected.weights });
    expect(ours()).toHaveLength(1);
    for (const name of providers.filter((one) => one !== 'cpu')) expect(ours()[0]).toContain(name);
    expect(ours()[0]).toMatch(/steps run by cpu$/);
  },
);

test('it is looked for once, and said once', async () => {
  let tries = 0;
  const create = (model: Uint8Array, options?: ort.InferenceSession.SessionOptions) => {
    if (options?.executionProviders?.join() === 'cuda') {
      tries++;
      return Promise.reject(new Error('no CUDA here'));
    }
    expect(options?.executionProviders).not.toContain('cuda');
    return ort.InferenceSession.create(model, options);
  };
  const runtime = { ...another(), InferenceSession: { create } };
  for (const n of [2, 3]) {
    const settings = { runtime, executionProviders: ['cuda', 'cpu'] };
    const times = compile(({ x }) => ({ y: x.mul(n) }), { x: { shape: [2] } }, settings);
    expect([...(await times.run({ x: tf.tensor1d([1, 2]) })).y.data]).toEqual([n, 2 * n]);
  }
  expect(tries).toBe(1);
  expect(ours()).toEqual([expect.stringContaining('cuda (no CUDA here) cannot be used')]);
});

test('where none of them can be used, that is the error', async () => {
  const settings = { runtime: another(), executionProviders: ['no-such-gpu', 'nor-this'] };
  const f = compile(({ x }) => ({ y: x.add(1) }), { x: { shape: [2] } }, settings);
  await expect(f.run({ x: tf.zeros([2]) })).rejects.toThrow(
    /lacks the execution provider: got no-such-gpu, nor-this, expected one of cpu, .*\['cuda', 'cpu'\]$/,
  );
  expect(ours()).toEqual([]);
});
