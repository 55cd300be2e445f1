import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { acc, embeddingJob } from '../../src/experiments/embedding-job.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { Random } from '../../src/sampling/random.ts';

/** Share of the rows whose nearest other row has their label, one pair after another. */
function slow(values: Float32Array, width: number, labels: readonly number[]): number {
  const right = labels.filter((label, i) => {
    const distances = labels.map((_, j) => {
      let sum = i === j ? Infinity : 0;
      for (let k = 0; k < width; k++) sum += (values[i * width + k] - values[j * width + k]) ** 2;
      return sum;
    });
    return labels[distances.indexOf(Math.min(...distances))] === label;
  });
  return right.length / labels.length;
}

function batch(size: number, seed: number) {
  const random = new Random(seed);
  const labels = Array.from({ length: size }, () => Math.floor(4 * random.uniform()));
  const pixels = Float32Array.from(
    { length: size * 784 },
    (_, k) => (labels[Math.floor(k / 784)] / 4 + random.uniform()) / 2,
  );
  const ys = Float32Array.from({ length: size * 10 }, (_, k) => Number(labels[Math.floor(k / 10)] === k % 10));
  return {
    labels,
    size,
    xs: [{ data: pixels, shape: [size, 28, 28, 1], dtype: 'float32' as const }],
    ys: [{ data: ys, shape: [size, 10], dtype: 'float32' as const }],
  };
}

it.each(['tripletLoss', 'pairLoss'] as const)('%s: accuracy of the nearest neighbour, either engine', async (loss) => {
  const model = embeddingJob.makeModel(loss, 1, 0.001, 3);
  for (const Engine of [EagerLearner, CompiledLearner]) {
    const learner = new Engine(model);
    for (const size of [40, 30]) {
      const { labels, ...made } = batch(size, 7);
      const [{ data }] = await learner.outputs(made);
      const exact = slow(data as Float32Array, 32, labels);
      expect(exact).toBeGreaterThan(0.2);
      expect(exact).toBeLessThan(1);
      const { metrics } = await learner.evaluate(made);
      expect(metrics[1]).toBeCloseTo(exact, 6);
    }
    await learner.dispose();
  }
});

it('a row alone with its class is never right', () => {
  const right = tf.tidy(
    () =>
      acc(
        tf.tensor2d([
          [1, 0],
          [1, 0],
          [0, 1],
        ]),
        tf.tensor2d([[0], [1], [5]]),
      ).dataSync()[0],
  );
  expect(right).toBeCloseTo(2 / 3, 6);
});
