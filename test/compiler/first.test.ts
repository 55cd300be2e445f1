import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { compile } from '../../src/compiler/index.ts';

test('mlp step', async () => {
  await tf.setBackend('cpu');
  const make = () => {
    const m = tf.sequential({ layers: [tf.layers.dense({ units: 8, activation: 'relu', inputShape: [5], kernelInitializer: tf.initializers.glorotUniform({seed: 3}) }), tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: tf.initializers.glorotUniform({seed: 4}) })] });
    return m;
  };
  for (const mk of [() => tf.train.sgd(0.1), () => tf.train.momentum(0.1, 0.9), () => tf.train.adam(0.01)]) {
  const a = make(), b = make();
  const oa = mk(), ob = mk();
  const x = tf.randomNormal([7, 5], 0, 1, 'float32', 5), y = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 1], 'int32'), 3).toFloat();
  const stepOf = (m: tf.LayersModel, o: tf.Optimizer) => ({ x, y }: Record<string, tf.Tensor>) => {
    const { value, grads } = tf.variableGrads(() => tf.losses.softmaxCrossEntropy(y, m.apply(x, { training: true }) as tf.Tensor) as tf.Scalar, m.trainableWeights.map((w) => w.read() as tf.Variable));
    o.applyGradients(grads);
    return { loss: value };
  };
  const before = tf.memory();
  const c = compile(stepOf(a, oa), { x: { shape: [null, 5] }, y: { shape: [null, 3] } }, { optimizers: [oa] });
  for (let i = 0; i < 4; i++) {
    const { loss } = await c.run({ x, y });
    const e = stepOf(b, ob)({ x, y }).loss.dataSync()[0];
    expect(loss.data[0]).toBeCloseTo(e, 5);
  }
  c.sync();
  console.log(c.programs[0].statistics, before.numTensors, tf.memory().numTensors);
  a.getWeights().forEach((w, i) => { const d = w.sub(b.getWeights()[i]).abs().max().dataSync()[0]; expect(d).toBeLessThan(1e-5); });
  await c.dispose();
  }
});
