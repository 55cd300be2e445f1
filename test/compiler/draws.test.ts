/** What TensorFlow.js draws in a compiled function has the mean, the spread and the range that were asked for. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { difference } from '../../src/compiler/digest.ts';
import { draft } from '../../src/compiler/program.ts';
import { made } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Shape = [number, ...number[]];

interface Asked {
  readonly draw: (shape: Shape) => tf.Tensor;
  readonly mean: number;
  readonly deviation: number;
  /** The range. */
  readonly least?: number;
  readonly greatest?: number;
}

const uniform = (a: number, b: number): [string, Asked] => [
  `uniform from ${a} to ${b}`,
  {
    draw: (shape) => tf.randomUniform(shape, a, b),
    mean: (a + b) / 2,
    deviation: Math.abs(b - a) / Math.sqrt(12),
    least: Math.min(a, b),
    greatest: Math.max(a, b),
  },
];

const normal = (mean: number, deviation: number): [string, Asked] => [
  `normal ${mean} ± ${deviation}`,
  { draw: (shape) => tf.randomNormal(shape, mean, deviation), mean, deviation },
];

const truncated = (mean: number, sigma: number): [string, Asked] => [
  `normal ${mean} ± ${sigma}, cut at two deviations`,
  {
    draw: (shape) => tf.truncatedNormal(shape, mean, sigma),
    mean,
    deviation: 0.8796 * sigma,
    least: mean - 2 * sigma,
    greatest: mean + 2 * sigma,
  },
];

const asked: [string, Asked][] = [
  ...[uniform(0, 1), uniform(1e-6, 1), uniform(1e-5, 1 - 1e-5), uniform(1e-20, 1), uniform(Number.EPSILON, 1)],
  ...[uniform(-Math.PI, Math.PI), uniform(0.95, 1.05), uniform(5, 2), uniform(1e-30, 3e-30)],
  ...[normal(0, 1), normal(0.01, 1), normal(1, 0.001), normal(0, Math.sqrt(2 / 7)), normal(-1e6, 15)],
  ...[normal(1e-7, 0.1), normal(3, 0), truncated(0, 1), truncated(1, Math.sqrt(2 / 7)), truncated(100, 1 / 3)],
];

/** Also so few numbers that they alone would not tell the distribution. */
const shapes: readonly Shape[] = [[1], [1, 2], [10], [30, 50]];

const traced = (...outputs: tf.Tensor[]) => Object.fromEntries(outputs.map((output, k) => [k, output]));
const digest = (draws: () => tf.Tensor[]) => draft(() => traced(...draws()), [], [], 'marked').digest;

describe('what a compiled function draws', () => {
  test.each(asked)('is what was asked for: %s', async (_, { draw, mean, deviation, least, greatest }) => {
    const drawn = made(() => traced(...shapes.map(draw)), {});
    const all: number[][] = shapes.map(() => []);
    for (let call = 0; call < 400; call++) {
      const outputs = await drawn.run({});
      for (const [k, numbers] of all.entries())
        if (numbers.length < 4000) numbers.push(...(outputs[k].data as Float32Array));
    }
    // A number of float32 is wrong by 6e-8 of itself.
    const rounding = 6e-8 * (Math.abs(mean) + 5 * deviation);
    for (const [k, numbers] of all.entries()) {
      const n = numbers.length;
      const mu = numbers.reduce((sum, value) => sum + value, 0) / n;
      const sigma = Math.sqrt(numbers.reduce((sum, value) => sum + (value - mu) ** 2, 0) / n);
      const what = `numbers of shape [${shapes[k]}]`;
      // Four standard errors of a mean, and of a normal deviation; the other distributions have smaller ones.
      expect(Math.abs(mu - mean), what).toBeLessThanOrEqual((4 * deviation) / Math.sqrt(n) + rounding);
      expect(Math.abs(sigma - deviation), what).toBeLessThanOrEqual((4 * deviation) / Math.sqrt(2 * n) + rounding);
      const ordered = numbers.toSorted((one, other) => one - other);
      if (least === undefined || greatest === undefined) continue;
      expect(ordered[0], what).toBeGreaterThanOrEqual(least - rounding);
      expect(ordered[n - 1], what).toBeLessThanOrEqual(greatest + rounding);
      // What is above zero has a logarithm.
      if (least > 0) expect(ordered[0], what).toBeGreaterThan(0);
    }
  });

  test.each(asked)('is the same graph at every trace: %s', (_, { draw }) => {
    const first = digest(() => shapes.map(draw));
    for (let k = 0; k < 30; k++) {
      const again = digest(() => shapes.map(draw));
      expect(difference(first, again)).toBeUndefined();
    }
  });

  test.each([
    ['distribution', () => tf.randomUniform([8])],
    ['range', () => tf.truncatedNormal([8])],
    ['deviation', () => tf.randomNormal([8], 0, 1.00001)],
    ['mean', () => tf.randomNormal([8], 0.00001)],
  ])('is another graph where the %s is another', (_, other) => {
    const [normal, now] = [() => tf.randomNormal([8]), other].map((draw) => digest(() => [draw()]));
    expect(difference(normal, now)).toBeDefined();
  });

  test.each([1, 2, 50])('with a seed of its own is what TensorFlow.js draws: %i numbers', async (size) => {
    const draws = () => [
      tf.randomUniform([size], 1e-5, 1, 'float32', 3),
      tf.randomNormal([size], 1, 0.1, 'float32', 4),
    ];
    const theirs = draws().map((tensor) => tensor.dataSync());
    const drawn = made(() => traced(...draws()), {});
    for (let call = 0; call < 2; call++) {
      const outputs = await drawn.run({});
      for (const [k, data] of theirs.entries()) expect(outputs[k].data).toEqual(data);
    }
  });

  test('leaves the buffers of a program as they are, in a trace and after it', async () => {
    let inside: unknown;
    const drawn = made(() => {
      const buffer = tf.buffer([2]);
      buffer.set(0.1, 1);
      inside = buffer.values;
      return traced(buffer.toTensor(), tf.randomNormal([2]));
    }, {});
    expect((await drawn.run({}))[0].data).toEqual(Float32Array.of(0, 0.1));
    expect(inside).toBeInstanceOf(Float32Array);
    expect(tf.TensorBuffer.prototype).not.toHaveProperty('values');
    expect(tf.buffer([2]).values).toEqual(new Float32Array(2));
  });
});
