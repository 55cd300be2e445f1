/** A device that is lost while a model is trained on it. browser.test.ts destroys a real one; here it is only said to be gone. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { deviceOf } from '../../src/compiler/device.ts';
import { isLostDevice } from '../../src/compiler/index.ts';
import { loadRuntime, type Runtime } from '../../src/compiler/runtime.ts';
import { fit, uniform } from '../../src/index.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import { expectClose, trainingStep } from '../compiler/agree.ts';
import { batch, made, network, signature, squaredError } from '../compiler/made.ts';
import { hasAdapter } from './adapter.ts';
import { mlp, optimizers, train, x, y } from './networks.ts';

const gpu = { executionProviders: ['webgpu'] };

/** A runtime of its own, whose device may be lost and no other. */
const another = async (): Promise<Runtime> => ({ ...(await loadRuntime(gpu)) });

async function lose(runtime: Runtime): Promise<void> {
  (await deviceOf(runtime, gpu))!.lose('the driver was restarted');
}

describe.skipIf(!hasAdapter)('a lost device', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  // Steps are counted from 0, three an epoch.
  test.each([
    ['in the first epoch', 1, 0, undefined],
    ['in a later one', 7, 2, undefined],
    ['after a checkpoint within the epoch', 7, 2, 1],
  ])('%s: training goes on on the processor, from where it was good', async (_, at, epoch, every) => {
    const runtime = await another();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const kept = new Map<string, Uint8Array>();
    const store = {
      write: async (path: string, parts: readonly Uint8Array[]) =>
        void kept.set(path, new Uint8Array(await new Blob(parts as never).arrayBuffer())),
      read: async (path: string) => kept.get(path)!,
    };
    const steps: number[] = [];
    const ends: number[] = [];
    let lost = false;
    const { loss, values } = await train(mlp, optimizers.adam, {
      ...{ runtime, providers: ['webgpu'], method: uniform() },
      ...(every === undefined ? {} : { checkpoint: { path: 'run', every }, store: store as never }),
      callbacks: { onEpochEnd: async (epoch) => void ends.push(epoch) },
      onStep: async ({ step }) => {
        steps.push(step);
        if (step === at && !lost) {
          lost = true;
          await lose(runtime);
        }
      },
    });
    const expected = await train(mlp, optimizers.adam, { method: uniform() });
    expectClose(loss, expected.loss, 'losses');
    for (const [i, one] of expected.values.entries()) expectClose(values[i], one, `values ${i}`, 1e-3);
    const again = every === undefined ? 3 * epoch : at;
    expect(steps).toEqual([...Array(at + 1).keys(), ...Array.from({ length: 9 - again }, (_, i) => again + i)]);
    expect(ends).toEqual([0, 1, 2]);
    const said = warn.mock.calls.map(([text]) => text as string);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('the GPU device was lost: got the driver was restarted');
    expect(said[0]).toContain(`from epoch ${epoch}, batch ${again - 3 * epoch}`);
  });

  test('outside fit: an error that says so, and no value in the place of one that is gone', async () => {
    const runtime = await another();
    const model = network();
    const optimizer = tf.train.sgd(0.1);
    const step = made(trainingStep(model, squaredError, optimizer), signature, {
      ...gpu,
      runtime,
      optimizers: [optimizer],
    });
    await step.run(batch());
    const fetched = model.getWeights()[0].dataSync().slice();
    await lose(runtime);
    const error = await step.run(batch()).catch((error) => error);
    expect(isLostDevice(error)).toBe(true);
    expect(model.getWeights()[0].dataSync()).toEqual(fetched);
    expect(() => model.getWeights()[1].dataSync()).toThrow('a value on the GPU is gone');
    await expect(model.getWeights()[1].data()).rejects.toThrow('a value on the GPU is gone');
    // What is set anew is as good as ever.
    model.setWeights(network().getWeights());
    expect(model.getWeights()[1].dataSync()).toEqual(network().getWeights()[1].dataSync());
  });

  test('a model that fit has trained outlives it', async () => {
    const runtime = await another();
    const model = mlp();
    model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
    await fit(model, x, y, { runtime, providers: ['webgpu'], engine: 'compiled', epochs: 1, verbose: 0 });
    await lose(runtime);
    expect(model.getWeights().every((w) => w.dataSync().every(Number.isFinite))).toBe(true);
    const learner = new CompiledLearner(model, {});
    expect((await learner.state()).slots.length).toBeGreaterThan(0);
  });
});
