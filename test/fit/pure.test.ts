import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import type { Samples } from '../../src/data/samples.ts';
import { subset } from '../../src/data/subset.ts';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { withoutClosures } from '../learner/own-code/without-closures.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y, n } = digits();
const all = arraySamples(x, y);
const plain: Samples = { length: n, batch: (indices) => all.batch(indices) };
const common = { epochs: 2, batchSize: 2, seed: 1, verbose: 0, engine: 'compiled', method: uniform() } as const;

/** How often the loss was looked at, and the weights. A loss that counts itself is not compiled. */
async function trained(samples: Samples) {
  let looks = 0;
  const counted = {
    categoricalCrossentropy: (labels: tf.Tensor, answers: tf.Tensor) => {
      looks++;
      return tf.metrics.categoricalCrossentropy(labels, answers);
    },
  };
  const model = classifier();
  const loss = (labels: tf.Tensor, answers: tf.Tensor) => counted.categoricalCrossentropy(labels, answers);
  model.compile({ optimizer: tf.train.sgd(0.1), loss });
  await fit(model, samples, common);
  return { looks, weights: values(model) };
}

describe('where nobody sees what it calls', () => {
  withoutClosures();

  it('a loss is looked at before every step of samples that may change what it reads', async () => {
    const steps = 2 * Math.ceil(n / 2);
    const [careful, pure] = [await trained(plain), await trained(all)];
    expect(careful.looks).toBeGreaterThanOrEqual(steps);
    expect(pure.looks).toBeLessThan(steps);
    expect(pure.weights).toEqual(careful.weights);
    // What is made of others is as pure as they are.
    const indices = Array.from({ length: n }, (_, i) => i);
    expect((await trained(subset(all, indices))).looks).toBe(pure.looks);
    expect((await trained(subset(plain, indices))).looks).toBe(careful.looks);
  });
});

it('what samples change for the loss is in the next step, as in the eager engine', async () => {
  const changing = async (engine: 'compiled' | 'eager') => {
    let asked = 0;
    const samples: Samples = {
      length: n,
      batch: (indices) => {
        asked++;
        return all.batch(indices);
      },
    };
    const model = classifier();
    const loss = (labels: tf.Tensor, answers: tf.Tensor) =>
      tf.mul(tf.metrics.categoricalCrossentropy(labels, answers), asked % 3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss });
    await fit(model, samples, { ...common, engine });
    return values(model).flat();
  };
  const want = await changing('eager');
  for (const [i, value] of (await changing('compiled')).entries()) expect(value).toBeCloseTo(want[i], 5);
});
