import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ModelBatch, selectRows } from '../../src/learner/batch.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import type { DrawRequest, IterationResult, ScoreKind } from '../../src/learner/learner.ts';
import { lstm, mlp, mnistCnn, smallCnn, wideResnet } from '../../src/models/index.ts';
import { biased } from '../../src/sampling/bias.ts';
import { distribution } from '../../src/sampling/distribution.ts';
import { Random } from '../../src/sampling/random.ts';
import { type ResamplerName, resampler } from '../../src/sampling/resamplers.ts';
import { network } from '../support/networks.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const nets: Record<string, () => tf.LayersModel> = {
  'an MLP': () => mlp({ inputSize: 20, hidden: [16, 16], classes: 4, seed: 1 }),
  'a strided CNN': () => mnistCnn({ seed: 1 }),
  'a pooled CNN': () => smallCnn({ inputShape: [8, 8, 3], classes: 5, seed: 1 }),
  'a wide residual net': () => wideResnet({ inputShape: [8, 8, 3], depth: 10, width: 1, seed: 1 }),
  'an LSTM': () => lstm({ steps: 6, features: 2, units: 8, classes: 4, seed: 1 }),
  'a GRU that heeds a mask': () =>
    tf.sequential({
      layers: [
        // A quarter of the steps are 0 in both numbers.
        tf.layers.reLU({ inputShape: [6, 2] }),
        tf.layers.masking({ maskValue: 0 }),
        tf.layers.gru({ units: 8 }),
        tf.layers.dense({ units: 4, activation: 'softmax' }),
      ],
    }),
};

function poolFor(model: tf.LayersModel, size: number, weighted = false): ModelBatch {
  const random = new Random(size);
  const shape = [size, ...(model.inputs[0].shape.slice(1) as number[])];
  const classes = model.outputs[0].shape.at(-1)!;
  const labels = new Float32Array(size * classes);
  for (let i = 0; i < size; i++) labels[i * classes + random.integer(classes)] = 1;
  return {
    size,
    xs: [
      {
        data: Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => random.normal()),
        shape,
        dtype: 'float32',
      },
    ],
    ys: [{ data: labels, shape: [size, classes], dtype: 'float32' }],
    ...(weighted && { lossWeights: [Float32Array.from({ length: size }, () => random.uniform())] }),
  };
}

interface Case {
  readonly score?: ScoreKind;
  readonly resample?: ResamplerName;
  readonly mixture?: number;
  readonly weightPower?: number;
  readonly weightBound?: number;
}

function request(pool: number, size: number, seed: number, { resample = 'without-replacement', ...rest }: Case = {}) {
  const numbers = resampler(resample).numbers(pool, size, new Random(seed));
  const draw: DrawRequest = {
    ...{ score: 'upper-bound', mixture: 0.1, weightPower: 1, weightBound: Infinity },
    ...rest,
    ...{ size, resample, numbers },
  };
  return draw;
}

/** Scores, draws and steps one after the other, on the host where the other path does so in its graph. */
async function inTwoPasses(learner: CompiledLearner, pool: ModelBatch, draw: DrawRequest) {
  const scores = await learner.scores(pool, draw.score);
  const p = distribution(scores, { mixture: draw.mixture });
  const { rows, weights: unbiased } = resampler(draw.resample).from(p, draw.size, draw.numbers);
  const weights = biased(unbiased, draw.weightPower).map((w) => Math.min(w, draw.weightBound));
  const step = await learner.step(selectRows(pool, rows), weights, { seed: 5 });
  return { ...step, poolScores: scores, rows, unbiased, weights };
}

async function pair(make: () => tf.LayersModel) {
  const models = [make(), make()];
  models[1].setWeights(models[0].getWeights());
  for (const model of models) {
    model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  }
  return models.map((model) => new CompiledLearner(model));
}

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-4): void {
  expect(got.length).toBe(wanted.length);
  const scale = Math.max(1e-3, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - wanted[i])).toBeLessThanOrEqual(tolerance * scale);
}

async function expectSame(
  make: () => tf.LayersModel,
  options: Case & { weighted?: boolean; rounding?: number } = {},
): Promise<void> {
  const { weighted, rounding = 0, ...rest } = options;
  const [one, two] = await pair(make);
  for (const size of [24, 24, 18]) {
    const pool = poolFor(make(), size, weighted);
    const draw = request(size, 8, size, rest);
    const got = (await one.iterate(pool, draw, { seed: 5 })) as IterationResult;
    const wanted = await inTwoPasses(two, pool, draw);
    expect(got).not.toHaveProperty('why');
    expect(got.rows).toEqual(wanted.rows);
    expectClose(got.unbiased, wanted.unbiased, rounding);
    expectClose(got.weights, wanted.weights, Math.max(rounding, 1e-12));
    expectClose(got.poolScores, wanted.poolScores, rounding);
    expectClose(got.losses, wanted.losses);
    expectClose(got.scores!, wanted.scores!);
    expectClose([got.loss, ...got.metrics], [wanted.loss, ...wanted.metrics]);
    const [a, b] = [await one.parameters(), await two.parameters()];
    for (const k of a.keys()) expectClose(a[k], b[k]);
    // From the same weights, so that rounding does not add up from one case to the next.
    await two.assign(a);
  }
}

describe('an iteration in one graph draws the very rows and takes the very step of two passes', () => {
  test.each(Object.entries(nets))('%s', (_, make) => expectSame(make));

  test.each(['multinomial', 'systematic', 'without-replacement'] as const)('%s', (resample) =>
    expectSame(nets['an MLP'], { resample, mixture: 0 }),
  );

  // What training needs the result of a convolution for, scoring alone folds into it.
  test('a convolution before batch normalisation, dropout and a penalty', () =>
    expectSame(network, { rounding: 1e-6 }));

  test('biased and bounded weights', () => expectSame(nets['an MLP'], { weightPower: 0.5, weightBound: 1.5 }));

  test('the user’s own weights', () => expectSame(nets['an MLP'], { weighted: true }));

  test('the forward pass is shared: B forward, b backward', async () => {
    const [learner] = await pair(nets['a pooled CNN']);
    await learner.iterate(poolFor(nets['a pooled CNN'](), 24), request(24, 8, 1));
    expect(learner.counters).toEqual({ forward: 24, backward: 8 });
  });
});

describe('what cannot be one graph', () => {
  test.each([
    ['exact norms', 24, { score: 'gradient-norm' }, 'backward pass'],
    ['uniform scores', 24, { score: 'uniform' }, 'nothing to score'],
    ['all of the presample', 8, {}, 'all of the presample'],
  ] as const)('%s: says so and does nothing', async (_, size, rest, why) => {
    const [learner] = await pair(nets['an MLP']);
    const before = await learner.parameters();
    expect(await learner.iterate(poolFor(nets['an MLP'](), size), request(size, 8, 1, rest))).toEqual({
      why: expect.stringContaining(why),
    });
    expect(await learner.parameters()).toEqual(before);
  });

  test('rows that depend on each other: batch normalisation in training mode', async () => {
    const make = () => wideResnet({ inputShape: [8, 8, 3], depth: 10, width: 1, seed: 1, normalization: 'batch' });
    const [learner] = await pair(make);
    const answer = await learner.iterate(poolFor(make(), 24), request(24, 8, 1));
    expect(answer).toEqual({ why: expect.stringContaining('batch normalisation') });
    expect(learner.counters).toEqual({ forward: 0, backward: 0 });
  });
});

describe('a failed iteration leaves the model as it was', () => {
  test('scores that are NaN are named by sample', async () => {
    const [learner] = await pair(nets['an MLP']);
    const before = await learner.parameters();
    const pool = poolFor(nets['an MLP'](), 24);
    pool.xs[0].data[20 * 5] = Number.NaN;
    const indices = Int32Array.from({ length: 24 }, (_, i) => 100 + i);
    const answer = learner.iterate(pool, { ...request(24, 8, 1), indices });
    await expect(answer).rejects.toThrow(/scores that are no importance: got NaN for sample 105/);
    expect(await learner.parameters()).toEqual(before);
  });

  test('an update that is not finite', async () => {
    const [learner] = await pair(nets['an MLP']);
    const before = await learner.parameters();
    learner.setLearningRate(Infinity);
    const answer = learner.iterate(poolFor(nets['an MLP'](), 24), request(24, 8, 1));
    await expect(answer).rejects.toThrow(/not finite/);
    expect(await learner.parameters()).toEqual(before);
  });
});
