/** Regressions: with a squared error hard samples count for what they are, however far they are from their targets. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../../src/fit/fit.ts';
import type { FitArgs } from '../../../src/fit/options.ts';
import { uniform } from '../../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const inputs = (n: number, seed: number) => tf.randomUniform<tf.Rank.R2>([n, 4], -1, 1, 'float32', seed);
const first = (x: tf.Tensor2D) => x.slice([0, 0], [-1, 1]);

function model(seed: number, loss = 'meanSquaredError'): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed });
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 8, activation: 'relu', inputShape: [4], kernelInitializer }));
  model.add(tf.layers.dense({ units: 1, kernelInitializer }));
  model.compile({ optimizer: tf.train.adam(0.01), loss });
  return model;
}

describe('one target of 300 that is ten times too large', () => {
  const x = inputs(300, 1);
  const rows = first(x).arraySync() as number[][];
  rows[5][0] = 10;
  const y = tf.tensor2d(rows);
  const unseen = inputs(200, 1001);

  it.each(['eager', 'compiled'] as const)('is not leaned to: %s', async (engine) => {
    const losses = { uniform: 0, default: 0 };
    for (const seed of [1, 2, 3, 4]) {
      for (const method of ['uniform', 'default'] as const) {
        const powers = new Set<number>();
        const more: FitArgs = method === 'uniform' ? { method: uniform() } : {};
        const trained = model(seed);
        const { history } = await fit(trained, x, y, {
          ...{ engine, epochs: 30, batchSize: 16, verbose: 0, seed, validationData: [unseen, first(unseen)], ...more },
          onStep: ({ weightPower }) => void (weightPower !== undefined && powers.add(weightPower)),
        });
        losses[method] += (history.val_loss as number[]).at(-1)! / 4;
        if (method === 'default') expect([...powers]).toEqual([1]);
      }
    }
    // Steps that lean end at 1.9 × uniform's.
    expect(losses.default / losses.uniform).toBeLessThan(1.15);
  });
});

it('the report says why', async () => {
  const x = inputs(300, 1);
  const history = await fit(model(1), x, first(x), { epochs: 10, batchSize: 16, verbose: 0, seed: 1 });
  expect(history.explain({ detail: true })).toMatch(/are unbiased.*score grows with the distance/);
  const bounded = await fit(model(1, 'meanAbsoluteError'), x, first(x), {
    epochs: 10,
    batchSize: 16,
    verbose: 0,
    seed: 1,
  });
  expect(bounded.explain({ detail: true })).not.toMatch(/grows with the distance/);
});
