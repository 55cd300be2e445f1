/** Layers that a callback freezes: TensorFlow.js lists the weights of a model in another order then. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { earlyStopping } from '../../src/fit/early-stopping.ts';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { withAverages } from '../../src/optimizers/with-averages.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-frozen-'));
});
afterAll(() => rm(folder, { recursive: true }));

const [n, width] = [40, 4];
const x = tf.randomNormal([n, width], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.randomUniform([n], 0, width, 'int32', 2), width).toFloat();
const common = { batchSize: 8, epochs: 5, seed: 1, verbose: 0, method: uniform() } as const;

function made(optimizer: tf.Optimizer = tf.train.adam(0.05)): tf.Sequential {
  const layers = [1, 2, 3].flatMap((seed) => [
    tf.layers.dense({
      ...{ units: width, activation: seed === 3 ? 'softmax' : 'tanh', inputShape: [width] },
      kernelInitializer: tf.initializers.glorotNormal({ seed }),
    }),
    ...(seed === 1 ? [tf.layers.batchNormalization()] : []),
  ]);
  const model = tf.sequential({ layers: layers as tf.layers.Layer[] });
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  return model;
}

/** By layer, whatever is frozen. */
const weights = (model: tf.Sequential) =>
  model.layers.map((layer) =>
    Object.fromEntries(layer.weights.map((one) => [one.originalName.replace(/^.*\//, ''), [...one.read().dataSync()]])),
  );

it('a layer that is set free without compile is not trained, which is told once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const model = made();
  model.layers[0].trainable = false;
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  model.layers[0].trainable = true;
  const [before] = weights(model);
  for (let k = 0; k < 2; k++) await fit(model, x, y, common);
  expect(weights(model)[0]).toEqual(before);
  expect(warn).toHaveBeenCalledOnce();
  expect(warn).toHaveBeenCalledWith(
    expect.stringMatching(/^unequal: 6 weights are trained.*not the 8 of now.*model.compile/),
  );
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  await fit(model, x, y, common);
  expect(weights(model)[0]).not.toEqual(before);
  warn.mockRestore();
});

it('a layer that is frozen without compile is not trained, as was meant: nothing is told', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const model = made();
  model.layers[0].trainable = false;
  const [before, , after] = weights(model);
  await fit(model, x, y, common);
  expect(weights(model)[0]).toEqual(before);
  expect(weights(model)[2]).not.toEqual(after);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

describe.each(['eager', 'compiled'] as const)('%s', (engine) => {
  it('a run that is cut within an epoch goes on to the same bit', async () => {
    const train = async (more: object, last = Infinity) => {
      const model = made();
      const stop = new AbortController();
      await fit(model, x, y, {
        ...{ ...common, ...more, engine, signal: stop.signal },
        callbacks: {
          onEpochBegin: async (epoch: number) => {
            model.layers[0].trainable = epoch < 2;
          },
        },
        onStep: ({ step }) => void (step === last && stop.abort()),
      });
      return weights(model);
    };
    const whole = await train({});
    for (const last of [3, 15, 17]) {
      const path = join(folder, `${engine} ${last}`);
      await train({ checkpoint: { path } }, last);
      expect(await train({ resume: path })).toEqual(whole);
    }
  });

  it('early stopping puts the best weights back where they were', async () => {
    const model = made();
    const all: unknown[] = [];
    const stopping = earlyStopping({ restoreBestWeights: true, monitor: 'loss', mode: 'max', patience: 9 });
    const onEpochEnd = async (epoch: number) => {
      all.push(weights(model));
      model.layers[0].trainable = epoch < 1;
    };
    await fit(model, x, y, { ...common, engine, callbacks: [stopping, { onEpochEnd }] });
    expect(stopping.bestEpoch).toBe(0);
    expect(weights(model)).toEqual(all[0]);
  });

  it('averages are of the weights that are trained, and begin anew where others are', async () => {
    const optimizer = averaged(tf.train.sgd(0.1), { decay: 0.8 });
    const model = made(optimizer);
    const kernel = () => model.layers[2].getWeights()[0].dataSync().slice();
    let sums = new Float32Array(width * width);
    let total = 0;
    const onStep = () => {
      sums = sums.map((sum, k) => 0.8 * sum + 0.2 * kernel()[k]);
      total = 0.8 * total + 0.2;
    };
    const check = async () => {
      await withAverages(model, async () => {
        for (const [k, value] of kernel().entries()) expect(value).toBeCloseTo(sums[k] / total, 5);
      });
    };
    await fit(model, x, y, { ...common, engine, onStep });
    await check();
    // Frozen after compile: TensorFlow.js goes on training it.
    model.layers[0].trainable = false;
    await check();
    await fit(model, x, y, { ...common, engine, onStep });
    await check();
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    [sums, total] = [sums.fill(0), 0];
    await fit(model, x, y, { ...common, engine, onStep });
    await check();
  });
});

it('an optimizer takes its extension with it, and has one of each kind', () => {
  const before = tf.memory().numTensors;
  const model = made(averaged(tf.train.sgd(0.1)));
  model.optimizer.applyGradients([]);
  model.dispose();
  model.optimizer.dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect(() => averaged(averaged(tf.train.sgd(0.1)))).toThrow(/averaged twice of one optimizer/);
});
