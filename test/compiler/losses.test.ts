/** Every loss the coverage table names: values and gradients as on the `cpu` backend. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, test } from 'vitest';
import { expectSame } from './agree.ts';
import { lossFunctions, namedLosses } from './loss-cases.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function lossNamed(name: string): (y: tf.Tensor, p: tf.Tensor) => tf.Tensor {
  const x = tf.input({ shape: [1] });
  const model = tf.model({ inputs: x, outputs: tf.layers.dense({ units: 1 }).apply(x) as tf.SymbolicTensor });
  model.compile({ optimizer: 'sgd', loss: name });
  return model.lossFunctions[0];
}

describe.each(Object.entries(namedLosses))('loss %s', (name, [target, prediction]) => {
  test('agrees', async () => {
    const loss = lossNamed(name);
    const fn = ({ y, p }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
      perSample: loss(y, p),
      gradient: tf.grad((x) => loss(y, x).mean())(p),
    });
    await expectSame(fn, { y: target(), p: prediction() });
  });
});

describe.each(Object.entries(lossFunctions))('loss %s', (_, [loss, target, prediction]) => {
  test('agrees', async () => {
    const fn = ({ y, p }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
      value: loss(y, p),
      gradient: tf.grad((x) => loss(y, x).mean())(p),
    });
    await expectSame(fn, { y: target(), p: prediction() });
  });
});
