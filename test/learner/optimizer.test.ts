import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { learningRateOf, setLearningRate } from '../../src/learner/optimizer.ts';
import { slotsOf } from '../../src/learner/slots.ts';

beforeAll(() => tf.setBackend('cpu'));

const optimizers: [string, (rate: number) => tf.Optimizer, string[]][] = [
  ['sgd', (rate) => tf.train.sgd(rate), []],
  ['momentum', (rate) => tf.train.momentum(rate, 0.9), ['accumulations/0', 'accumulations/1']],
  [
    'adam',
    (rate) => tf.train.adam(rate),
    [
      ...['accumulatedFirstMoment/0', 'accumulatedFirstMoment/1'],
      ...['accumulatedSecondMoment/0', 'accumulatedSecondMoment/1'],
      ...['accBeta1', 'accBeta2'],
    ],
  ],
  [
    'adamax',
    (rate) => tf.train.adamax(rate),
    [
      ...['accumulatedFirstMoment/0', 'accumulatedFirstMoment/1'],
      ...['accumulatedWeightedInfNorm/0', 'accumulatedWeightedInfNorm/1'],
      ...['iteration', 'accBeta1'],
    ],
  ],
  [
    'rmsprop',
    (rate) => tf.train.rmsprop(rate),
    ['accumulatedMeanSquares/0', 'accumulatedMeanSquares/1', 'accumulatedMoments/0', 'accumulatedMoments/1'],
  ],
  ['adagrad', (rate) => tf.train.adagrad(rate), ['accumulatedGrads/0', 'accumulatedGrads/1']],
  [
    'adadelta',
    (rate) => tf.train.adadelta(rate),
    ['accumulatedGrads/0', 'accumulatedGrads/1', 'accumulatedUpdates/0', 'accumulatedUpdates/1'],
  ],
];

/** The parameters after one step of a fresh optimizer on Σ w² + Σ v², prepared by `before`. */
function stepped(make: (rate: number) => tf.Optimizer, rate: number, before: (optimizer: tf.Optimizer) => void) {
  const variables = [tf.variable(tf.tensor([1, -2])), tf.variable(tf.tensor([3]))];
  const optimizer = make(rate);
  const minimize = () =>
    optimizer.minimize(() => tf.addN(variables.map((v) => tf.sum(tf.square(v)))).asScalar(), false, variables);
  minimize();
  before(optimizer);
  minimize();
  return { optimizer, values: variables.map((v) => Array.from(v.dataSync())) };
}

describe.each(optimizers)('%s', (_, make, slots) => {
  it('has its slots by name', () => {
    const { optimizer } = stepped(make, 0.1, () => {});
    expect(new Set(slotsOf(optimizer).map(({ name }) => name))).toEqual(new Set(slots));
  });

  it('takes a new learning rate into its next step, an assigned one where TensorFlow.js does', () => {
    const still = stepped(make, 0.1, () => {}).values;
    const set = stepped(make, 0.1, (optimizer) => setLearningRate(optimizer, 0.02));
    const assigned = stepped(make, 0.1, (optimizer) => {
      (optimizer as unknown as { learningRate: number }).learningRate = 0.02;
    });
    expect(learningRateOf(set.optimizer)).toBe(0.02);
    // sgd and momentum compute with a tensor, which only the method sets.
    const hasTensor = 'c' in set.optimizer;
    expect(assigned.values).toEqual(hasTensor ? still : set.values);
    expect(learningRateOf(assigned.optimizer)).toBeCloseTo(hasTensor ? 0.1 : 0.02, 6);
    expect(set.values).not.toEqual(still);
  });
});
