import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import type { LearnerState } from '../../src/learner/learner.ts';
import { batch, n, network, plain } from '../support/networks.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('state', () => {
  it.each<[string, () => tf.Optimizer]>([
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.1, 0.9)],
    ['nesterov', () => tf.train.momentum(0.1, 0.9, true)],
    ['adam', () => tf.train.adam(0.01)],
    ['adamax', () => tf.train.adamax(0.01)],
    ['rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5)],
    ['adagrad', () => tf.train.adagrad(0.1)],
    ['adadelta', () => tf.train.adadelta(1)],
  ])('continues %s bit for bit', async (_, make) => {
    const model = network(make());
    const learner = new EagerLearner(model);
    const run = async (learner: EagerLearner, from: number) => {
      for (let step = from; step < from + 3; step++) await learner.step(batch, undefined, { seed: step });
    };
    const fresh = await learner.state();
    await run(learner, 0);
    learner.setLearningRate(learner.learningRate() / 2);
    const saved = await learner.state();
    await run(learner, 3);
    const wanted = values(model);

    const other = network(make());
    const resumed = new EagerLearner(other);
    await run(resumed, 50);
    await resumed.restore(saved);
    await run(resumed, 3);
    expect(values(other)).toEqual(wanted);

    // Back to the very start, before the optimizer had made its slots.
    await resumed.restore(fresh);
    await run(resumed, 0);
    resumed.setLearningRate(resumed.learningRate() / 2);
    await run(resumed, 3);
    expect(values(other)).toEqual(wanted);
  });

  it('is a copy', async () => {
    const learner = new EagerLearner(network());
    const saved = await learner.state();
    const copy = structuredClone(saved);
    await learner.step(batch);
    expect(saved).toEqual(copy);
    await learner.restore(saved);
    await learner.step(batch);
    expect(saved).toEqual(copy);
  });

  it('of another model or optimizer is refused, and nothing changes', async () => {
    const model = network();
    const learner = new EagerLearner(model);
    const before = values(model);
    const foreign = async (state: LearnerState, message: RegExp) => {
      const restored = learner.restore(state);
      await expect(restored).rejects.toThrow(UnequalError);
      await expect(restored).rejects.toThrow(message);
      expect(values(model)).toEqual(before);
    };
    await foreign(await new EagerLearner(plain()).state(), /the saved weights do not fit/);
    const momentum = new EagerLearner(network(tf.train.momentum(0.1, 0.9)));
    await momentum.step(batch);
    await foreign(await momentum.state(), /got the slot accumulations\/0, expected the slots of Adam/);
  });
});

describe('tensors', () => {
  it('are as many after 1,000 steps as after 10', async () => {
    const model = plain(tf.train.adam(0.01));
    const learner = new EagerLearner(model);
    const run = async (steps: number) => {
      for (let step = 0; step < steps; step++) {
        await learner.step(batch);
        if (step % 50 === 0) {
          await learner.scores(batch, 'upper-bound');
          const { gradient } = await learner.gradient(batch, undefined, { at: await learner.parameters() });
          await learner.apply(gradient);
          await learner.evaluate(batch);
        }
      }
    };
    await run(10);
    const { numTensors, numDataBuffers } = tf.memory();
    await run(990);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
  });

  it('counts what went forward and backward', async () => {
    const learner = new EagerLearner(plain());
    await learner.step(batch);
    expect(learner.counters).toEqual({ forward: n, backward: n });
    await learner.scores(batch, 'upper-bound');
    await learner.scores(batch, 'uniform');
    expect(learner.counters).toEqual({ forward: 2 * n, backward: n });
    await learner.scores(batch, 'gradient-norm');
    await learner.gradient(batch);
    expect(learner.counters).toEqual({ forward: 4 * n, backward: 3 * n });
    await learner.evaluate(batch);
    expect(learner.counters).toEqual({ forward: 4 * n, backward: 3 * n });
  });
});
