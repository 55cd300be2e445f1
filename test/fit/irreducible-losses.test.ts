import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Samples } from '../../src/data/samples.ts';
import { irreducibleLosses } from '../../src/fit/irreducible-losses.ts';
import { Random } from '../../src/sampling/random.ts';

const dimension = 4;

/** Two classes apart by the sign of the first coordinate; of the labels every fifth is wrong. */
function noisy(length: number): Samples & { wrong: boolean[] } {
  const random = new Random(5);
  const x = Float32Array.from({ length: length * dimension }, () => random.normal());
  const wrong = Array.from({ length }, (_, i) => i % 5 === 0);
  const batch: Samples['batch'] = (indices) => {
    const rows = Array.from(indices);
    const n = rows.length;
    const data = Float32Array.from(rows.flatMap((i) => Array.from(x.subarray(i * dimension, (i + 1) * dimension))));
    const ys = Float32Array.from(rows.flatMap((i) => (x[i * dimension] > 0 !== wrong[i] ? [1, 0] : [0, 1])));
    return {
      xs: { data, shape: [n, dimension], dtype: 'float32' },
      ys: { data: ys, shape: [n, 2], dtype: 'float32' },
    };
  };
  return { length, batch, wrong };
}

function logistic(): tf.LayersModel {
  const kernelInitializer = 'zeros';
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 2, activation: 'softmax', inputShape: [dimension], kernelInitializer })],
  });
  model.compile({ optimizer: tf.train.sgd(0.2), loss: 'categoricalCrossentropy' });
  return model;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('irreducibleLosses', () => {
  it('are high where the label is wrong, low where it is right, and the same for the same seed', async () => {
    const samples = noisy(501);
    const args = { epochs: 5, batchSize: 10, seed: 2 };
    const losses = await irreducibleLosses(logistic, samples, args);
    expect(losses).toHaveLength(501);
    const of = (wrong: boolean) => mean(Array.from(losses).filter((_, i) => samples.wrong[i] === wrong));
    expect(of(true)).toBeGreaterThan(1);
    expect(of(false)).toBeLessThan(0.5);
    expect(await irreducibleLosses(logistic, samples, args)).toEqual(losses);
  });

  it('are those of a model that has not seen the sample: memory alone does not lower them', async () => {
    // Inputs are one-hot, so that a sample says nothing of another: unseen, its loss is exactly that of two classes.
    const length = 20;
    const samples: Samples = {
      length,
      batch: (indices) => {
        const rows = Array.from(indices);
        const xs = Float32Array.from(rows.flatMap((i) => Array.from({ length }, (_, k) => Number(i === k))));
        const ys = Float32Array.from(rows.flatMap((i) => [i % 2, 1 - (i % 2)]));
        return {
          xs: { data: xs, shape: [rows.length, length], dtype: 'float32' },
          ys: { data: ys, shape: [rows.length, 2], dtype: 'float32' },
        };
      },
    };
    const memory = () => {
      const model = tf.sequential({
        layers: [
          tf.layers.dense({
            ...{ units: 2, activation: 'softmax', inputShape: [length] },
            ...{ kernelInitializer: 'zeros', useBias: false },
          }),
        ],
      });
      model.compile({ optimizer: tf.train.sgd(1), loss: 'categoricalCrossentropy' });
      return model;
    };
    const losses = await irreducibleLosses(memory, samples, { epochs: 30, batchSize: 1 });
    for (const loss of losses) expect(loss).toBeCloseTo(Math.LN2, 5);
  });

  it('leave no tensor behind', async () => {
    await irreducibleLosses(logistic, noisy(40), { epochs: 1, batchSize: 10 });
    const before = tf.memory().numTensors;
    await irreducibleLosses(logistic, noisy(40), { epochs: 1, batchSize: 10 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('need samples that can be halved; a batch larger than a half is all of it', async () => {
    await expect(irreducibleLosses(logistic, noisy(1))).rejects.toThrow(/cannot be halved/);
    const of = (batchSize: number) => irreducibleLosses(logistic, noisy(20), { batchSize });
    expect(await of(16)).toEqual(await of(10));
  });
});
