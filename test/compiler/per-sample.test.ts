/** Per-sample gradients and norms, compiled at once, against a loop over the samples on the `cpu` backend. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile, perSample, squaredNorm } from '../../src/compiler/index.ts';
import { expectSame, noise, seedWeights } from './agree.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const l = tf.layers;
const networks: Record<string, () => { inputShape: number[]; layers: tf.layers.Layer[]; input?: tf.Tensor }> = {
  dense: () => ({
    inputShape: [6],
    layers: [l.dense({ units: 5, activation: 'relu' }), l.dense({ units: 4, activation: 'softmax' })],
  }),
  'dense on a short sequence': () => ({
    inputShape: [2, 6],
    layers: [l.dense({ units: 5, activation: 'tanh' }), l.flatten(), l.dense({ units: 4 })],
  }),
  'dense on a long sequence': () => ({
    inputShape: [12, 3],
    layers: [l.dense({ units: 2, activation: 'tanh' }), l.flatten(), l.dense({ units: 4 })],
  }),
  convolutions: () => ({
    inputShape: [8, 8, 2],
    layers: [
      l.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', padding: 'same' }),
      l.conv2d({ filters: 4, kernelSize: 3, strides: 2 }),
      l.maxPooling2d({ poolSize: 3, strides: 1 }),
      l.flatten(),
      l.dense({ units: 4, activation: 'softmax' }),
    ],
  }),
  'pointwise and depthwise convolutions': () => ({
    inputShape: [6, 6, 3],
    layers: [
      l.separableConv2d({ filters: 4, kernelSize: 3 }),
      l.maxPooling2d({ poolSize: 2 }),
      l.conv2d({ filters: 3, kernelSize: 1 }),
      l.globalAveragePooling2d({}),
    ],
  }),
  'frozen batch normalisation': () => ({
    inputShape: [4, 4, 2],
    layers: [
      l.conv2d({ filters: 3, kernelSize: 3 }),
      l.batchNormalization(),
      l.averagePooling2d({ poolSize: 2 }),
      l.flatten(),
      l.dense({ units: 4 }),
    ],
  }),
  'layer normalisation': () => ({
    inputShape: [6],
    layers: [l.dense({ units: 5 }), l.layerNormalization(), l.dense({ units: 4 })],
  }),
  embedding: () => ({
    inputShape: [5],
    layers: [l.embedding({ inputDim: 7, outputDim: 3 }), l.globalAveragePooling1d(), l.dense({ units: 4 })],
    input: tf.tensor2d([
      [0, 1, 2, 3, 4],
      [4, 4, 4, 0, 6],
      [1, 0, 1, 0, 1],
    ]),
  }),
  lstm: () => ({ inputShape: [6, 2], layers: [l.lstm({ units: 3 }), l.dense({ units: 4 })] }),
  'two recurrent layers': () => ({
    inputShape: [6, 2],
    layers: [l.gru({ units: 3, returnSequences: true }), l.simpleRNN({ units: 3 }), l.dense({ units: 4 })],
  }),
  'an unrolled loop': () => ({ inputShape: [3, 2], layers: [l.lstm({ units: 3 }), l.dense({ units: 4 })] }),
};

describe.each(Object.entries(networks))('%s', (_, make) => {
  test('gradients and squared norms', async () => {
    const { inputShape, layers, input } = make();
    const model = tf.sequential();
    layers.forEach((layer, i) => {
      if (i === 0) {
        const fresh = { ...layer.getConfig(), batchInputShape: [null, ...inputShape] };
        const Class = layer.constructor as unknown as { fromConfig(c: unknown, config: object): tf.layers.Layer };
        model.add(Class.fromConfig(layer.constructor, fresh));
      } else {
        model.add(layer);
      }
    });
    seedWeights(model);
    const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
    const x = input ?? noise([3, ...inputShape], 2);
    const target = noise([3, model.outputs[0].shape[1]!], 3);
    const fn = (batch: Record<string, tf.Tensor>): Record<string, tf.Tensor> =>
      perSample(({ x, target }) => {
        const { value, grads } = tf.variableGrads(
          () => (model.apply(x, { training: false }) as tf.Tensor).sub(target).square().sum() as tf.Scalar,
          variables,
        );
        const gradients = Object.fromEntries(variables.map((v) => [v.name, grads[v.name]]));
        return { ...gradients, loss: value, norm: squaredNorm(grads) };
      }, batch);
    const expected = await expectSame(fn, { x, target });
    expect(Array.from(expected.norm).every((n) => n > 0)).toBe(true);
  });
});

test('a batch of other sizes is refused', () => {
  expect(() => perSample(({ x }) => ({ x }), { x: tf.zeros([2, 1]), y: tf.zeros([3, 1]) })).toThrow('one batch size');
});

test('what does not depend on the sample is repeated', async () => {
  await expectSame(({ x }) => perSample((s) => ({ two: tf.scalar(2), sum: s.x.sum() }), { x }), { x: noise([3, 4]) });
  const compiled = compile(({ x }) => perSample((s) => ({ first: s.x.min() }), { x }), { x: { shape: [null, 2] } });
  expect(Array.from((await compiled.run({ x: Float32Array.of(1, 2, 4, 3) })).first.data)).toEqual([1, 3]);
  await compiled.dispose();
});

test('what cannot be widened runs as a loop over the samples', async () => {
  // A gather whose table and indices both differ from sample to sample.
  const i = tf.tensor2d(
    [
      [0, 3],
      [2, 2],
      [1, 0],
    ],
    [3, 2],
    'int32',
  );
  const fn = ({ x, i }: Record<string, tf.Tensor>): Record<string, tf.Tensor> =>
    perSample((s) => ({ y: tf.gather(s.x.square().flatten(), s.i.flatten().toInt()).sum() }), { x, i });
  await expectSame(fn, { x: noise([3, 4]), i });
});
