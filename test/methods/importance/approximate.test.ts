import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { mnist } from '../../../src/data/load.ts';
import { subset } from '../../../src/data/subset.ts';
import { fit } from '../../../src/fit/fit.ts';
import { EagerLearner } from '../../../src/learner/eager.ts';
import { approximate } from '../../../src/methods/importance/approximate.ts';
import { mlp } from '../../../src/models/mlp.ts';
import { useWasm } from '../../support/wasm.ts';

/** Spearman's rank correlation; ties share their mean rank. */
function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) ** 2;
    yy += (y[i] - middle) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

it('on MNIST the predicted scores correlate with the true ones (Spearman > 0.5) after a warm-up', async () => {
  await useWasm();
  const { train } = await mnist();
  const samples = subset(
    train,
    Int32Array.from({ length: 5000 }, (_, i) => i),
  );
  const model = mlp({ inputSize: 784, hidden: [64], classes: 10, seed: 1 });
  model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy' });
  const learner = new EagerLearner(model);
  const correlations: number[] = [];
  let drawn: { pool: Int32Array; scores: Float64Array } | undefined;
  const flat = {
    length: samples.length,
    batch: async (indices: ArrayLike<number>) => {
      const { xs, ys } = await samples.batch(indices);
      return { xs: { ...xs, shape: [indices.length, 784] }, ys };
    },
  };
  await fit(model, flat, {
    ...{ method: approximate({ warmup: 2 }), batchSize: 64, epochs: 4, seed: 1, verbose: 0, engine: 'eager' },
    onStep: async ({ pool, scores, step }) => {
      // One step after a prediction the weights have hardly moved from where it was made.
      if (pool === undefined || step % 20 !== 0) return;
      drawn = { pool: pool as Int32Array, scores: scores as Float64Array };
      const { xs, ys } = await flat.batch(drawn.pool);
      const truth = await learner.scores({ size: drawn.pool.length, xs: [xs], ys: [ys] }, 'upper-bound');
      correlations.push(spearman(drawn.scores, truth));
    },
  });
  expect(correlations.length).toBeGreaterThan(5);
  expect(Math.min(...correlations)).toBeGreaterThan(0.5);
});

it('Spearman’s correlation is 1 for any increasing function, −1 for a decreasing one', () => {
  const x = [3, 1, 4, 1, 5, 9, 2, 6];
  expect(spearman(x, x.map(Math.exp))).toBeCloseTo(1, 12);
  expect(
    spearman(
      x,
      x.map((v) => -v),
    ),
  ).toBeCloseTo(-1, 12);
});
