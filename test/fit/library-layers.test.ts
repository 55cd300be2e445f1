/** A layer of this library, and gradients of a program's own, are no reason to train eagerly or uniformly. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { SampleNormalization } from '../../src/models/sample-normalization.ts';

beforeAll(() => tf.setBackend('cpu'));

const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset().mockImplementation(() => {}));
afterEach(() => void warn.mockReset());

const x = tf.randomNormal([32, 8, 8, 3], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.range(0, 32, 1, 'int32').mod(tf.scalar(10, 'int32')), 10).toFloat();

/** What is told of a model that trains eagerly, or uniformly, where it was not asked to. */
async function toldOf(model: tf.LayersModel): Promise<unknown[]> {
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  await fit(model, x, y, { epochs: 1, batchSize: 16, seed: 1, verbose: 0 });
  return warn.mock.calls;
}

const squared = (of: tf.Tensor) => of.mean([1, 2, 3], true).square();

it.each<readonly [string, (given: tf.Tensor) => tf.Tensor]>([
  [
    'customGrad',
    (given) => {
      const forward = tf.customGrad((...all) => {
        const [z, save] = all as unknown as [tf.Tensor, (kept: tf.Tensor[]) => void];
        save([z]);
        return { value: z.add(squared(z)), gradFunc: (dy: tf.Tensor) => dy };
      });
      return forward(given);
    },
  ],
  ['grad', (given) => given.add(tf.grad((z) => squared(z).sum())(given))],
])('what %s hands on is a tensor, whatever helper it is given to', async (name, call) => {
  class Own extends tf.layers.Layer {
    static className = `Handed${name}`;
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return call(Array.isArray(inputs) ? inputs[0] : inputs);
    }
  }
  const layers = [
    tf.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 3] }),
    new Own({}),
    new SampleNormalization(),
    tf.layers.flatten(),
    tf.layers.dense({ units: 10, activation: 'softmax' }),
  ];
  expect(await toldOf(tf.sequential({ layers }))).toEqual([]);
});
