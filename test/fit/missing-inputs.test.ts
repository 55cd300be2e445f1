/** NaN for what is not known, in inputs that a layer of the program's own fills in. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

class Filled extends tf.layers.Layer {
  static className = 'FilledOfPeople';
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    const [x] = [inputs].flat();
    return tf.where(tf.isNaN(x), tf.zerosLike(x), x);
  }
}

const given = tf.randomNormal([48, 3], 0, 1, 'float32', 1).arraySync() as number[][];
const y = tf.tensor2d(given.map(([a, b]) => [a + b]));
const x = tf.tensor2d(given.map((row, i) => row.map((value, j) => ((i + j) % 5 === 0 ? Number.NaN : value))));
const args = { epochs: 2, batchSize: 16, shuffle: false, verbose: 0 } as const;

function program(...layers: tf.layers.Layer[]) {
  const input = tf.layers.inputLayer({ inputShape: [3] });
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const model = tf.sequential({ layers: [input, ...layers, tf.layers.dense({ units: 1, kernelInitializer })] });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  return model;
}

it.each(['eager', 'compiled'] as const)('are trained on as by model.fit, %s', async (engine) => {
  const [theirs, ours] = [program(new Filled({})), program(new Filled({}))];
  const expected = (await theirs.fit(x, y, args)).history.loss as number[];
  const { history } = await fit(ours, x, y, { ...args, engine, method: uniform() });
  for (const [epoch, loss] of expected.entries()) expect(history.loss[epoch]).toBeCloseTo(loss, 5);
  for (const [i, value] of values(theirs).flat().entries()) expect(values(ours).flat()[i]).toBeCloseTo(value, 5);
});

it('are named where no such layer takes them, and where it leaves them as they are', async () => {
  await expect(fit(program(), x, y, args)).rejects.toThrow(/NaN or infinity in the samples 0, 3, 4/);
  class Left extends Filled {
    static override className = 'LeftOfPeople2';
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return tf.mul([inputs].flat()[0], 2);
    }
  }
  await expect(fit(program(new Left({})), x, y, args)).rejects.toThrow(/the input of sample 0 is not finite/);
});
