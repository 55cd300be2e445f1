import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { EarlyStopping } from '../../src/fit/early-stopping.ts';
import { fit } from '../../src/fit/fit.ts';
import { ModelCheckpoint } from '../../src/fit/model-checkpoint.ts';
import { loadModel, saveModel } from '../../src/fit/stored.ts';
import { exportOnnx } from '../../src/learner/export-onnx.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { withAverages } from '../../src/optimizers/with-averages.ts';
import { classifier, digits } from '../support/small.ts';

const { x, y, n } = digits();
const inputs = tf.tensor2d(x.data as Float32Array, [n, 8]);
const targets = tf.tensor2d(y.data as Float32Array, [n, 3]);
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const make = () => classifier(averaged(tf.train.sgd(0.5), { decay: 0.9 }));
const args = { epochs: 3, batchSize: 10, seed: 1, verbose: 0, validationData: [inputs, targets] } as const;
const warnings = () => vi.spyOn(console, 'warn').mockImplementation(() => {});
const lossOf = async (path: string) => {
  const loaded = await loadModel(path);
  loaded.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  return (loaded.evaluate(inputs, targets) as tf.Scalar).dataSync()[0];
};

it('a model that is saved or exported without its averages is told of once', async () => {
  const warn = warnings();
  for (const [name, use] of [
    ['saveModel', (model: tf.LayersModel) => saveModel(model, join(folder, 'last'))],
    ['exportOnnx', exportOnnx],
  ] as const) {
    warn.mockClear();
    const model = make();
    // Before the first step there are no averages.
    await use(model);
    await fit(model, x, y, args);
    expect(warn.mock.calls).toEqual([]);
    for (let k = 0; k < 2; k++) await use(model);
    expect(warn.mock.calls).toEqual([[expect.stringContaining(`withAverages(model, () => ${name}(model, …))`)]]);
  }
});

it('what is saved within withAverages is what was validated, and nothing is said', async () => {
  const warn = warnings();
  const model = make();
  const callbacks = new ModelCheckpoint(join(folder, 'checkpoint'));
  const { history } = await fit(model, x, y, { ...args, callbacks });
  await withAverages(model, () => saveModel(model, join(folder, 'averages')));
  await withAverages(model, () => exportOnnx(model));
  const last = history.val_loss.at(-1) as number;
  for (const name of ['averages', 'checkpoint']) expect(await lossOf(join(folder, name))).toBeCloseTo(last, 5);
  expect(warn.mock.calls).toEqual([]);
});

it('nothing is said where the weights are the averages, nor of a model without', async () => {
  const warn = warnings();
  const best = make();
  await fit(best, x, y, { ...args, callbacks: new EarlyStopping({ restoreBestWeights: true }) });
  for (const model of [best, classifier()]) {
    await saveModel(model, join(folder, 'quiet'));
    await exportOnnx(model);
  }
  expect(warn.mock.calls).toEqual([]);
});
