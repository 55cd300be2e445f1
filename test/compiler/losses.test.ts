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

describe.each(['int32', 'bool'] as const)('targets of %s', (dtype) => {
  const bits = (): tf.Tensor => tf.oneHot(tf.tensor1d([0, 2, 1, 2], 'int32'), 3).cast(dtype);
  // Without class indices, and without what is infinite for 0.
  test.each(Object.keys(namedLosses).filter((name) => !/^sparse|Percentage/.test(name)))('%s', async (name) => {
    const loss = lossNamed(name);
    const p = namedLosses.binaryCrossentropy[1]();
    await expectSame(({ y, p }) => ({ perSample: loss(y, p), best: y.argMax(1) }), { y: bits(), p });
  });
  test('clipped to bounds between numbers, and their magnitudes', async () => {
    const y = tf.tensor1d([-3, -1, 0, 1, 2, 7], 'int32').cast(dtype);
    const clipped = ({ y }: Record<string, tf.Tensor>) => ({
      a: y.clipByValue(-1.5, 1.5),
      abs: y.abs(),
      b: y.clipByValue(0.5, 1e300),
    });
    await expectSame(clipped, { y });
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
