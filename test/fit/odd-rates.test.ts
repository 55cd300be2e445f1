/** Optimizers of one's own that keep their learning rate otherwise than TensorFlow.js's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import { cosineDecay } from '../../src/methods/schedule.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { decayed } from '../../src/optimizers/adam-w.ts';
import { classifier, digits, values } from '../support/small.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-rates-'));
});
afterAll(() => rm(folder, { recursive: true }));

const { x, y } = digits();
const [xs, ys] = [x, y].map(({ data, shape }) => tf.tensor(data as Float32Array, shape as number[]));
const plain = { epochs: 2, batchSize: 20, shuffle: false, verbose: 0 } as const;

/** Gradient descent, with the rate that `rate` gives. */
class Plain extends tf.Optimizer {
  constructor(
    readonly rate: (fields: Plain) => tf.Tensor | number,
    fields: object,
  ) {
    super();
    Object.assign(this, fields);
  }
  override applyGradients(gradients: Parameters<tf.Optimizer['applyGradients']>[0]): void {
    const list = (
      Array.isArray(gradients) ? gradients : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }))
    ) as { name: string; tensor: tf.Tensor }[];
    tf.tidy(() => {
      for (const { name, tensor } of list) {
        const variable = tf.engine().registeredVariables[name];
        variable.assign(tf.sub(variable, tf.mul(tensor, this.rate(this))));
      }
    });
  }
  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}
interface Fields {
  readonly lr: number;
  readonly learningRate: number & tf.Variable;
  readonly c: number & tf.Scalar;
}
const made = (rate: (fields: Fields) => tf.Tensor | number, fields: () => object) => () =>
  new Plain(rate as unknown as (fields: Plain) => number, fields());

const optimizers = {
  'a field of another name': made(
    ({ lr }) => lr,
    () => ({ lr: 0.1 }),
  ),
  'a variable': made(
    ({ learningRate }) => learningRate,
    () => ({ learningRate: tf.variable(tf.scalar(0.1), false) }),
  ),
  'a number c that is none': made(
    ({ learningRate, c }) => learningRate * c,
    () => ({ learningRate: 0.2, c: 0.5 }),
  ),
  'a scalar c that is none': made(
    ({ learningRate, c }) => tf.mul(learningRate, c),
    () => ({ learningRate: 0.2, c: tf.keep(tf.scalar(0.5)) }),
  ),
};

describe.each(Object.entries(optimizers))('%s', (name, optimizer) => {
  const compiled = () => {
    const model = classifier();
    model.compile({ optimizer: optimizer(), loss: 'categoricalCrossentropy' });
    return model;
  };

  it('trains as model.fit does, and goes on from a checkpoint', async () => {
    const reference = compiled();
    await reference.fit(xs, ys, plain);
    const want = values(reference).flat();
    for (const engine of ['eager', 'compiled'] as const) {
      const path = join(folder, `${name} ${engine}`);
      const model = compiled();
      await fit(model, xs, ys, { ...plain, method: uniform(), engine, epochs: 1, checkpoint: { path } });
      const resumed = compiled();
      await fit(resumed, xs, ys, { ...plain, method: uniform(), engine, resume: path });
      for (const [i, value] of values(resumed).flat().entries()) expect(value).toBeCloseTo(want[i], 5);
    }
  });

  it('is scheduled, or it is said that it cannot be', async () => {
    const cannot = /the learning rate of the optimizer .* cannot be set/;
    const settable = name.startsWith('a number') || name.startsWith('a scalar');
    for (const more of [
      { schedule: cosineDecay() },
      {
        validationData: [xs, ys] as [tf.Tensor, tf.Tensor],
        callbacks: new ReduceLROnPlateau({ patience: 0, minDelta: 10 }),
      },
    ]) {
      const training = fit(compiled(), xs, ys, { ...plain, method: uniform(), epochs: 3, ...more });
      if (settable) await training;
      else await expect(training).rejects.toThrow(cannot);
    }
  });
});

it('weight decay goes by the rate of the step, whatever the field of SGD says', async () => {
  const trained = async (field: number | undefined, engine: 'eager' | 'compiled') => {
    const model = classifier();
    const optimizer = decayed(tf.train.sgd(0.05), { weightDecay: 0.3 });
    if (field !== undefined) (optimizer as unknown as { learningRate: number }).learningRate = field;
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    await fit(model, xs, ys, { ...plain, method: uniform(), engine });
    return values(model).flat();
  };
  const want = await trained(undefined, 'eager');
  for (const engine of ['eager', 'compiled'] as const) {
    for (const [i, value] of (await trained(0.01, engine)).entries()) expect(value).toBeCloseTo(want[i], 5);
  }
  expect(() => decayed(optimizers['a field of another name'](), { weightDecay: 0.1 })).toThrow(
    /without a learning rate/,
  );
});
