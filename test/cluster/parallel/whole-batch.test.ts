/** What looks at a whole batch is another thing where each process has a part of it. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { teamOver } from '../../../src/cluster/parallel/data-parallel.ts';
import { MemoryRounds } from '../../../src/cluster/parallel/memory-rounds.ts';
import { fit } from '../../../src/fit/fit.ts';
import type { FitArgs } from '../../../src/fit/options.ts';
import { uniform } from '../../../src/methods/uniform.ts';
import { tinySamples } from '../small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => vi.restoreAllMocks());

type Loss = (target: tf.Tensor, output: tf.Tensor) => tf.Tensor;
const args: FitArgs = { engine: 'eager', method: uniform(), seed: 1, verbose: 0, epochs: 2 };
const squares: Loss = (t, p) => t.sub(p).square();

/** The square of each number beside its mean over the batch. */
class Spread extends tf.layers.Layer {
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    const [x] = [inputs].flat();
    return x.sub(x.mean(0)).square();
  }
  static className = 'Spread';
}
class Clipped extends tf.SGDOptimizer {
  override computeGradients(...given: Parameters<tf.SGDOptimizer['computeGradients']>) {
    const { value, grads } = super.computeGradients(...given);
    return { value, grads: Object.fromEntries(Object.entries(grads).map(([k, one]) => [k, one.div(one.norm())])) };
  }
}

function make(loss: Loss | string, layers: tf.layers.Layer[] = [], optimizer: tf.Optimizer = tf.train.sgd(0.1)) {
  const dense = (units: number, seed: number) =>
    tf.layers.dense({ units, kernelInitializer: tf.initializers.glorotUniform({ seed }), name: `dense${seed}` });
  const model = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: [4] }), dense(5, 1), ...layers, dense(3, 2)],
  });
  model.compile({ optimizer, loss });
  return model;
}
const train = (models: readonly tf.LayersModel[], every = 1, more: FitArgs = {}, n = 101) => {
  const store = new MemoryRounds();
  return Promise.all(
    models.map((model, k) => {
      const options = { every, workers: models.length - 1, dropAfter: 2, patience: 20 };
      const cluster = teamOver(options, k > 0, async () => ({ store, close: async () => {} }));
      return fit(model, tinySamples(n), { ...args, batchSize: 8, ...more, cluster });
    }),
  );
};
const weights = (model: tf.LayersModel) => model.getWeights().flatMap((one) => [...one.dataSync()]);
function expectSame(one: tf.LayersModel, two: tf.LayersModel) {
  const [a, b] = [weights(one), weights(two)];
  for (const [k, value] of a.entries()) expect(Math.abs(value - b[k])).toBeLessThan(1e-5);
}

const notMean = /the loss of dense2 gives one number for a whole batch, which is not the mean of those of its parts/;
const losses: [string, Loss, RegExp][] = [
  ['a sum', (t, p) => squares(t, p).sum(), notMean],
  [
    '1 − r²',
    (t, p) =>
      squares(t, p)
        .sum()
        .div(squares(t, t.mean(0)).sum()),
    notMean,
  ],
  [
    'a mean over those that have a target',
    (t, p) => squares(t, p).mul(t.notEqual(0)).sum().div(t.notEqual(0).sum()),
    notMean,
  ],
  ['InfoNCE', (t, p) => tf.losses.softmaxCrossEntropy(tf.eye(p.shape[0]), tf.matMul(p, t, false, true)), notMean],
  [
    'a contrast that keeps the batch axis',
    (t, p) => squares(p, p.mean(0)).sub(squares(t, p)).mean(1),
    /depends on the others/,
  ],
];

describe('with a step of all', () => {
  it.each(losses)('%s is refused', async (_, loss, message) => {
    await expect(train([make(loss)])).rejects.toThrow(message);
    await expect(train([make(loss)])).rejects.toThrow(/every > 1/);
  });

  it('so are a layer that mixes rows, and an optimizer with gradients of its own', async () => {
    await expect(train([make('meanSquaredError', [new Spread()])])).rejects.toThrow(
      /the layer spread\S* gives for a sample/,
    );
    const own = make('meanSquaredError', [], new Clipped(0.1));
    await expect(train([own])).rejects.toThrow(/computeGradients of the optimizer .*applyGradients/);
  });

  it('a mean of all numbers is that of the large batch, and it is said once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const mean: Loss = (t, p) => squares(t, p).mean();
    const models = [make(mean), make(mean)];
    await train(models);
    const alone = make(mean);
    await fit(alone, tinySamples(101), { ...args, batchSize: 16 });
    for (const model of models) expectSame(model, alone);
    const said = warn.mock.calls.map(([text]) => text).filter((text) => /a step is made of the mean/.test(text));
    expect(said.length).toBe(models.length);
  });

  it('but not where samples have weights', async () => {
    const classWeight = { 0: 3, 1: 1, 2: 1 };
    await expect(train([make((t, p) => squares(t, p).mean())], 1, { classWeight })).rejects.toThrow(notMean);
  });
});

describe('with steps of each', () => {
  it('a batch is that of one process, whatever looks at all of it', async () => {
    const [, loss] = losses[1];
    const [one, alone] = [0, 1].map(() => make(loss, [new Spread()], new Clipped(0.1)));
    await train([one], 3);
    await fit(alone, tinySamples(101), { ...args, batchSize: 8 });
    expectSame(one, alone);
  });
});

it.each([1, 3])('what goes on from batch to batch is refused: rounds every %i steps', async (every) => {
  const model = tf.sequential({
    layers: [
      tf.layers.reshape({ targetShape: [2, 2], batchInputShape: [8, 4] }),
      tf.layers.lstm({ units: 2, stateful: true }),
      tf.layers.dense({ units: 3 }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await expect(train([model], every, {}, 96)).rejects.toThrow(/is stateful: .*train it in one process/);
});
