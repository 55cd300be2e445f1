import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { steepest } from '../../src/fit/find-learning-rate.ts';
import { findLearningRate } from '../../src/index.ts';
import { run } from '../cli/run.ts';

const x = tf.randomNormal([256, 4], 0, 1, 'float32', 3);
const y = tf.tidy(() => x.matMul(tf.tensor2d([[1], [-2], [3], [0.5]])));
function model(optimizer: tf.Optimizer): tf.LayersModel {
  const made = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [4], units: 6, kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
  made.compile({ optimizer, loss: 'meanSquaredError' });
  return made;
}
const valuesOf = async (one: tf.LayersModel) => [
  ...one.getWeights().map((weight) => Array.from(weight.dataSync())),
  ...(await one.optimizer.getWeights()).map(({ name, tensor }) => [name, ...Array.from(tensor.dataSync())]),
];

describe('findLearningRate', () => {
  it.each(['eager', 'compiled'] as const)(
    'finds where a regression learns, and leaves the model as it was (%s)',
    { timeout: 120_000 },
    async (engine) => {
      const one = model(tf.train.adam(0.01));
      await one.fit(x, y, { epochs: 1, verbose: 0 });
      const before = await valuesOf(one);
      const { history } = one;
      const { points, suggestion, ended } = await findLearningRate(one, x, y, {
        batchSize: 32,
        seed: 1,
        engine,
        steps: 120,
      });
      expect(await valuesOf(one)).toEqual(before);
      expect(one.history).toBe(history);
      expect((one.optimizer as unknown as { learningRate: number }).learningRate).toBe(0.01);
      expect(points.map(({ rate }) => rate)).toEqual(points.map((_, k) => expect.closeTo(1e-6 * 1e7 ** (k / 119), 12)));
      expect(['done', 'diverged']).toContain(ended);
      // By trying: 60 steps at the suggestion lower the loss more than at a hundredth of it.
      const lossAt = async (rate: number) => {
        const tried = model(tf.train.adam(rate));
        await tried.fit(x, y, { epochs: 8, batchSize: 32, verbose: 0 });
        return (tried.evaluate(x, y) as tf.Scalar).dataSync()[0];
      };
      expect(await lossAt(suggestion!)).toBeLessThan(0.5 * (await lossAt(suggestion! / 100)));
    },
  );

  it('ends where the loss is lost, and is the same with the same seed', async () => {
    const args = { batchSize: 32, seed: 1, engine: 'eager', to: 1e6 } as const;
    const [a, b] = [model(tf.train.sgd(0.1)), model(tf.train.sgd(0.1))];
    b.setWeights(a.getWeights());
    const before = await valuesOf(a);
    const curve = await findLearningRate(a, x, y, args);
    expect(curve.ended).toBe('diverged');
    expect(curve.points.length).toBeLessThan(200);
    expect(await valuesOf(a)).toEqual(before);
    expect(await findLearningRate(b, x, y, args)).toEqual(curve);
  });

  it('is where the loss falls fastest, before it is lowest', () => {
    // A step of height 1 at ln(rate) = −5, and a rise from 0 on.
    const points = Array.from({ length: 200 }, (_, k) => {
      const log = -12 + k * 0.07;
      const smoothed = 1 / (1 + Math.exp(3 * (log + 5))) + Math.exp(4 * log);
      return { rate: Math.exp(log), loss: smoothed, smoothed };
    });
    expect(Math.log(steepest(points)!)).toBeCloseTo(-5, 1);
    expect(steepest(points.map((point, k) => ({ ...point, smoothed: k })))).toBeUndefined();
  });

  it('refuses what cannot be, and stops when it is told', async () => {
    const one = model(tf.train.sgd(0.1));
    for (const bad of [{ from: 0 }, { to: -1 }, { from: 1, to: 1 }, { steps: 3 }, { batchSize: 0 }, { rate: 1 }]) {
      await expect(findLearningRate(one, x, y, bad as never), JSON.stringify(bad)).rejects.toThrow(
        /bad|no rates|unknown/i,
      );
    }
    const { points, ended } = await findLearningRate(one, x, y, { engine: 'eager', signal: AbortSignal.abort() });
    expect([points.length, ended]).toEqual([1, 'stopped']);
  });
});

it('unequal rate prints the curve and the option', { timeout: 120_000 }, async () => {
  const { code, out } = await run([
    'rate',
    '--data',
    'mnist',
    '--samples',
    '500',
    '--steps',
    '40',
    '--quiet',
    '--engine',
    'eager',
    '--batch-size',
    '8',
  ]);
  expect(code).toBe(0);
  expect(out).toMatch(/^rate +loss +smoothed/);
  expect(out).toMatch(/--learning-rate [\d.e-]+|fell at no rate/);
});
