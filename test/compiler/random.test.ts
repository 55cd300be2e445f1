/** Random numbers of compiled functions: new every call, the same for the same seed and call. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { noise } from './agree.ts';
import { made } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('random numbers', () => {
  const masks = (layer: tf.layers.Layer) =>
    made(({ x }) => ({ y: layer.apply(x, { training: true }) as tf.Tensor }), { x: { shape: [200, 50] } }, { seed: 7 });
  const ones = new Float32Array(10_000).fill(1);

  test('dropout draws a new mask every call', async () => {
    const dropped = masks(tf.layers.dropout({ rate: 0.25, inputShape: [50] }));
    const first = (await dropped.run({ x: ones })).y.data.slice();
    const second = (await dropped.run({ x: ones })).y.data.slice();
    expect(second).not.toEqual(first);
    for (const mask of [first, second]) {
      expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
      // Binomial: four standard deviations of 10,000 draws are 0.017.
      expect(Math.abs(mask.filter((m) => m === 0).length / mask.length - 0.25)).toBeLessThan(0.018);
    }
  });

  test('dropout with a seed of its own has TensorFlow.js’s one mask at every call', async () => {
    const layer = tf.layers.dropout({ rate: 0.25, seed: 3, inputShape: [50] });
    const theirs = (layer.apply(tf.tensor(ones, [200, 50]), { training: true }) as tf.Tensor).dataSync();
    const dropped = masks(layer);
    for (let call = 0; call < 2; call++) expect((await dropped.run({ x: ones })).y.data).toEqual(theirs);
  });

  test('the seed and the number of the call give the same mask again', async () => {
    const dropped = masks(tf.layers.dropout({ rate: 0.5, inputShape: [50] }));
    const first = (await dropped.run({ x: ones })).y.data.slice();
    const second = (await dropped.run({ x: ones })).y.data.slice();
    expect(dropped.calls).toBe(2);
    expect((await dropped.run({ x: ones }, { call: 0 })).y.data).toEqual(first);
    expect(dropped.calls).toBe(2);
    dropped.calls = 1;
    expect((await dropped.run({ x: ones })).y.data).toEqual(second);
    dropped.calls = 0;
    dropped.seed = 8;
    expect((await dropped.run({ x: ones })).y.data).not.toEqual(first);
  });

  test('the gradient uses the mask of the forward pass', async () => {
    const layer = tf.layers.dropout({ rate: 0.5, inputShape: [50] });
    const both = made(
      ({ x }) => {
        const y = layer.apply(x, { training: true }) as tf.Tensor;
        const gradient = tf.grad((v) => (layer.apply(v, { training: true }) as tf.Tensor).square().sum().div(2))(x);
        return { y, gradient };
      },
      { x: { shape: [20, 50] } },
    );
    const { gradient } = await both.run({ x: ones.slice(0, 1000) });
    // d(m x)²/2 = m² x: 0 or 4 for a mask of 0 or 2.
    expect(new Set(gradient.data)).toEqual(new Set([0, 4]));
  });

  test('normal and uniform draws keep their moments', async () => {
    const drawn = made(
      ({ x }) => ({
        normal: tf.randomNormal([20_000], 3, 0.5).add(x),
        uniform: tf.randomUniform([20_000], -1, 3).add(x),
        truncated: tf.truncatedNormal([20_000], 1, 2).add(x),
      }),
      { x: { shape: [] } },
    );
    const { normal, uniform, truncated } = await drawn.run({ x: Float32Array.of(0) });
    const moments = (list: ArrayLike<number>): [number, number] => {
      const numbers = Array.from(list);
      const mean = numbers.reduce((a, b) => a + b) / numbers.length;
      return [mean, Math.sqrt(numbers.reduce((s, v) => s + (v - mean) ** 2, 0) / numbers.length)];
    };
    const near = ([mean, deviation]: [number, number], m: number, s: number): void => {
      // Four standard errors of the mean of 20,000.
      expect(Math.abs(mean - m)).toBeLessThan((4 * s) / Math.sqrt(20_000));
      expect(Math.abs(deviation - s)).toBeLessThan(0.03 * s);
    };
    near(moments(normal.data), 3, 0.5);
    near(moments(uniform.data), 1, 4 / Math.sqrt(12));
    // A normal cut at two deviations has a deviation of 0.8796.
    near(moments(truncated.data), 1, 2 * 0.8796);
    expect(Math.max(...truncated.data)).toBeLessThanOrEqual(5.0001);
  });

  test('noise layers and recurrent dropout draw anew', async () => {
    const layers = [
      tf.layers.gaussianNoise({ stddev: 1 }),
      tf.layers.gaussianDropout({ rate: 0.3 }),
      tf.layers.alphaDropout({ rate: 0.3 }),
      tf.layers.spatialDropout1d({ rate: 0.5 }),
      tf.layers.lstm({ units: 3, dropout: 0.5, recurrentDropout: 0.5 }),
    ];
    for (const layer of layers) {
      layer.apply(tf.input({ shape: [5, 3] }));
      const noisy = made(({ x }) => ({ y: layer.apply(x, { training: true }) as tf.Tensor }), {
        x: { shape: [8, 5, 3] },
      });
      const x = noise([8, 5, 3]);
      const first = (await noisy.run({ x })).y.data.slice();
      expect((await noisy.run({ x })).y.data, layer.name).not.toEqual(first);
      expect((await noisy.run({ x }, { call: 0 })).y.data, layer.name).toEqual(first);
    }
  });
});
