/** Every network of the package trains compiled, and nothing is told. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { workloads } from '../../src/experiments/target/workloads/index.ts';
import { fit } from '../../src/fit/fit.ts';
import { lstm, mlp, mnistCnn, smallCnn, smallModel, wideResnet } from '../../src/models/index.ts';

const warn = vi.spyOn(console, 'warn');
beforeAll(async () => {
  warn.mockImplementation(() => {});
  await tf.setBackend('cpu');
  // TensorFlow.js greets once, by a warning.
  tf.scalar(0).dispose();
});
beforeEach(() => void warn.mockReset().mockImplementation(() => {}));

const steps = 12;
const batchSize = 4;

/** Numbers in [0, 1), or whole ones where the first layer looks them up. */
function inputsOf(model: tf.LayersModel): tf.Tensor {
  const shape = [steps * batchSize, ...model.inputs[0].shape.slice(1)] as number[];
  const looksUp = model.layers.find((layer) => layer.getClassName() !== 'InputLayer')?.getClassName() === 'Embedding';
  return looksUp ? tf.randomUniformInt(shape, 0, 20, 1).toFloat() : tf.randomUniform(shape, 0, 1, 'float32', 1);
}

function answersOf(model: tf.LayersModel): tf.Tensor {
  const n = steps * batchSize;
  const units = model.outputs[0].shape.at(-1)!;
  if (model.loss === 'meanSquaredError') return tf.randomUniform([n, units], 0, 1, 'float32', 2);
  return tf.oneHot(tf.range(0, n, 1, 'int32').mod(tf.scalar(units, 'int32')), units).toFloat();
}

const compiled = (model: tf.LayersModel) => {
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
  return model;
};

const networks: readonly (readonly [string, () => tf.LayersModel | Promise<tf.LayersModel>])[] = [
  ['MLP', () => compiled(mlp())],
  ['LSTM', () => compiled(lstm({ steps: 20 }))],
  ['CNN of the main job', () => compiled(mnistCnn())],
  ['small CNN', () => compiled(smallCnn({ inputShape: [16, 16, 3] }))],
  ['small model of numbers', () => compiled(smallModel({ inputShape: [8], outputs: 3 }))],
  ['small model of words', () => compiled(smallModel({ inputShape: [8], outputs: 3, vocabulary: 30 }))],
  ['Wide ResNet', () => compiled(wideResnet({ depth: 10, width: 1, inputShape: [8, 8, 3] }))],
  // Its network is fetched.
  ...workloads
    .filter(({ name }) => name !== 'scenes')
    .map(({ name, makeModel }) => [`the workload ${name}`, () => makeModel(0.01, 1)] as const),
];

it.each(networks)('%s', { timeout: 120_000 }, async (_, make) => {
  const model = await make();
  const [x, y] = [inputsOf(model), answersOf(model)];
  const { setup } = await fit(model, x, y, { epochs: 2, batchSize, seed: 1, verbose: 0 });
  expect(setup?.engine).toBe('compiled');
  expect(warn.mock.calls).toEqual([]);
  tf.dispose([x, y]);
  model.dispose();
});
